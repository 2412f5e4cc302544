// Idempotency-Key on users.assignRole: the same call again gets the same answer, whatever door, order or instance.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch, unwrap } from '../support/doors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let second: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  second = await startTestServer({ sharedWith: server });
  token = await administrator();
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const administrator = async () => (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
let keys = 0;
const newKey = () => `key-${++keys}`;

function grant(
  id: string,
  key: string | undefined,
  { role = 'Editor', expires_at = undefined as string | undefined, by = token, on = server } = {},
) {
  return on.rest('POST', `/users/${id}/roles`, {
    token: by,
    body: { role_id: server.roleId(role), ...(expires_at === undefined ? {} : { expires_at }) },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });
}

const rolesOf = async (id: string) =>
  (await server.rest('GET', `/users/${id}`, { token: await administrator() })).body.roles.map(
    ({ name }: { name: string }) => name,
  );

test('the same call again gets the same answer and changes nothing', async () => {
  const { id } = await server.createUser();
  const key = newKey();
  const first = await grant(id, key, { expires_at: '2126-01-01T00:00:00Z' });
  expect(first.status).toBe(201);
  const again = await grant(id, key, { expires_at: '2126-01-01T00:00:00Z' });
  expect([again.status, again.body]).toEqual([201, first.body]);
  expect(await rolesOf(id)).toEqual(['User', 'Editor']);
  // Even when the grant is gone by then: the call was answered once and for all.
  await server.rest('DELETE', `/users/${id}/roles/${server.roleId('Editor')}`, { token });
  expect((await grant(id, key, { expires_at: '2126-01-01T00:00:00Z' })).body).toEqual(first.body);
  expect(await rolesOf(id)).toEqual(['User']);
});

test('another body under the key is a conflict, over either door', async () => {
  const { id } = await server.createUser();
  const key = newKey();
  expect((await grant(id, key)).status).toBe(201);
  const other = await grant(id, key, { role: 'Author' });
  expect([other.status, other.body.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
  const { id: another } = await server.createUser();
  expect((await grant(another, key)).body.code).toBe('IDEMPOTENCY_CONFLICT');
  const input = { id, role_id: server.roleId('Editor') };
  const overTrpc = { token, headers: { 'idempotency-key': key } };
  expect((await server.trpc('users.assignRole', input, overTrpc)).status).toBe(200);
  const trpc = await server.trpc('users.assignRole', { id, role_id: server.roleId('Author') }, overTrpc);
  expect([trpc.status, unwrap(trpc).code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
  expect(await rolesOf(id)).toEqual(['User', 'Editor']);
});

test('many at once on two instances make one grant and get one answer', async () => {
  const { id } = await server.createUser();
  const key = newKey();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => grant(id, key, { on: index % 2 === 0 ? server : second })),
  );
  for (const { status, body } of answers) expect([status, body]).toEqual([201, answers[0]?.body]);
  expect(await rolesOf(id)).toEqual(['User', 'Editor']);
  const acts = server.deps.database.db.collection('audit_logs');
  expect(await acts.countDocuments({ act: 'users.assign_role', 'target.id': id })).toBe(1);
});

test('two at once with other bodies: one is done, the other is told', async () => {
  const { id } = await server.createUser();
  const key = newKey();
  const answers = await Promise.all([grant(id, key, { role: 'Editor' }), grant(id, key, { role: 'Author' })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused?.body.code).toBe('IDEMPOTENCY_CONFLICT');
  expect(await rolesOf(id)).toHaveLength(2);
});

test('a key is its caller’s own', async () => {
  const [{ id }, other] = [await server.createUser(), await administrator()];
  const key = newKey();
  expect((await grant(id, key)).status).toBe(201);
  expect((await grant(id, key, { by: other })).body.code).toBe('ALREADY_EXISTS');
  expect((await grant(id, key, { role: 'Author', by: other })).status).toBe(201);
});

test('what was refused is not remembered: the key is free for a better try', async () => {
  const { id } = await server.createUser();
  const key = newKey();
  expect((await grant(id, key, { expires_at: '2020-01-01T00:00:00Z' })).body.code).toBe('VALIDATION_FAILED');
  expect((await grant(id, key, { role: 'User' })).body.code).toBe('ALREADY_EXISTS');
  expect((await grant(id, key)).status).toBe(201);
});

test('without a key the second call finds the grant there', async () => {
  const { id } = await server.createUser();
  expect((await grant(id, undefined)).status).toBe(201);
  expect((await grant(id, undefined)).body.code).toBe('ALREADY_EXISTS');
  expect((await grant(id, '')).body.code).toBe('ALREADY_EXISTS');
});

test('on batches the header counts for nothing: it could not say which call it means', async () => {
  const [a, b] = [await server.createUser(), await server.createUser()];
  const calls = [a, b].map(({ id }) => ({
    path: 'users.assignRole',
    input: { id, role_id: server.roleId('Author') },
  }));
  const headers = { 'idempotency-key': newKey() };
  expect((await batch(server, calls, { token, headers })).status).toBe(200);
  const again = await batch(server, calls, { token, headers });
  expect(again.body.map((one: unknown) => unwrap({ body: one }).code)).toEqual(['ALREADY_EXISTS', 'ALREADY_EXISTS']);
});

test('a key that is too long is refused, not ignored', async () => {
  const { id } = await server.createUser();
  const answer = await grant(id, 'x'.repeat(256));
  expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([400, 'Idempotency-Key']);
  expect((await grant(id, 'x'.repeat(255))).status).toBe(201);
});

test('procedures that take no key go on without it', async () => {
  const { id } = await server.createUser();
  const headers = { 'idempotency-key': newKey() };
  for (const status of ['inactive', 'active'])
    expect((await server.rest('POST', `/users/${id}/status`, { token, body: { status }, headers })).body.status).toBe(
      status,
    );
});

test('after 24 hours a key is new again', async () => {
  const { id } = await server.createUser();
  const key = newKey();
  expect((await grant(id, key)).status).toBe(201);
  server.clock.advance(23 * 3_600_000);
  const by = await administrator();
  // Another administrator has keys of their own, so the first one signs in again.
  expect((await grant(id, key, { by })).body.code).toBe('ALREADY_EXISTS');
  server.clock.advance(2 * 3_600_000);
  const caller = await server.createUser([{ name: 'Admin' }]);
  const lasting = newKey();
  const { id: other } = await server.createUser();
  const signedIn = async () => (await server.signIn(caller)).access;
  const first = await grant(other, lasting, { by: await signedIn() });
  expect(first.status).toBe(201);
  server.clock.advance(23 * 3_600_000);
  expect((await grant(other, lasting, { by: await signedIn() })).body).toEqual(first.body);
  server.clock.advance(2 * 3_600_000);
  const late = await signedIn();
  expect((await grant(other, lasting, { by: late })).body.code).toBe('ALREADY_EXISTS');
  expect((await grant(other, lasting, { by: late, role: 'Author' })).status).toBe(201);
  expect((await grant(other, lasting, { by: late })).body.code).toBe('IDEMPOTENCY_CONFLICT');
});
