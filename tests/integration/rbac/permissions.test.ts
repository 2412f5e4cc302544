// Permissions made at run time: each one pair, held by Admin from the start, in step with the roles that name them.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RoleDocument } from '../../../server/src/features/rbac/repository.ts';
import { seedRoles } from '../../../server/src/features/system/seed.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';
import { createAdmin, listActs, type Person } from '../users/people.ts';
import { expectRefused, namesOf, newRole, permissionId, permissionsAs, rolesAs } from './role-acts.ts';

let servers: readonly [TestServer, TestServer];
let server: TestServer;
let admin: Person;
let permissions: ReturnType<typeof permissionsAs>;
let roles: ReturnType<typeof rolesAs>;
beforeAll(async () => {
  server = await startTestServer();
  servers = [server, await startTestServer({ sharedWith: server })];
  admin = await createAdmin(server);
  permissions = permissionsAs(server, admin);
  roles = rolesAs(server, admin);
});
afterAll(async () => {
  await servers[1].close();
  await servers[0].close();
});

let made = 0;
const fresh = (fields: object = {}) => ({ name: `DO_${++made}`, resource: `thing_${made}`, action: 'DO', ...fields });
async function create(fields: object = {}): Promise<Answer> {
  const { status, body } = await permissions.create(fresh(fields));
  expect([status, body]).toEqual([201, expect.anything()]);
  return body;
}
const adminRole = () => roles.get(server.roleId('Admin'));
const check = async (at: TestServer, { token }: { token: string }, asked: object) =>
  (await at.rest('POST', '/rbac/check', { token, body: asked })).body.allowed;
async function expectEverywhere(look: (at: TestServer) => Promise<void>): Promise<void> {
  await look(servers[0]);
  await vi.waitFor(() => look(servers[1]), soon);
}

