// Roles that take two people: two approvals, by different people who are still entitled, and no way around by one.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RestAnswer } from '../../support/server.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, listActs, type Person } from '../users/people.ts';

const HOUR = 3_600_000;

let server: TestServer;
let second: TestServer;
let admins: Person[];
beforeAll(async () => {
  const config = { rbac: { four_eyes: ['Admin'] } };
  server = await startTestServer({ config });
  second = await startTestServer({ sharedWith: server, config });
});
beforeEach(async () => {
  const users = server.deps.database.db.collection('users');
  await users.updateMany({}, { $pull: { roles: { role_name: 'Admin' } as never } });
  admins = [await createAdmin(server), await createAdmin(server), await createAdmin(server)];
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const tokenOf = (index: number) => admins[index]?.token ?? '';
const idOf = (index: number) => admins[index]?.id ?? '';
async function ask(role = 'Admin') {
  const person = await createPerson(server);
  const body = { role, reason: '数据库故障', duration: 3600 };
  const { id, approvals_needed } = (await server.rest('POST', '/rbac/requests', { token: person.token, body })).body;
  return { ...person, request: id as string, approvals_needed };
}
const approve = (id: string, token: string, on = server) =>
  on.rest('POST', `/rbac/requests/${id}/approve`, { token, body: {} });
const told = ({ status, body }: RestAnswer) => [status, body?.code ?? body?.status];
const grantsOf = async (id: string) => (await server.deps.users.findById(id))?.roles.map(({ role_name }) => role_name);
const actsOf = async (id: string) => (await listActs(server, id)).map(({ act }) => act);

test('the first approval waits, the second grants from then on; the same person is one person, by a key or a new session too', async () => {
  const { id, request, approvals_needed } = await ask();
  expect(approvals_needed).toBe(2);
  const first = await approve(request, tokenOf(0));
  expect([...told(first), first.body.approvals.map((one: { user_id: string }) => one.user_id)]).toEqual([
    200,
    'pending',
    [idOf(0)],
  ]);
  expect(await grantsOf(id)).toEqual(['User']);
  const again = (await server.signIn(admins[0] as Person)).access;
  for (const token of [tokenOf(0), again]) expect(told(await approve(request, token))).toEqual([409, 'ALREADY_EXISTS']);
  server.clock.advance(5 * 60_000);
  const last = await approve(request, tokenOf(1), second);
  expect(told(last)).toEqual([200, 'approved']);
  const left = new Date(last.body.granted_until).getTime() - server.clock.now().getTime();
  expect(left).toBeGreaterThan(HOUR - 30_000);
  expect(await grantsOf(id)).toEqual(['User', 'Admin']);
  expect(await actsOf(request)).toEqual(['rbac.request_created', 'rbac.request_seconded', 'rbac.request_approved']);
  expect((await listActs(server, id))[0]?.['details']).toMatchObject({
    request_id: request,
    approved_by: [idOf(0), idOf(1)],
  });
});

test('three at the same moment: one waits, one grants, one is too late', async () => {
  for (let round = 0; round < 4; round++) {
    const { id, request } = await ask();
    const answers = await Promise.all(
      [0, 1, 2].map((index) => approve(request, tokenOf(index), index === 1 ? second : server)),
    );
    expect(answers.map(told).sort()).toEqual([
      [200, 'approved'],
      [200, 'pending'],
      [409, 'INVALID_TRANSITION'],
    ]);
    expect(await grantsOf(id)).toEqual(['User', 'Admin']);
  }
});

test('one person’s two calls at the same moment are one approval', async () => {
  const { id, request } = await ask();
  const answers = await Promise.all([approve(request, tokenOf(0)), approve(request, tokenOf(0), second)]);
  expect(answers.map(told).sort()).toEqual([
    [200, 'pending'],
    [409, 'ALREADY_EXISTS'],
  ]);
  expect(await grantsOf(id)).toEqual(['User']);
});

test.each(['demoted', 'switched off', 'expired'])(
  'who is %s between has not approved: it takes another',
  async (how) => {
    const { id, request } = await ask();
    const inMs = (ms: number) => new Date(server.clock.now().getTime() + ms);
    const passing = await createPerson(server, [{ name: 'Admin', expires_at: inMs(86_400_000) }]);
    expect(told(await approve(request, how === 'expired' ? passing.token : tokenOf(0)))).toEqual([200, 'pending']);
    if (how === 'expired')
      await server.rest('PUT', `/users/${passing.id}/roles/${server.roleId('Admin')}`, {
        token: tokenOf(1),
        body: { expires_at: inMs(60_000) },
      });
    if (how === 'demoted')
      await server.rest('DELETE', `/users/${idOf(0)}/roles/${server.roleId('Admin')}`, { token: tokenOf(1) });
    if (how === 'switched off')
      await server.rest('POST', `/users/${idOf(0)}/status`, { token: tokenOf(1), body: { status: 'locked' } });
    server.clock.advance(61_000);
    const next = await approve(request, tokenOf(1), second);
    expect([...told(next), next.body.approvals]).toEqual([
      200,
      'pending',
      [{ user_id: idOf(1), at: expect.any(String), comment: null }],
    ]);
    expect(await grantsOf(id)).toEqual(['User']);
    expect(told(await approve(request, tokenOf(2)))).toEqual([200, 'approved']);
  },
);

test('other roles take one', async () => {
  const { request, approvals_needed } = await ask('Editor');
  expect([approvals_needed, ...told(await approve(request, tokenOf(0)))]).toEqual([1, 200, 'approved']);
});

test('one alone neither grants such a role nor prolongs it; shortening and taking it away is for one', async () => {
  const { id, request } = await ask();
  const path = `/users/${id}/roles`;
  const role_id = server.roleId('Admin');
  const grant = await server.rest('POST', path, { token: tokenOf(0), body: { role_id } });
  expect([grant.status, grant.body.code, grant.body.detail]).toEqual([
    403,
    'PERMISSION_DENIED',
    'This role takes two people: let it be asked for, and approve the request',
  ]);
  await approve(request, tokenOf(0));
  await approve(request, tokenOf(1));
  const renew = (ms: number | null) =>
    server.rest('PUT', `${path}/${role_id}`, {
      token: tokenOf(0),
      body: { expires_at: ms === null ? null : new Date(server.clock.now().getTime() + ms) },
    });
  for (const more of [null, 2 * HOUR]) expect(told(await renew(more))).toEqual([403, 'PERMISSION_DENIED']);
  expect((await renew(HOUR / 2)).status).toBe(200);
  expect((await server.rest('DELETE', `${path}/${role_id}`, { token: tokenOf(0) })).status).toBe(204);
});

test('a single administrator makes a second: nobody is locked out', async () => {
  const users = server.deps.database.db.collection('users');
  await users.updateMany(
    { username: { $ne: admins[0]?.username ?? '' } },
    { $pull: { roles: { role_name: 'Admin' } as never } },
  );
  const { id } = await server.createUser();
  const body = { role_id: server.roleId('Admin') };
  expect((await server.rest('POST', `/users/${id}/roles`, { token: tokenOf(0), body })).status).toBe(201);
});

test('a simulation says so, too', async () => {
  const { id } = await createPerson(server);
  const grant = { change: 'grant.assign', user_id: id, role_id: server.roleId('Admin') };
  const { body } = await server.rest('POST', '/rbac/simulate', { token: tokenOf(0), body: grant });
  expect(body).toMatchObject({ permitted: false, refused: { code: 'PERMISSION_DENIED', permission: 'role:MANAGE' } });
  expect(body.gained.users).toBe(1);
});

test('whoever switches the others off is not alone by that', async () => {
  const { id } = await createPerson(server);
  for (const other of [0, 2]) {
    const answer = await server.rest('POST', `/users/${idOf(other)}/status`, {
      token: tokenOf(1),
      body: { status: 'inactive' },
    });
    expect(answer.status).toBe(200);
  }
  const grant = { token: tokenOf(1), body: { role_id: server.roleId('Admin') } };
  expect(told(await server.rest('POST', `/users/${id}/roles`, grant))).toEqual([403, 'PERMISSION_DENIED']);
});
