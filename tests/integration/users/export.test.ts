// Everything that is held on a person, for them to see.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserExport } from '../../../shared/src/schemas.ts';
import { createHolder } from '../../support/second-factors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, type Person } from './people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const exportOf = (id: string, token: string) => server.rest('GET', `/users/${id}/export`, { token });

test('holds it all, and no secret', async () => {
  const person = await createHolder(server);
  const token = person.tokens.access;
  const hr = await server.mintClientToken(['users:metadata']);
  await server.rest('PUT', `/users/${person.id}/metadata`, { token: hr, body: { metadata: { 工号: 'A-7' } } });
  await server.rest('POST', `/users/${person.id}/status`, { token: admin.token, body: { status: 'active' } });
  const role = { role_id: server.roleId('Author') };
  await server.rest('POST', `/users/${person.id}/roles`, { token: admin.token, body: role });
  const fresh = await server.rest('POST', '/auth/refresh', { body: { refresh_token: person.tokens.refresh } });
  const own = fresh.body.access_token ?? token;
  const made = await server.rest('POST', '/auth/api-keys', {
    token: own,
    body: { name: 'Sync', scopes: ['knowledge:READ'] },
  });
  expect(made.status).toBe(201);

  const { status, body } = await exportOf(person.id, own);
  expect(status).toBe(200);
  expect(body.user).toMatchObject({ id: person.id, username: person.username, email: person.email });
  expect(body.user.roles.map(({ name }: { name: string }) => name)).toContain('Author');
  expect(body.account).toMatchObject({ has_password: true, deletion_due_at: null });
  expect(body.account.second_factors).toEqual(['totp', 'backup_codes']);
  expect(Object.values(body.metadata)).toEqual([{ 工号: 'A-7' }]);
  expect(body.sessions.length).toBeGreaterThanOrEqual(1);
  expect(body.api_keys).toMatchObject([{ name: 'Sync', prefix: made.body.api_key.prefix, scopes: ['knowledge:READ'] }]);
  const acts = body.audit.items.map(({ act }: { act: string }) => act);
  expect(acts).toEqual(expect.arrayContaining(['auth.login', 'users.assign_role', 'users.metadata_set']));
  expect(body.audit.is_complete).toBe(true);

  const stored = await server.deps.users.findById(person.id);
  const text = JSON.stringify(body);
  const secrets = [
    stored?.password_hash,
    stored?.security.two_factor?.totp?.secret,
    ...(stored?.security.two_factor?.backup_codes ?? []),
    made.body.key,
    person.tokens.refresh,
  ];
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/"hash"|session_id|password_hash|public_key/);
});

test('from where an administrator acted on them is not theirs to know', async () => {
  const person = await createPerson(server);
  await server.rest('PUT', `/users/${person.id}`, { token: admin.token, body: { profile: { name: '李雷' } } });
  const { body } = await exportOf(person.id, person.token);
  const [theirs] = body.audit.items.filter(({ act }: { act: string }) => act === 'users.update');
  const [own] = body.audit.items.filter(({ act }: { act: string }) => act === 'auth.login');
  expect(theirs).toMatchObject({ actor: { id: admin.id }, ip: null, user_agent: null });
  expect(own.ip).toEqual(expect.any(String));
});

test('an administrator gets it too, which is recorded; whoever stands below does not, nor a stranger', async () => {
  const person = await createPerson(server);
  expect((await exportOf(person.id, admin.token)).status).toBe(200);
  const records = await server.deps.audit.listAbout(person.id, 10);
  expect(records[0]).toMatchObject({ act: 'users.export', actor: { id: admin.id } });
  await createRole([server], { name: 'HR', level: 2, pairs: ['user:MANAGE'] });
  const hr = await createPerson(server, [{ name: 'HR' }]);
  expect((await exportOf(person.id, hr.token)).status).toBe(200);
  const denied = await exportOf(admin.id, hr.token);
  expect([denied.status, denied.body.permission]).toEqual([403, 'user:MANAGE']);
  expect((await exportOf(admin.id, person.token)).status).toBe(403);
  expect((await exportOf('f'.repeat(24), admin.token)).body.code).toBe('NOT_FOUND');
});

test('of very many records the newest come, and it says that there are more', async () => {
  const person = await createPerson(server);
  const records = Array.from({ length: 10_005 }, (_, index) => ({
    _id: new ObjectId(),
    at: new Date(Date.now() - 1000 * (index + 1)),
    act: 'auth.login',
    outcome: 'success' as const,
    actor: { kind: 'user' as const, id: person.id, sid: null },
    target: { kind: 'user', id: person.id },
    ip: null,
    user_agent: null,
    request_id: null,
    details: { index },
  }));
  await server.deps.database.db.collection('audit_logs').insertMany(records);
  const { body } = await exportOf(person.id, person.token);
  expect([body.audit.items.length, body.audit.is_complete]).toEqual([10_000, false]);
  const times = body.audit.items.map(({ at }: { at: string }) => at);
  expect(times).toEqual([...times].sort().reverse());
  const plan = await server.deps.database.db
    .collection('audit_logs')
    .find(
      { $or: [{ 'actor.id': person.id }, { 'target.id': person.id }] },
      { sort: { at: -1, _id: -1 }, limit: 10_001 },
    )
    .explain('queryPlanner');
  const stages = JSON.stringify(plan['queryPlanner'].winningPlan);
  expect(stages).not.toMatch(/COLLSCAN|"SORT"/);
});

test('the answer is what the contract says', () => {
  expect(Object.keys(UserExport.shape).sort()).toEqual([
    'account',
    'api_keys',
    'audit',
    'exported_at',
    'identities',
    'metadata',
    'notices',
    'passkeys',
    'sessions',
    'user',
  ]);
});
