// Nobody grants, edits or removes above their own level, nor a permission they do not hold.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, type Person } from './people.ts';

let server: TestServer;
let manager: Person;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  await createRole([server], { name: 'Manager', level: 2, pairs: ['user:MANAGE', 'role:MANAGE', 'knowledge:READ'] });
  await createRole([server], { name: 'Reader', level: 1, pairs: ['knowledge:READ'] });
  await createRole([server], { name: 'Peer', level: 2, pairs: ['knowledge:READ', 'user:READ'] });
  await createRole([server], { name: 'Hidden', level: 0, pairs: ['system:CONFIG'] });
  manager = await createPerson(server, [{ name: 'Manager' }]);
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const grant = (id: string, role: string, token = manager.token) =>
  server.rest('POST', `/users/${id}/roles`, { token, body: { role_id: server.roleId(role) } });
const remove = (id: string, role: string, token = manager.token) =>
  server.rest('DELETE', `/users/${id}/roles/${server.roleId(role)}`, { token });
const setStatus = (id: string, status: string, token = manager.token) =>
  server.rest('POST', `/users/${id}/status`, { token, body: { status } });
const rename = (id: string, name: string, token = manager.token) =>
  server.rest('PUT', `/users/${id}`, { token, body: { profile: { name } } });
const denied = (permission: string) => ({ status: 403, body: { code: 'PERMISSION_DENIED', permission } });

test('a role up to one’s own level, of permissions one holds, is granted and removed', async () => {
  const { id } = await server.createUser([]);
  for (const role of ['Reader', 'Peer', 'Manager']) {
    expect((await grant(id, role)).status).toBe(201);
    expect((await remove(id, role)).status).toBe(204);
  }
});

test('a role above it is not, nor to oneself', async () => {
  const { id } = await server.createUser([]);
  for (const role of ['Editor', 'Admin']) {
    expect(await grant(id, role)).toMatchObject(denied('role:MANAGE'));
    expect(await grant(manager.id, role)).toMatchObject(denied('role:MANAGE'));
  }
  expect((await server.deps.users.findById(manager.id))?.roles).toHaveLength(1);
});

test('nor one below it with a permission one does not hold', async () => {
  const { id } = await server.createUser([]);
  // Author stands no higher, but may create documents; Hidden stands lowest of all.
  for (const role of ['Author', 'User', 'Hidden']) expect(await grant(id, role)).toMatchObject(denied('role:MANAGE'));
});

test('what one may not grant one may not remove', async () => {
  const { id } = await server.createUser([{ name: 'Reader' }, { name: 'Hidden' }]);
  expect(await remove(id, 'Hidden')).toMatchObject(denied('role:MANAGE'));
  expect((await remove(id, 'Reader')).status).toBe(204);
});

test('whoever stands above is not edited, whichever way', async () => {
  const above = await server.createUser([{ name: 'Reader' }, { name: 'Editor' }]);
  expect(await grant(above.id, 'Peer')).toMatchObject(denied('role:MANAGE'));
  expect(await remove(above.id, 'Reader')).toMatchObject(denied('role:MANAGE'));
  expect(await setStatus(above.id, 'inactive')).toMatchObject(denied('user:UPDATE'));
  expect(await rename(above.id, 'x')).toMatchObject(denied('user:UPDATE'));
  expect(await setStatus(admin.id, 'locked')).toMatchObject(denied('user:UPDATE'));
  // Off or not: an administrator that is switched off is still one.
  expect((await setStatus(above.id, 'inactive', admin.token)).status).toBe(200);
  expect(await setStatus(above.id, 'active')).toMatchObject(denied('user:UPDATE'));
});

test('a level that has run out protects nobody', async () => {
  const { id } = await server.createUser([{ name: 'Reader' }, { name: 'Admin', expires_at: new Date(0) }]);
  expect((await rename(id, 'x')).status).toBe(200);
});

test('equals may edit each other', async () => {
  const equal = await server.createUser([{ name: 'Manager' }]);
  expect((await rename(equal.id, 'x')).status).toBe(200);
  expect((await setStatus(equal.id, 'inactive')).status).toBe(200);
});

test('oneself one may edit, but not lift', async () => {
  expect((await rename(manager.id, '经理')).status).toBe(200);
  expect((await grant(manager.id, 'Editor')).status).toBe(403);
});

test('rights are those of the moment, not of the token: a demotion on the way wins', async () => {
  const other = await createPerson(server, [{ name: 'Manager' }]);
  const { id } = await server.createUser([]);
  const [demotion, act] = await Promise.all([
    remove(other.id, 'Manager', admin.token),
    grant(id, 'Reader', other.token),
  ]);
  expect(demotion.status).toBe(204);
  expect([201, 401, 403]).toContain(act.status);
  const later = await grant((await server.createUser([])).id, 'Reader', other.token);
  expect([later.status, later.body.code]).toEqual([401, 'TOKEN_STALE']);
});
