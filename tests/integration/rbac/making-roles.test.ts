// Roles made and changed at run time: over both doors, by version, in force at once on every instance.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { soon } from '../../support/soon.ts';
import { createAdmin, createPerson, listActs, type Person } from '../users/people.ts';
import { expectRefused, namesOf, newRole, permissionId, permissionIds, rolesAs } from './role-acts.ts';

let servers: readonly [TestServer, TestServer];
let server: TestServer;
let admin: Person;
let roles: ReturnType<typeof rolesAs>;
beforeAll(async () => {
  server = await startTestServer();
  servers = [server, await startTestServer({ sharedWith: server })];
  admin = await createAdmin(server);
  roles = rolesAs(server, admin);
});
afterAll(async () => {
  await servers[1].close();
  await servers[0].close();
});

const create = async (fields: object = {}): Promise<Answer> => {
  const { status, body } = await roles.create(newRole(fields));
  expect([status, body]).toEqual([201, expect.anything()]);
  return body;
};
const grant = (userId: string, roleId: string, expires_at?: Date) =>
  server.rest('POST', `/users/${userId}/roles`, { token: admin.token, body: { role_id: roleId, expires_at } });

/** Somebody signed in who has the role and no other. */
async function createHolder(role: Answer): Promise<Person> {
  const user = await server.createUser([]);
  expect((await grant(user.id, role.id)).status).toBe(201);
  const { access, refresh } = await server.signIn(user);
  return { ...user, token: access, refresh };
}
const check = async (at: TestServer, { token }: Person, permission: string) =>
  (await at.rest('POST', '/rbac/check', { token, body: { permission } })).body;
const refresh = async (person: Person): Promise<Answer> =>
  (await server.rest('POST', '/auth/refresh', { body: { refresh_token: person.refresh } })).body;

/** Here at once, on the other instance as soon as it has heard. */
async function expectEverywhere(look: (at: TestServer) => Promise<void>): Promise<void> {
  await look(servers[0]);
  await vi.waitFor(() => look(servers[1]), soon);
}