describe('a new permission', () => {
  test('is held by Admin at once, everywhere, and by nobody else', async () => {
    const before = await adminRole();
    const fields = { name: 'invoice_approve', resource: 'Invoice', action: 'approve', category: '财务' };
    const { status, body } = await permissions.create({ ...fields, description: '审批发票' });
    expect([status, body]).toEqual([
      201,
      {
        id: expect.any(String),
        name: 'INVOICE_APPROVE',
        resource: 'invoice',
        action: 'APPROVE',
        description: '审批发票',
        category: '财务',
        is_builtin: false,
        created_at: expect.any(String),
      },
    ]);
    const editor = await server.signIn(await server.createUser([{ name: 'Editor' }]));
    for (const asked of [{ resource: 'invoice', action: 'APPROVE' }, { permission: 'Invoice_Approve' }]) {
      await expectEverywhere(async (at) => expect(await check(at, admin, asked)).toBe(true));
      expect(await check(server, { token: editor.access }, asked)).toBe(false);
    }
    expect((await adminRole()).version).toBe(before.version + 1);
    const { items } = (await server.rest('GET', '/permissions?category=财务', { token: admin.token })).body;
    expect(items).toEqual([body]);
    expect(await listActs(server, body.id)).toMatchObject([
      { act: 'rbac.permission_created', details: { name: 'INVOICE_APPROVE', resource: 'invoice', action: 'APPROVE' } },
    ]);
  });

  test.each([
    ['a name that is taken', { name: 'COMMENT' }],
    ['a name that is taken, in another case', { name: 'comment' }],
    ['a pair that is taken', { resource: 'knowledge', action: 'READ' }],
    ['a pair that is taken, in another case', { resource: 'Knowledge', action: 'read' }],
    ['a pair that is taken, by an alias', { resource: 'knowledge_base', action: 'CREATE' }],
    ['a pair that is taken, by another alias', { resource: 'AI_Assistant', action: 'use' }],
  ])('does not take %s', async (_what, fields) => {
    expectRefused(await permissions.create(fresh(fields)), 'ALREADY_EXISTS');
  });

  test.each([
    ['a colon in its name', { name: 'user:READ' }],
    ['a colon in its resource', { resource: 'user:x' }],
    ['a blank in its action', { action: 'DO IT' }],
    ['letters that look like others', { resource: 'uѕer' }],
    ['no name', { name: '' }],
    ['a field that is not its own', { is_builtin: true }],
  ])('with %s does not fit', async (_what, fields) => {
    expectRefused(await permissions.create(fresh(fields)), 'VALIDATION_FAILED');
  });

  test('of several at once with one pair there is one, and Admin holds each once', async () => {
    const pair = { resource: 'race', action: 'WIN' };
    const answers = await Promise.all(
      servers.flatMap((at) => [1, 2].map(() => permissionsAs(at, admin).create(fresh(pair)))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const others = await Promise.all(servers.map((at) => permissionsAs(at, admin).create(fresh())));
    expect(others.map(({ status }) => status)).toEqual([201, 201]);
    const all = await server.deps.database.db.collection('permissions').find().toArray();
    expect(namesOf(await adminRole())).toEqual(all.map(({ name }) => name).sort());
  });

  test('under one key there is one', async () => {
    const [fields, key] = [fresh(), { 'idempotency-key': 'permission once' }];
    const [first, second] = [await permissions.create(fields, key), await permissions.create(fields, key)];
    expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
  });

  test('for all of a resource gives every action on it', async () => {
    const { id, resource } = await create({ action: 'MANAGE' });
    const role = (await roles.create(newRole({ permission_ids: [id] }))).body;
    const user = await server.createUser([{ name: role.name }]);
    const { access: token } = await server.signIn(user);
    expect(await check(server, { token }, { resource, action: 'WHATEVER' })).toBe(true);
  });
});

describe('a change', () => {
  test('of the name is one of every role that holds it, in one step', async () => {
    const permission = await create();
    const role = (await roles.create(newRole({ permission_ids: [permission.id] }))).body;
    const holder = await server.signIn(await server.createUser([{ name: role.name }]));
    const { status, body } = await permissions.update(permission.id, {
      name: `${permission.name}_anew`,
      category: 'x',
    });
    expect([status, body]).toEqual([200, { ...permission, name: `${permission.name}_ANEW`, category: 'x' }]);
    expect(namesOf(await roles.get(role.id))).toEqual([body.name]);
    expect(namesOf(await adminRole())).toContain(body.name);
    await expectEverywhere(async (at) => {
      expect(await check(at, { token: holder.access }, { permission: body.name })).toBe(true);
      expect(await check(at, { token: holder.access }, { permission: permission.name })).toBe(false);
      expect(await check(at, { token: holder.access }, { resource: permission.resource, action: 'DO' })).toBe(true);
    });
    expect((await listActs(server, permission.id)).at(-1)).toMatchObject({
      act: 'rbac.permission_updated',
      details: { from: { name: permission.name, category: 'custom' }, to: { name: body.name, category: 'x' } },
    });
    expectRefused(await permissions.update(permission.id, { name: 'SEARCH' }), 'ALREADY_EXISTS');
    expectRefused(await permissions.update('f'.repeat(24), { name: 'NEW' }), 'NOT_FOUND');
  });

  test('is never one of what it stands for', async () => {
    const { id } = await create();
    expectRefused(await permissions.update(id, { resource: 'user', action: 'MANAGE' }), 'VALIDATION_FAILED');
  });

  test('of a builtin one is of its description alone', async () => {
    const id = await permissionId(server, 'TAG_CREATE');
    expectRefused(await permissions.update(id, { name: 'TAG_MAKE' }), 'BUILTIN_PROTECTED');
    expectRefused(await permissions.update(id, { category: 'mine' }), 'BUILTIN_PROTECTED');
    expectRefused(await permissions.delete(id), 'BUILTIN_PROTECTED');
    const { status, body } = await permissions.update(id, { name: 'TAG_CREATE', description: '新建标签' });
    expect([status, body.description, body.name]).toEqual([200, '新建标签', 'TAG_CREATE']);
  });
});

test('one that is removed is gone from every role, at once and everywhere', async () => {
  const permission = await create();
  const role = (await roles.create(newRole({ permission_ids: [permission.id] }))).body;
  const holder = await server.signIn(await server.createUser([{ name: role.name }]));
  expect((await permissions.delete(permission.id)).status).toBe(204);
  for (const { token } of [admin, { token: holder.access }])
    await expectEverywhere(async (at) =>
      expect(await check(at, { token }, { resource: permission.resource, action: 'DO' })).toBe(false),
    );
  expect([namesOf(await roles.get(role.id)), (await roles.get(role.id)).version]).toEqual([[], 2]);
  expect(namesOf(await adminRole())).not.toContain(permission.name);
  expectRefused(await permissions.delete(permission.id), 'NOT_FOUND');
  expectRefused(await roles.add(role.id, permission.id), 'NOT_FOUND');
  const [, record] = await listActs(server, permission.id);
  expect(record).toMatchObject({ act: 'rbac.permission_deleted', details: { name: permission.name } });
  expect(record?.['details'].roles.sort()).toEqual(['Admin', role.name].sort());
});

test('one that a later version brings is Admin’s from its first start, beside those made at run time', async () => {
  const { db } = server.deps.database;
  const own = await create();
  await db.collection('permissions').deleteOne({ name: 'TAG_MANAGE' });
  const roleDocuments = db.collection<RoleDocument>('roles');
  await roleDocuments.updateOne({ name: 'Admin' }, { $pull: { permissions: { name: 'TAG_MANAGE' } } });
  await seedRoles(server.deps.database, server.clock.now());
  expect(namesOf(await adminRole())).toEqual(expect.arrayContaining(['TAG_MANAGE', own.name]));
  const all = await db.collection('permissions').find().toArray();
  expect(namesOf(await adminRole())).toEqual(all.map(({ name }) => name).sort());
  const { version } = await adminRole();
  await seedRoles(server.deps.database, server.clock.now());
  expect((await adminRole()).version).toBe(version);
});
