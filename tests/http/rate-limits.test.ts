// Request limits as callers meet them: by address and by user, over all instances where it matters, in one form on both doors.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordWork } from '../support/alike.ts';
import { batch, unwrap } from '../support/doors.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';

const rates = { enabled: true, read_write: '5/m', verify: '8/m', login: '3/m', register: '2/h', refresh: '4/m' };
let server: TestServer;
let second: TestServer;
beforeAll(async () => {
  const config = { rate_limit: rates, server: { trust_proxy: ['127.0.0.1'] } };
  server = await startTestServer({ config });
  second = await startTestServer({ config, sharedWith: server });
});
afterAll(async () => {
  await second.close();
  await server.close();
});

let addresses = 0;
const newAddress = () => `198.51.${Math.floor(++addresses / 250)}.${(addresses % 250) + 1}`;
const from = (ip: string, token?: string) => ({ token, headers: { 'x-forwarded-for': ip } });

async function signIn(roles?: Parameters<TestServer['createUser']>[0]) {
  const user = await server.createUser(roles);
  const { body } = await server.rest('POST', '/auth/login', {
    ...from(newAddress()),
    body: { email: user.email, password: user.password },
  });
  return { ...user, token: body.access_token as string, refresh: body.refresh_token as string };
}

/** The statuses of so many calls, one after the other. */
async function countdown(times: number, call: () => Promise<RestAnswer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push((await call()).status);
  return statuses;
}
const passed = (statuses: readonly number[]) => statuses.filter((status) => status !== 429).length;

describe('by address', () => {
  test('reads and writes share one allowance', async () => {
    const ip = newAddress();
    expect(await countdown(3, () => server.rest('GET', '/users', from(ip)))).toEqual([401, 401, 401]);
    expect(await countdown(3, () => server.rest('POST', '/auth/logout', { ...from(ip), body: {} }))).toEqual([
      204, 204, 429,
    ]);
    // Other names have allowances of their own, and so has the next address.
    expect((await server.rest('POST', '/auth/verify', { ...from(ip), body: { token: 'x' } })).status).toBe(200);
    expect((await server.rest('GET', '/users', from(newAddress()))).status).toBe(401);
  });

  test.each([
    ['verify', 8, '/auth/verify', { token: 'x' }],
    ['login', 3, '/auth/login', { email: 'nobody@example.com', password: 'x' }],
    ['register', 2, '/auth/register', {}],
    ['refresh', 4, '/auth/refresh', { refresh_token: 'x' }],
    ['the link of a mail', 3, '/auth/email/verify', { token: 'x' }],
  ])('%s: %i calls', async (_, allowed, path, body) => {
    const ip = newAddress();
    const statuses = await countdown(allowed + 2, () => server.rest('POST', path, { ...from(ip), body }));
    expect([passed(statuses), ...statuses.slice(-2)]).toEqual([allowed, 429, 429]);
  });

  test('one IPv6 subscriber is one address: the first 64 bits', async () => {
    const call = (ip: string) => server.rest('GET', '/users', from(ip));
    const net = '2001:db8:77:1';
    for (const host of ['::1', '::2', ':aaaa:bbbb:cccc:dddd', '::3', '::4'])
      expect((await call(net + host)).status).toBe(401);
    expect((await call(`${net}::5`)).status).toBe(429);
    expect((await call('2001:db8:77:2::1')).status).toBe(401);
  });

  test('an IPv4 address is the same one in IPv6’s clothes', async () => {
    const ip = newAddress();
    await countdown(5, () => server.rest('GET', '/users', from(ip)));
    expect((await server.rest('GET', '/users', from(`::ffff:${ip}`))).status).toBe(429);
  });
});

describe('by user', () => {
  test('from however many addresses', async () => {
    const { token } = await signIn();
    const statuses = await countdown(7, () => server.rest('GET', '/auth/me', from(newAddress(), token)));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  });

  test('two users behind one address share the address’s', async () => {
    const [a, b] = [await signIn(), await signIn()];
    const ip = newAddress();
    expect(await countdown(3, () => server.rest('GET', '/auth/me', from(ip, a.token)))).toEqual([200, 200, 200]);
    expect(await countdown(3, () => server.rest('GET', '/auth/me', from(ip, b.token)))).toEqual([200, 200, 429]);
  });

  test('an application has its own allowance, whatever it calls and from wherever', async () => {
    const mint = () => server.mintClientToken(['users:read', 'rbac:check']);
    const clients = [await mint(), await mint()];
    const { id } = await server.createUser();
    const ip = newAddress();
    const read = (token: string | undefined) => server.rest('GET', `/users/${id}`, from(ip, token));
    expect(passed(await countdown(10, () => read(clients[0])))).toBe(8);
    expect((await read(clients[1])).status).toBe(200);
    // It neither uses up its address's allowance nor helps to more tries at passwords.
    expect((await server.rest('GET', '/users', from(ip))).status).toBe(401);
    const guess = () =>
      server.rest('POST', '/auth/login', { ...from(ip, clients[1]), body: { email: 'a@example.com', password: 'x' } });
    expect(passed(await countdown(5, guess))).toBe(3);
  });
});

