// Somebody's sessions, as an administrator sees and ends them.
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';
import { createAdmin, createPerson, createRole, listActs, type Person } from './people.ts';

let server: TestServer;
let other: TestServer;
let admin: Person;
let person: Person;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  await createRole([server], { name: 'Helpdesk', level: 2, pairs: ['user:UPDATE'] });
  admin = await createAdmin(server);
});
afterAll(async () => {
  await other.close();
  await server.close();
});
beforeEach(async () => {
  person = await createPerson(server);
});

const list = (id: string, token = admin.token, query = '') =>
  server.rest('GET', `/users/${id}/sessions${query}`, { token });
const revoke = (id: string, sid: string, token = admin.token) =>
  server.rest('DELETE', `/users/${id}/sessions/${sid}`, { token });

test('every device is listed, newest first, page by page', async () => {
  for (const device_name of ['电脑', '手机'])
    await server.rest('POST', '/auth/login', {
      body: {
        email: person.email,
        password: person.password,
        device: { device_type: 'mobile', device_name },
      },
    });
  const { body } = await list(person.id, admin.token, '?with_total=true');
  expect(body.items.map((item: { device_info: { device_name: string } }) => item.device_info.device_name)).toEqual([
    '手机',
    '电脑',
    null,
  ]);
  expect(body).toMatchObject({ total: 3, next_cursor: null });
  expect(body.items.every((item: { current: boolean }) => !item.current)).toBe(true);
  expect(JSON.stringify(body)).not.toMatch(/session_id|jti|revoke/);
  const first = (await list(person.id, admin.token, '?limit=2')).body;
  const second = (await list(person.id, admin.token, `?limit=2&cursor=${first.next_cursor}`)).body;
  expect([...first.items, ...second.items]).toEqual(body.items);
  // One's own among them.
  expect((await list(admin.id)).body.items).toMatchObject([{ current: true }]);
});

test('one that is ended is gone at once, on every instance, and the others stand', async () => {
  const second = await server.signIn(person);
  const { items } = (await list(person.id)).body;
  expect((await revoke(person.id, items[1].id)).status).toBe(204);
  const me = (where: TestServer, token: string) => where.rest('GET', '/auth/me', { token });
  expect((await me(server, person.token)).body.code).toBe('SESSION_REVOKED');
  await vi.waitFor(async () => expect((await me(other, person.token)).body.code).toBe('SESSION_REVOKED'), soon);
  expect((await me(server, second.access)).status).toBe(200);
  const body = { refresh_token: person.refresh };
  expect((await server.rest('POST', '/auth/refresh', { body })).body.code).toBe('SESSION_REVOKED');
  expect((await list(person.id)).body.items).toHaveLength(1);
  expect((await revoke(person.id, items[1].id)).body.code).toBe('NOT_FOUND');
  expect((await listActs(server, person.id)).at(-1)).toMatchObject({
    act: 'users.session_ended',
    actor: { id: admin.id },
    details: { session: items[1].id },
  });
});

test('another’s session is not found under this one’s name', async () => {
  const stranger = await createPerson(server);
  const [{ id }] = (await list(stranger.id)).body.items;
  expect((await revoke(person.id, id)).body.code).toBe('NOT_FOUND');
  expect((await server.rest('GET', '/auth/me', { token: stranger.token })).status).toBe(200);
});

test('where somebody is signed in is not for those below them, nor for nobody', async () => {
  const helpdesk = await createPerson(server, [{ name: 'Helpdesk' }]);
  const [{ id }] = (await list(admin.id)).body.items;
  for (const answer of [await list(admin.id, helpdesk.token), await revoke(admin.id, id, helpdesk.token)])
    expect([answer.status, answer.body.permission]).toEqual([403, 'user:UPDATE']);
  expect((await list(person.id, helpdesk.token)).status).toBe(200);
  expect((await list('f'.repeat(24))).body.code).toBe('NOT_FOUND');
  expect((await list(person.id, person.token)).status).toBe(403);
});
