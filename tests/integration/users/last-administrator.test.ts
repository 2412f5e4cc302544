// One administrator always remains: whatever is tried, at once, and on however many instances.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RestAnswer } from '../../support/server.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, listLastingAdmins, type Person } from './people.ts';

let server: TestServer;
let second: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  second = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await second.close();
  await server.close();
});

let last: Person;
/** Leaves one administrator, signed in. */
beforeEach(async () => {
  last = await createAdmin(server);
  const users = server.deps.database.db.collection('users');
  await users.updateMany({ username: { $ne: last.username } }, { $pull: { roles: { role_name: 'Admin' } as never } });
});

const demote = (id: string, token: string, on = server) =>
  on.rest('DELETE', `/users/${id}/roles/${server.roleId('Admin')}`, { token });
const setStatus = (id: string, status: string, token: string, on = server) =>
  on.rest('POST', `/users/${id}/status`, { token, body: { status } });
const told = ({ status, body }: RestAnswer) => [status, body?.code];

test('the last one is neither demoted nor switched off, by themselves either', async () => {
  expect(told(await demote(last.id, last.token))).toEqual([409, 'LAST_ADMIN']);
  for (const status of ['inactive', 'locked'])
    expect(told(await setStatus(last.id, status, last.token))).toEqual([409, 'LAST_ADMIN']);
  expect(await listLastingAdmins(server)).toEqual([last.id]);
  expect((await server.rest('GET', '/users', { token: last.token })).status).toBe(200);
});

test('an administrator until a date does not count: time would remove the last one', async () => {
  const until = new Date(server.clock.now().getTime() + 86_400_000);
  const passing = await server.createUser([{ name: 'Admin', expires_at: until }]);
  expect(told(await demote(last.id, last.token))).toEqual([409, 'LAST_ADMIN']);
  // And may go at any time.
  expect((await demote(passing.id, last.token)).status).toBe(204);
});

test('one that is switched off does not count, and may be demoted', async () => {
  const off = await createAdmin(server);
  expect((await setStatus(off.id, 'inactive', last.token)).status).toBe(200);
  expect(told(await demote(last.id, last.token))).toEqual([409, 'LAST_ADMIN']);
  expect((await setStatus(off.id, 'locked', last.token)).status).toBe(200);
  expect((await demote(off.id, last.token)).status).toBe(204);
});

test('with a second one the first may go', async () => {
  const other = await createAdmin(server);
  expect((await demote(last.id, last.token)).status).toBe(204);
  expect(told(await demote(other.id, other.token))).toEqual([409, 'LAST_ADMIN']);
});

describe('two at once', () => {
  const rounds = Array.from({ length: 20 }, (_, index) => index);
  const attacks: [string, (a: Person, b: Person, on: [TestServer, TestServer]) => Promise<RestAnswer>[]][] = [
    ['demote each other', (a, b, [x, y]) => [demote(b.id, a.token, x), demote(a.id, b.token, y)]],
    [
      'switch each other off',
      (a, b, [x, y]) => [setStatus(b.id, 'locked', a.token, x), setStatus(a.id, 'inactive', b.token, y)],
    ],
    ['step down', (a, b, [x, y]) => [demote(a.id, a.token, x), demote(b.id, b.token, y)]],
    ['demote and switch off', (a, b, [x, y]) => [demote(b.id, a.token, x), setStatus(a.id, 'inactive', b.token, y)]],
  ];

  test.each(attacks)('%s: one always remains', async (_, attack) => {
    for (const round of rounds) {
      const fresh = await createAdmin(server);
      const calls = attack(last, fresh, round % 2 === 0 ? [server, second] : [server, server]);
      const answers = await Promise.all(calls);
      const remaining = await listLastingAdmins(server);
      expect(remaining, JSON.stringify(answers.map(told))).toHaveLength(1);
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status >= 300))
        expect(['LAST_ADMIN', 'PERMISSION_DENIED', 'TOKEN_STALE', 'SESSION_REVOKED']).toContain(answer.body.code);
      // Whoever remains goes on.
      last = remaining[0] === last.id ? last : fresh;
      const { access } = await server.signIn(last);
      last = { ...last, token: access };
    }
  });

  test('a crowd steps down at once: one remains', async () => {
    const crowd = await Promise.all(Array.from({ length: 7 }, () => createAdmin(server)));
    const answers = await Promise.all(
      [last, ...crowd].map(({ id, token }, index) => demote(id, token, index % 2 === 0 ? server : second)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 204, 204, 204, 204, 204, 204, 409]);
    expect(await listLastingAdmins(server)).toHaveLength(1);
  });
});
