// Statistics by hour and day, in a time zone, over what two instances saw.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, createTestClock, startTestServer, type TestServer } from '../../support/server.ts';

const HOUR = 3_600_000;
const clock = createTestClock();
let server: TestServer;
let other: TestServer;
let admin: string;
beforeAll(async () => {
  // Half past some hour, and the day after tomorrow's noon in no zone that matters here.
  clock.advance(HOUR - (clock.now().getTime() % HOUR) + HOUR / 2);
  server = await startTestServer({ clock });
  other = await startTestServer({ sharedWith: server });
  await signInAgain();
});
afterAll(async () => {
  await other.close();
  await server.close();
});
const signInAgain = async () => {
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
};
const stats = async (query: Record<string, string> = {}): Promise<Answer> => {
  const { status, body } = await server.rest('GET', `/system/stats?${new URLSearchParams(query)}`, { token: admin });
  return status === 200 ? body : { status, ...body };
};
const hourOf = (at: Date) => new Date(Math.floor(at.getTime() / HOUR) * HOUR).toISOString();

test('count by hour what happened on every instance, and zero where nothing did', async () => {
  const user = await server.createUser();
  const before = clock.now();
  await other.rest('POST', '/auth/login', { body: { email: user.email, password: 'wrong' } });
  const { access } = await other.signIn(user);
  for (const at of [server, other, other]) await at.rest('POST', '/auth/verify', { body: { token: access } });
  await server.rest('POST', '/auth/register', {
    body: { email: 'new@example.com', username: 'new.user', password: 'correct horse battery' },
  });
  clock.advance(2 * HOUR);
  await signInAgain();
  await Promise.all([server.deps.usage.flush(), other.deps.usage.flush()]);
  const from = new Date(before.getTime() - HOUR);
  const { buckets, total, active_sessions } = await stats({ by: 'hour', from: from.toISOString() });
  expect(buckets.map(({ at }: Answer) => at)).toEqual(
    [0, 1, 2, 3].map((hours) => hourOf(new Date(from.getTime() + hours * HOUR))),
  );
  // Who registers is signed in; the administrator signed in in both hours.
  expect(buckets[1]).toMatchObject({ sign_ins: 3, failures: 1, registrations: 1, verifications: 3 });
  expect(buckets[2]).toMatchObject({ sign_ins: 0, failures: 0, registrations: 0, verifications: 0 });
  expect(buckets[3]).toMatchObject({ sign_ins: 1, failures: 0 });
  expect(total).toEqual({ sign_ins: 4, failures: 1, registrations: 1, verifications: 3 });
  expect(active_sessions).toBe(4);
});

test('a server that stops writes what it has counted', async () => {
  const third = await startTestServer({ sharedWith: server });
  const { verifications } = (await stats()).total;
  await third.rest('POST', '/auth/verify', { body: { token: 'nonsense' } });
  await third.close();
  expect((await stats()).total.verifications).toBe(verifications + 1);
});

test('days begin where the time zone says', async () => {
  const record = (at: string) => ({
    at: new Date(at),
    act: 'auth.login',
    outcome: 'success',
    actor: { kind: 'user', id: null, sid: null },
    target: { kind: 'session', id: null },
    ip: null,
    user_agent: null,
    request_id: null,
    details: {},
  });
  await server.deps.database.db
    .collection('audit_logs')
    .insertMany(['2024-03-01T15:59:59Z', '2024-03-01T16:00:00Z', '2024-03-01T23:59:59Z'].map(record));
  const span = { from: '2024-03-01T00:00:00Z', to: '2024-03-02T16:00:00Z' };
  const count = async (time_zone: string) =>
    (await stats({ ...span, time_zone })).buckets.map((one: Answer) => [one.at, one.sign_ins]);
  expect(await count('UTC')).toEqual([
    ['2024-03-01T00:00:00.000Z', 3],
    ['2024-03-02T00:00:00.000Z', 0],
  ]);
  expect(await count('Asia/Shanghai')).toEqual([
    ['2024-02-29T16:00:00.000Z', 1],
    ['2024-03-01T16:00:00.000Z', 2],
  ]);
});

test('a day of 23 hours is a day', async () => {
  const { buckets } = await stats({
    from: '2024-03-30T12:00:00Z',
    to: '2024-04-01T12:00:00Z',
    time_zone: 'Europe/Berlin',
  });
  expect(buckets.map(({ at }: Answer) => at)).toEqual([
    '2024-03-29T23:00:00.000Z',
    '2024-03-30T23:00:00.000Z',
    '2024-03-31T22:00:00.000Z',
  ]);
});

test.each([
  { from: '2024-01-01T00:00:00Z', to: '2024-04-02T00:00:01Z' },
  { from: '2024-01-01T00:00:00Z', to: '2024-01-08T00:00:01Z', by: 'hour' },
  { from: '2024-01-02T00:00:00Z', to: '2024-01-01T00:00:00Z' },
  { time_zone: 'Nowhere/City' },
  { time_zone: '$$ROOT' },
  { by: 'minute' },
])('%j is refused', async (query) => {
  expect((await stats(query as Record<string, string>)).code).toBe('VALIDATION_FAILED');
});

test('counting goes by an index', async () => {
  const filter = { act: { $in: ['auth.login', 'auth.register'] }, at: { $gte: new Date(0), $lt: new Date() } };
  const plan = JSON.stringify(
    await server.deps.database.db.collection('audit_logs').find(filter).explain('queryPlanner'),
  );
  expect(plan).toContain('"indexName":"act_at"');
  expect(plan).not.toContain('COLLSCAN');
});