describe('a new role', () => {
  test('is what it was asked to be, and gives its rights to whoever is granted it', async () => {
    const permission_ids = await permissionIds(server, ['KNOWLEDGE_APPROVE', 'COMMENT', 'COMMENT']);
    const role = await create({ name: '审核员', description: '审核知识库内容', level: 2, permission_ids });
    expect(role).toMatchObject({
      name: '审核员',
      display_name: '角色',
      description: '审核知识库内容',
      level: 2,
      status: 'active',
      is_builtin: false,
      version: 1,
    });
    expect(namesOf(role)).toEqual(['COMMENT', 'KNOWLEDGE_APPROVE']);
    expect(await roles.get(role.id)).toEqual(role);
    const holder = await createHolder(role);
    expect(decodeJwt(holder.token)).toMatchObject({ roles: ['审核员'], permissions: expect.any(Array) });
    await expectEverywhere(async (at) => expect((await check(at, holder, 'KNOWLEDGE_APPROVE')).allowed).toBe(true));
    const [record] = await listActs(server, role.id);
    expect(record).toMatchObject({
      act: 'rbac.role_created',
      actor: { id: admin.id },
      details: { name: '审核员', level: 2, permissions: expect.arrayContaining(['COMMENT']) },
    });
  });

  test('is the same role when asked for twice under one key', async () => {
    const [fields, key] = [newRole(), { 'idempotency-key': 'role once' }];
    const answers = await Promise.all([roles.create(fields, key), roles.create(fields, key)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expectRefused(await roles.create({ ...fields, level: 2 }, key), 'IDEMPOTENCY_CONFLICT');
  });

  test.each([
    ['the same letters in another case', 'admin'],
    ['full width', 'Ａｄｍｉｎ'],
    ['blanks around it', ' Editor '],
  ])('does not take a name that is taken: %s', async (_what, name) => {
    expectRefused(await roles.create(newRole({ name })), 'ALREADY_EXISTS');
  });

  test.each([
    ['a name that hides something', { name: 'Ad\u200bmin' }],
    ['a name of two lines', { name: 'A\nB' }],
    ['no name', { name: ' ' }],
    ['half a level', { level: 1.5 }],
    ['a level below none', { level: -1 }],
    ['a permission that is no id', { permission_ids: ['COMMENT'] }],
    ['a field that is not its own', { is_builtin: true }],
  ])('with %s does not fit', async (_what, fields) => {
    expectRefused(await roles.create(newRole(fields)), 'VALIDATION_FAILED');
  });

  test('of several at once with one name there is one', async () => {
    const fields = newRole();
    const answers = await Promise.all(
      servers.flatMap((at) => [1, 2].map(() => rolesAs(at, admin).create({ ...fields, name: fields.name }))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  });

  test('names permissions that there are', async () => {
    expectRefused(await roles.create(newRole({ permission_ids: ['f'.repeat(24)] })), 'NOT_FOUND');
  });
});

describe('a change', () => {
  test('names the version it started from: of two at once nothing is lost', async () => {
    const { id } = await create();
    const answers = await Promise.all([
      roles.update(id, { version: 1, description: 'A' }),
      rolesAs(servers[1], admin).update(id, { version: 1, display_name: 'B' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('VERSION_CONFLICT');
    const after = await roles.get(id);
    expect([after.version, after.description === 'A', after.display_name === 'B']).toEqual([
      2,
      answers[0].status === 200,
      answers[1].status === 200,
    ]);
    expectRefused(await roles.update(id, { version: 1, description: 'C' }), 'VERSION_CONFLICT');
    expectRefused(await roles.update('f'.repeat(24), { version: 1 }), 'NOT_FOUND');
  });

  test('leaves what it does not name, and is recorded with what was before', async () => {
    const role = await create({ description: 'before' });
    const { body } = await roles.update(role.id, { version: 1, description: 'after', level: 3 });
    expect(body).toEqual({ ...role, description: 'after', level: 3, version: 2, updated_at: expect.any(String) });
    expect((await listActs(server, role.id)).at(-1)).toMatchObject({
      act: 'rbac.role_updated',
      details: { from: { description: 'before', level: 1 }, to: { description: 'after', level: 3 } },
    });
    expect((await roles.update(role.id, { version: 2, level: 3 })).body.version).toBe(2);
  });

  test('over tRPC is the same', async () => {
    const made = await server.trpc('rbac.roles.create', newRole(), { token: admin.token });
    const role = made.body.result.data.json;
    const { status, body } = await server.trpc(
      'rbac.roles.update',
      { id: role.id, version: 1, status: 'inactive' },
      { token: admin.token },
    );
    expect([status, body.result.data.json.status]).toEqual([200, 'inactive']);
    expect((await server.trpc('rbac.roles.delete', { id: role.id }, { token: admin.token })).status).toBe(200);
    expectRefused(await roles.update(role.id, { version: 2 }), 'NOT_FOUND');
  });
});

describe('in force at once', () => {
  test('a permission that is added, and one that is taken', async () => {
    const role = await create({ permission_ids: await permissionIds(server, ['COMMENT']) });
    const holder = await createHolder(role);
    const added = await roles.add(role.id, ...(await permissionIds(server, ['TAG_CREATE', 'COMMENT'])));
    expect([added.status, namesOf(added.body), added.body.version]).toEqual([200, ['COMMENT', 'TAG_CREATE'], 2]);
    await expectEverywhere(async (at) => expect((await check(at, holder, 'TAG_CREATE')).allowed).toBe(true));
    expect((await roles.add(role.id, await permissionId(server, 'COMMENT'))).body.version).toBe(2);
    expect((await roles.remove(role.id, await permissionId(server, 'COMMENT'))).status).toBe(204);
    await expectEverywhere(async (at) =>
      expect(await check(at, holder, 'COMMENT')).toEqual({ allowed: false, reason: 'no_permission' }),
    );
    expectRefused(await roles.remove(role.id, await permissionId(server, 'COMMENT')), 'NOT_FOUND');
    expectRefused(await roles.add(role.id, 'f'.repeat(24)), 'NOT_FOUND');
    const acts = (await listActs(server, role.id)).map(({ act, details }) => [act, details]);
    expect(acts.slice(1)).toMatchObject([
      ['rbac.role_permissions_added', { permissions: ['TAG_CREATE'] }],
      ['rbac.role_permission_removed', { permission: 'COMMENT' }],
    ]);
  });

  test('switching off: the grants stay and the rights stop; switching on brings them back', async () => {
    const role = await create({ permission_ids: await permissionIds(server, ['COMMENT']) });
    const holder = await createHolder(role);
    await roles.update(role.id, { version: 1, status: 'inactive' });
    await expectEverywhere(async (at) =>
      expect(await check(at, holder, 'COMMENT')).toEqual({ allowed: false, reason: 'role_inactive' }),
    );
    const listed = await server.rest('GET', `/users/${holder.id}`, { token: admin.token });
    expect(listed.body.roles).toMatchObject([{ role_id: role.id, name: role.name }]);
    expect((await refresh(holder)).user).toMatchObject({ roles: [], permissions: [] });
    await roles.update(role.id, { version: 2, status: 'active' });
    await expectEverywhere(async (at) => expect((await check(at, holder, 'COMMENT')).allowed).toBe(true));
  });

  test('another level: who is above whom changes with it', async () => {
    const role = await create({ level: 1, permission_ids: await permissionIds(server, ['USER_MANAGE']) });
    const [holder, editor] = [await createHolder(role), await server.createUser([{ name: 'Editor' }])];
    const rename = (at: TestServer) =>
      at.rest('PUT', `/users/${editor.id}`, { token: holder.token, body: { profile: { name: 'x' } } });
    expectRefused(await rename(server), 'PERMISSION_DENIED');
    await roles.update(role.id, { version: 1, level: 3 });
    for (const at of servers) expect((await rename(at)).status).toBe(200);
  });

  test('another name: old tokens are stale, new ones bear it, and so do lists soon after', async () => {
    const role = await create({ permission_ids: await permissionIds(server, ['COMMENT']) });
    const holder = await createHolder(role);
    const name = `${role.name} anew`;
    expect((await roles.update(role.id, { version: 1, name })).status).toBe(200);
    await expectEverywhere(async (at) =>
      expect((await at.rest('GET', '/auth/me', { token: holder.token })).body.code).toBe('TOKEN_STALE'),
    );
    const { access_token, user } = await refresh(holder);
    expect([user.roles, user.permissions]).toEqual([[name], ['knowledge:COMMENT']]);
    await settleOutbox(server);
    await vi.waitFor(async () => {
      const { body } = await server.rest('GET', `/users/${holder.id}`, { token: admin.token });
      expect(body.roles).toMatchObject([{ name }]);
    }, soon);
    // Whoever takes the old name gives nothing to those who had it.
    await create({ name: role.name, level: 4, permission_ids: await permissionIds(server, ['SYSTEM_CONFIG']) });
    await expectEverywhere(async (at) =>
      expect((await at.rest('GET', '/clients', { token: holder.token })).body.code).toBe('TOKEN_STALE'),
    );
    expectRefused(await server.rest('GET', '/clients', { token: access_token }), 'PERMISSION_DENIED');
  });
});

test('whoever changes roles has proven themselves lately, and is no program', async () => {
  const { token } = await createPerson(server, [{ name: 'Admin' }]);
  const { id } = await create();
  const { body } = await server.rest('POST', '/auth/api-keys', { token, body: { name: 'k', scopes: ['role:MANAGE'] } });
  server.clock.advance(11 * 60_000);
  for (const as of [rolesAs(server, { token }), rolesAs(servers[1], { token })]) {
    expectRefused(await as.create(newRole()), 'STEP_UP_REQUIRED');
    expectRefused(await as.update(id, { version: 1, level: 0 }), 'STEP_UP_REQUIRED');
    expectRefused(await as.delete(id), 'STEP_UP_REQUIRED');
    expect((await as.get(id)).version).toBe(1);
  }
  expectRefused(await rolesAs(server, { token: body.key }).delete(id), 'PERMISSION_DENIED');
});