test('codes of a confidential application are counted by it, of a public one by the address of who signs in', async () => {
  const { token } = await signIn([{ name: 'Admin' }]);
  const redirect_uris = ['https://app.example.com/callback'];
  const statuses: Record<string, number[]> = {};
  for (const kind of ['web', 'spa']) {
    const body = { name: kind, kind, redirect_uris };
    const { body: made } = await server.rest('POST', '/clients', { ...from(newAddress(), token), body });
    const junk = {
      grant_type: 'authorization_code',
      client_id: made.client_id,
      ...(made.client_secret ? { client_secret: made.client_secret } : {}),
      code: 'junk',
      code_verifier: 'x'.repeat(43),
      redirect_uri: redirect_uris[0],
    };
    const ip = newAddress();
    statuses[kind] = await countdown(5, () => server.rest('POST', '/auth/token', { ...from(ip), body: junk }));
  }
  expect(statuses).toEqual({ web: [400, 400, 400, 400, 400], spa: [400, 400, 400, 429, 429] });
});

test('over several instances: sign-in and registration are counted together, the rest by each', async () => {
  const ip = newAddress();
  const both = (path: string, body: unknown) => {
    let turn = 0;
    return () => (turn++ % 2 === 0 ? server : second).rest('POST', path, { ...from(ip), body });
  };
  expect(passed(await countdown(6, both('/auth/login', { email: 'x@example.com', password: 'x' })))).toBe(3);
  expect(passed(await countdown(4, both('/auth/register', {})))).toBe(2);
  expect(passed(await countdown(12, both('/auth/refresh', { refresh_token: 'x' })))).toBe(8);
});

test('many at once on two instances: no more pass than may', async () => {
  const ip = newAddress();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? server : second).rest('POST', '/auth/register', { ...from(ip), body: {} }),
    ),
  );
  expect(passed(answers.map(({ status }) => status))).toBe(2);
});

test('every call of a batch counts', async () => {
  const calls = Array(4).fill({ path: 'auth.me' });
  const { token } = await signIn();
  expect((await batch(server, calls, from(newAddress(), token))).status).toBe(200);
  const { status, body } = await batch(server, calls, from(newAddress(), token));
  const codes = body.map((one: unknown) => unwrap({ body: one }).code ?? 'ok').sort();
  expect([status, codes]).toEqual([207, ['RATE_LIMITED', 'RATE_LIMITED', 'RATE_LIMITED', 'ok']]);
});

test('both doors tell the same: 429 and when to come back', async () => {
  const ip = newAddress();
  await countdown(5, () => server.rest('GET', '/users', from(ip)));
  const rest = await server.rest('GET', '/users', from(ip));
  expect(rest.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(rest.body).toMatchObject({ status: 429, code: 'RATE_LIMITED', retry_after: expect.any(Number) });
  expect(rest.body.retry_after).toBeGreaterThanOrEqual(1);
  expect(rest.body.retry_after).toBeLessThanOrEqual(60);
  expect(rest.headers.get('retry-after')).toBe(String(rest.body.retry_after));
  const trpc = await server.trpc('users.list', {}, from(ip));
  expect([trpc.status, unwrap(trpc).code]).toEqual([429, 'RATE_LIMITED']);
  expect(trpc.headers.get('retry-after')).toBe(String(unwrap(trpc).retry_after));
});

test('nobody chooses their address: without a trusted proxy the header counts for nothing', async () => {
  const direct = await startTestServer({ config: { rate_limit: rates } });
  try {
    const statuses = await countdown(6, () => direct.rest('GET', '/users', from(newAddress())));
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    for (const name of ['forwarded', 'x-real-ip', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip'])
      expect((await direct.rest('GET', '/users', { headers: { [name]: '203.0.113.9' } })).status).toBe(429);
  } finally {
    await direct.close();
  }
});

test('behind a trusted proxy only what that proxy added counts', async () => {
  const ip = newAddress();
  // The proxy appends; what stands before was sent by the caller.
  const call = () => server.rest('GET', '/users', { headers: { 'x-forwarded-for': `${newAddress()}, ${ip}` } });
  expect(await countdown(6, call)).toEqual([401, 401, 401, 401, 401, 429]);
});

test('keys that somebody makes up cost the database no more look-ups than an address may verify', async () => {
  const watched = await startTestServer({
    config: { rate_limit: rates, server: { trust_proxy: ['127.0.0.1'] } },
    monitorCommands: true,
  });
  try {
    const ip = newAddress();
    const makeUp = () => `ac_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`;
    const statuses: number[] = [];
    const flood = async (path: string, count: number) => {
      for (let i = 0; i < count; i++) statuses.push((await watched.rest('GET', path, from(ip, makeUp()))).status);
    };
    const work = await recordWork(watched, () => flood('/users', 12));
    expect(work.filter((one) => one === 'find api_keys')).toHaveLength(8);
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(7).fill(429)]);
    // Nor do procedures for anybody look any more, which pass over credentials that are not good.
    expect(await recordWork(watched, () => flood('/auth/oauth/providers', 2))).not.toContain('find api_keys');
    const elsewhere = await recordWork(watched, () => watched.rest('GET', '/users', from(newAddress(), makeUp())));
    expect(elsewhere).toContain('find api_keys');
    // What is no key by its form is not looked for.
    const garbage = await recordWork(watched, () => watched.rest('GET', '/users', from(newAddress(), 'ac_garbage')));
    expect(garbage).not.toContain('find api_keys');
  } finally {
    await watched.close();
  }
});
