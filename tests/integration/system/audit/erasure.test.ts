// A person goes: their data go out of the audit, what they did stays, and the seals hold.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanUp } from '../../../../server/src/features/system/cleanup.ts';
import { type Answer, startTestServer, type TestServer } from '../../../support/server.ts';
import { settleOutbox } from '../../../support/settle-outbox.ts';
import { createAdmin, linesOf, verify } from './trail.ts';

let server: TestServer;
let admin: Awaited<ReturnType<typeof createAdmin>>;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const password = 'correct horse battery';
const about = (id: string) =>
  linesOf(server)
    .find({ $or: [{ 'actor.id': id }, { 'target.id': id }] })
    .sort({ at: 1, _id: 1 })
    .toArray();

async function leave(token: string): Promise<void> {
  expect((await server.rest('DELETE', '/auth/account', { token })).status).toBe(202);
  server.clock.advance(16 * 86_400_000);
  await cleanUp(server.deps);
  await settleOutbox(server);
}

test('of whoever left ids and acts are left: no address, no name, no browser; before and after the seal', async () => {
  const email = 'li.lei@example.com';
  const register = { username: 'li.lei', email, password };
  const agent = { 'user-agent': 'Browser/1.0 (laptop-of-lilei)' };
  expect((await server.rest('POST', '/auth/register', { body: register, headers: agent })).status).toBe(201);
  const user = await server.deps.database.db.collection('users').findOne({ username: 'li.lei' });
  const id = String(user?._id);
  await server.rest('POST', '/auth/login', { body: { email, password: 'wrong password' }, headers: agent });
  const signedIn = await server.rest('POST', '/auth/login', { body: { email, password }, headers: agent });
  const token: string = signedIn.body.access_token;
  const asked = { role: 'Editor', reason: 'I am li.lei, call me', duration: 3600 };
  const { body: request } = await server.rest('POST', '/rbac/requests', { token, body: asked });
  const decline = { token: admin.token, body: { comment: 'li.lei may wait' } };
  expect((await server.rest('POST', `/rbac/requests/${request.id}/decline`, decline)).status).toBe(200);
  await server.deps.auditKeeper.run();
  expect((await about(id)).map(({ act, personal }) => [act, personal])).toContainEqual([
    'auth.register',
    { username: 'li.lei' },
  ]);
  await leave(token);
  const lines = await about(id);
  expect(lines.map(({ act }) => act)).toEqual(
    expect.arrayContaining(['auth.register', 'auth.login', 'auth.account_deletion_requested', 'users.removed']),
  );
  expect(JSON.stringify(await linesOf(server).find().toArray())).not.toMatch(/li\.lei|laptop-of-lilei/);
  for (const { ip, user_agent, personal } of lines) expect([ip, user_agent, personal]).toEqual([null, null, undefined]);
  // Nobody can find out by trying which address it was.
  for (const { seal } of lines) expect([seal?.origin?.salt, seal?.personal?.salt]).toEqual([undefined, undefined]);

  server.clock.advance(60_000);
  await server.deps.auditKeeper.run();
  const fresh = (await server.signIn(admin)).access;
  const found = await verify(server, fresh);
  expect(found).toMatchObject({ intact: true, problems: [] });
  expect(found.erased).toBeGreaterThanOrEqual(3);
  const { items } = (await server.rest('GET', `/audit-logs?target_id=${id}&act=auth.register`, { token: fresh })).body;
  expect(items).toMatchObject([{ erased: true, ip: null, personal: null, target: { id } }]);
});

test('what an administrator did to them keeps the administrator’s address', async () => {
  const user = await server.createUser();
  const admins = (await server.signIn(admin)).access;
  await server.rest('POST', `/users/${user.id}/roles`, { token: admins, body: { role_id: server.roleId('Author') } });
  await server.deps.auditKeeper.run();
  await leave((await server.signIn(user)).access);
  const [granted]: Answer[] = await linesOf(server).find({ act: 'users.assign_role', 'target.id': user.id }).toArray();
  expect(granted).toMatchObject({ ip: '127.0.0.1', actor: { id: admin.id }, details: { role: 'Author' } });
});

test('that the person concerned has gone explains no missing address of who acted on them', async () => {
  const user = await server.createUser();
  const token = (await server.signIn(admin)).access;
  await server.rest('POST', `/users/${user.id}/roles`, { token, body: { role_id: server.roleId('Author') } });
  await server.deps.auditKeeper.run();
  await leave((await server.signIn(user)).access);
  server.clock.advance(60_000);
  await server.deps.auditKeeper.run();
  const filter = { act: 'users.assign_role', 'target.id': user.id };
  const line = await linesOf(server).findOne(filter);
  await linesOf(server).updateOne(filter, {
    $set: { ip: null, user_agent: null },
    $unset: { 'seal.origin.salt': '' },
  });
  const { intact, problems } = await verify(server, (await server.signIn(admin)).access);
  expect([intact, problems]).toMatchObject([false, [{ fault: 'erasure_unexplained', line: String(line?._id) }]]);
  if (line) await linesOf(server).replaceOne(filter, line);
});

test('done twice it is the same', async () => {
  const [line] = await linesOf(server).find({ act: 'auth.register' }).toArray();
  await server.deps.auditTrail.erase(String(line?.target.id));
  expect((await verify(server, (await server.signIn(admin)).access)).intact).toBe(true);
});
