// What one has for a while, or may not give alone, is not to be had for good by a way around.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAdmin, createPerson, createRole, type Person } from '../integration/users/people.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';

const HOUR = 3_600_000;

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer({ config: { rbac: { four_eyes: ['Payroll'] } } });
  await createRole([server], { name: 'Steward', level: 3, pairs: ['role:MANAGE', 'user:MANAGE', 'tag:CREATE'] });
  await createRole([server], { name: 'Payroll', level: 1, pairs: ['tag:CREATE'] });
  admin = await createAdmin(server);
  await createAdmin(server);
});
afterAll(() => server.close());

const call = (by: Person, method: string, path: string, body?: object) =>
  server.rest(method, path, { token: by.token, ...(body ? { body } : {}) });
const told = ({ status, body }: RestAnswer) => [status, body?.code];
const DENIED = [403, 'PERMISSION_DENIED'];
let made = 0;
const makeRole = async (by: Person, level: number) =>
  (await call(by, 'POST', '/roles', { name: `Passing ${++made}`, display_name: '临时', level })).body.id as string;

test('rights that end give none that last longer', async () => {
  const ends = new Date(server.clock.now().getTime() + HOUR);
  const steward = await createPerson(server, [{ name: 'Steward', expires_at: ends }]);
  const other = await createPerson(server);
  const give = (to: Person, role: string, expires_at: Date | null) =>
    call(steward, 'POST', `/users/${to.id}/roles`, { role_id: server.roleId(role), expires_at });
  expect(told(await give(other, 'Steward', null))).toEqual(DENIED);
  expect(told(await give(other, 'Steward', new Date(ends.getTime() + 1000)))).toEqual(DENIED);
  expect((await give(other, 'Steward', ends)).status).toBe(201);
  // Neither by a copy of the role, nor by one whose holders are to have it instead.
  const passing = await makeRole(steward, 3);
  expect(told(await call(steward, 'POST', `/users/${steward.id}/roles`, { role_id: passing }))).toEqual(DENIED);
  expect(told(await call(steward, 'DELETE', `/roles/${passing}?reassign_to=${server.roleId('Steward')}`))).toEqual(
    DENIED,
  );
});

test('a role that takes two is given by one neither with an account, nor in another’s place, nor under another name', async () => {
  const payroll = server.roleId('Payroll');
  const username = 'second.self';
  const account = { username, email: 'second.self@example.com', role_ids: [payroll] };
  expect(told(await call(admin, 'POST', '/users', account))).toEqual(DENIED);
  expect(await server.deps.users.findByLogin({ username })).toBeNull();
  const passing = await makeRole(admin, 1);
  expect(told(await call(admin, 'DELETE', `/roles/${passing}?reassign_to=${payroll}`))).toEqual(DENIED);
  const { version } = (await call(admin, 'GET', `/roles/${payroll}`)).body;
  expect(told(await call(admin, 'PUT', `/roles/${payroll}`, { version, name: 'Paid' }))).toEqual([409, 'IN_USE']);
});
