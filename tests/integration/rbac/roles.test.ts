// Reading roles and permissions: the builtin ones as they are documented, in pages.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createRole, type Person } from '../users/people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const get = async (path: string) => (await server.rest('GET', path, { token: admin.token })).body;

/** As the documentation of the product lists them. */
const USER = ['KNOWLEDGE_READ', 'COMMENT', 'FAVORITE', 'SEARCH', 'AI_ASSISTANT'];
const AUTHOR = [
  'KNOWLEDGE_READ',
  'KNOWLEDGE_CREATE',
  'KNOWLEDGE_UPDATE',
  'TAG_CREATE',
  'COMMENT',
  'FAVORITE',
  'SEARCH',
  'AI_ASSISTANT',
];
const EDITOR = [...AUTHOR, 'KNOWLEDGE_DELETE', 'KNOWLEDGE_PUBLISH', 'CATEGORY_MANAGE'];
const PAIRS: Record<string, string> = {
  KNOWLEDGE_READ: 'knowledge:READ',
  KNOWLEDGE_CREATE: 'knowledge:CREATE',
  KNOWLEDGE_UPDATE: 'knowledge:UPDATE',
  KNOWLEDGE_DELETE: 'knowledge:DELETE',
  KNOWLEDGE_PUBLISH: 'knowledge:PUBLISH',
  KNOWLEDGE_APPROVE: 'knowledge:APPROVE',
  USER_MANAGE: 'user:MANAGE',
  ROLE_MANAGE: 'role:MANAGE',
  CATEGORY_MANAGE: 'category:MANAGE',
  SYSTEM_CONFIG: 'system:CONFIG',
  TAG_CREATE: 'tag:CREATE',
  TAG_MANAGE: 'tag:MANAGE',
  COMMENT: 'knowledge:COMMENT',
  FAVORITE: 'knowledge:FAVORITE',
  SEARCH: 'knowledge:SEARCH',
  AI_ASSISTANT: 'ai:USE',
};

test('the four roles, highest first, with what each holds', async () => {
  const { items, next_cursor } = await get('/roles');
  expect(next_cursor).toBeNull();
  expect(items.map(({ name, level, display_name }: Record<string, unknown>) => [name, level, display_name])).toEqual([
    ['Admin', 4, '系统管理员'],
    ['Editor', 3, '内容管理员'],
    ['Author', 2, '内容创作者'],
    ['User', 1, '普通用户'],
  ]);
  const held = Object.fromEntries(
    items.map((role: { name: string; permissions: { name: string }[] }) => [
      role.name,
      role.permissions.map(({ name }) => name).sort(),
    ]),
  );
  expect(held).toEqual({
    Admin: Object.keys(PAIRS).sort(),
    Editor: EDITOR.toSorted(),
    Author: AUTHOR.toSorted(),
    User: USER.toSorted(),
  });
  for (const role of items) expect(role).toMatchObject({ is_builtin: true, status: 'active', version: 1 });
});

test('the 16 permissions by name, each one pair', async () => {
  const { items, total } = await get('/permissions?limit=100&with_total=true');
  expect(total).toBe(16);
  expect(items.map(({ name }: { name: string }) => name)).toEqual(Object.keys(PAIRS).sort());
  for (const { name, resource, action, is_builtin, description } of items) {
    expect(`${resource}:${action}`).toBe(PAIRS[name]);
    expect([is_builtin, description.length > 0]).toEqual([true, true]);
  }
});

test('permissions of one category', async () => {
  const names = (await get('/permissions?category=interaction')).items.map(({ name }: { name: string }) => name);
  expect(names).toEqual(['AI_ASSISTANT', 'COMMENT', 'FAVORITE', 'SEARCH']);
  expect((await get('/permissions?category=other')).items).toEqual([]);
});

test('a role by its id', async () => {
  const role = await get(`/roles/${server.roleId('Editor')}`);
  expect(role).toMatchObject({ id: server.roleId('Editor'), name: 'Editor', level: 3 });
  expect(Object.keys(role).sort()).toEqual([
    'created_at',
    'description',
    'display_name',
    'id',
    'is_builtin',
    'level',
    'name',
    'permissions',
    'status',
    'updated_at',
    'version',
  ]);
  expect((await get(`/roles/${'0'.repeat(24)}`)).code).toBe('NOT_FOUND');
  expect((await get('/roles/Editor')).code).toBe('VALIDATION_FAILED');
});

test('pages fit together, also where many stand on one level', async () => {
  for (const name of ['One', 'Two', 'Three']) await createRole([server], { name, level: 1, pairs: ['knowledge:READ'] });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: { id: string }[]; next_cursor: string | null } = await get(
      `/roles?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  const all = (await get('/roles?limit=100')).items.map(({ id }: { id: string }) => id);
  expect(seen).toEqual(all);
  expect(new Set(seen).size).toBe(7);
  const ofPermissions = (await get('/permissions?limit=1')).next_cursor;
  expect((await get(`/roles?cursor=${ofPermissions}`)).code).toBe('VALIDATION_FAILED');
});

test('pages of roles and permissions are read by index and in its order', async () => {
  const { db } = server.deps.database;
  for (const [collection, filter, sort] of [
    ['roles', {}, { level: -1, _id: -1 }],
    ['permissions', {}, { name: 1, _id: 1 }],
    ['permissions', { category: 'interaction' }, { name: 1, _id: 1 }],
  ] as const) {
    const plan = JSON.stringify(await db.command({ explain: { find: collection, filter, sort, limit: 3 } }));
    expect(plan).toContain('IXSCAN');
    expect(plan).not.toMatch(/COLLSCAN|"stage":"SORT"/);
  }
});
