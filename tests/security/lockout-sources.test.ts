// Brute force from many sources, and tries that never end.
import type { Collection } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';
import { soon } from '../support/soon.ts';

let server: TestServer;
let attempts: Collection<{ _id: string; failures: number; reservations: unknown[] }>;
beforeAll(async () => {
  server = await startTestServer({ config: { server: { trust_proxy: ['127.0.0.1'] } } });
  attempts = server.deps.database.db.collection('login_attempts');
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
});

const login = async (email: string, password: string, from: string, on = server): Promise<string> => {
  const headers = { 'x-forwarded-for': from };
  const { body } = await on.rest('POST', '/auth/login', { body: { email, password }, headers });
  return body.code ?? 'ok';
};
const guess = async ({ email }: TestUser, from: string, times = 1, on = server): Promise<string> => {
  let last = '';
  for (let i = 0; i < times; i++) last = await login(email, 'wrong password', from, on);
  return last;
};
const attemptsOf = ({ id }: TestUser) => attempts.findOne({ _id: server.deps.hashIdentifier(`account ${id}`) });

describe('a source', () => {
  test('that is locked locks no other: the lock is no weapon against its owner', async () => {
    const user = await server.createUser();
    await guess(user, '198.51.100.7', 5);
    expect(await login(user.email, user.password, '198.51.100.7')).toBe('ACCOUNT_LOCKED');
    expect(await login(user.email, user.password, '203.0.113.9')).toBe('ok');
    // The owner's success does not open the attacker's lock.
    expect(await login(user.email, user.password, '198.51.100.7')).toBe('ACCOUNT_LOCKED');
  });

  test('is an IPv4 network of 24 bits', async () => {
    const user = await server.createUser();
    for (const last of [1, 2, 3, 4, 5]) await guess(user, `198.51.100.${last}`);
    expect(await login(user.email, user.password, '198.51.100.200')).toBe('ACCOUNT_LOCKED');
    expect(await login(user.email, user.password, '198.51.101.1')).toBe('ok');
  });

  test('is an IPv6 network of 64 bits, however it is spelled', async () => {
    const user = await server.createUser();
    for (const ip of ['2001:db8:1:2::1', '2001:0db8:0001:0002::2', '2001:DB8:1:2:ffff::3', '2001:db8:1:2:0:0:0:4'])
      await guess(user, ip);
    await guess(user, '2001:db8:1:2:a:b:c:d');
    expect(await login(user.email, user.password, '2001:db8:1:2:9999::1')).toBe('ACCOUNT_LOCKED');
    expect(await login(user.email, user.password, '2001:db8:1:3::1')).toBe('ok');
  });

  test('is the connection itself where no proxy is trusted: a header makes nobody another', async () => {
    const direct = await startTestServer();
    try {
      const user = await direct.createUser();
      for (let i = 1; i <= 5; i++) await guess(user, `198.51.${i}.1`, 1, direct);
      expect(await login(user.email, user.password, '203.0.113.9', direct)).toBe('ACCOUNT_LOCKED');
      const audit = await direct.deps.database.db.collection('audit_logs').distinct('ip', { act: 'auth.login' });
      expect(audit).toEqual(['127.0.0.1']);
    } finally {
      await direct.close();
    }
  });
});

describe('over all sources', () => {
  test('the 50th failure locks every source, also those never seen', async () => {
    const user = await server.createUser();
    for (let network = 1; network <= 12; network++) await guess(user, `198.51.${network}.1`, 4);
    expect(await guess(user, '203.0.113.1')).toBe('INVALID_CREDENTIALS');
    expect(await guess(user, '203.0.114.1')).toBe('INVALID_CREDENTIALS');
    expect(await login(user.email, user.password, '192.0.2.1')).toBe('ACCOUNT_LOCKED');
    server.clock.advance(30 * 60_000 + 1_000);
    expect(await login(user.email, user.password, '192.0.2.1')).toBe('ok');
  });

  test('60 parallel guesses from 60 sources get at most 50 comparisons', async () => {
    const user = await server.createUser();
    const codes = await Promise.all(Array.from({ length: 60 }, (_, i) => guess(user, `198.18.${i}.1`)));
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(50);
    expect(codes.filter((code) => !['INVALID_CREDENTIALS', 'RATE_LIMITED', 'ACCOUNT_LOCKED'].includes(code))).toEqual(
      [],
    );
    expect(await login(user.email, user.password, '192.0.2.1')).toBe('ACCOUNT_LOCKED');
  });

  test('the person is told once, however many sources are locked', async () => {
    const user = await server.createUser();
    for (const network of [1, 2, 3]) await guess(user, `198.51.${network}.1`, 5);
    await settleOutbox(server);
    expect(await server.deps.devMessages.list(user.email)).toHaveLength(1);
  });

  test('at most 64 sources are remembered', async () => {
    const wide = await startTestServer({
      config: { server: { trust_proxy: ['127.0.0.1'] }, security: { max_login_attempts: 50 } },
    });
    try {
      const user = await wide.createUser();
      for (let round = 0; round < 2; round++) {
        for (let network = 0; network < 40; network++) await guess(user, `198.${18 + round}.${network}.1`, 1, wide);
        expect(await login(user.email, user.password, '192.0.2.1', wide)).toBe('ok');
      }
      const stored = await wide.deps.database.db.collection('login_attempts').findOne();
      expect(stored?.['sources']).toHaveLength(64);
    } finally {
      await wide.close();
    }
  });
});

describe('a try that never ends', () => {
  test('counts as a failure after 30 s, and not before', async () => {
    const user = await server.createUser();
    const answers: (() => void)[] = [];
    vi.spyOn(server.deps.hasher, 'reserve').mockReturnValue({
      verify: () => new Promise((resolve) => answers.push(() => resolve({ ok: false, needsRehash: false }))),
      hash: () => Promise.reject(new Error('nothing is hashed here')),
      release: () => undefined,
    });
    const hanging = Array.from({ length: 5 }, () => guess(user, '198.51.100.1'));
    await vi.waitFor(() => expect(answers).toHaveLength(5), soon);
    vi.restoreAllMocks();
    expect(await login(user.email, user.password, '198.51.100.1')).toBe('RATE_LIMITED');
    server.clock.advance(31_000);
    expect(await login(user.email, user.password, '198.51.100.1')).toBe('ACCOUNT_LOCKED');
    expect(await login(user.email, user.password, '203.0.113.1')).toBe('ok');
    for (const answer of answers) answer();
    await Promise.all(hanging);
    // Their results, late as they are, count no second time.
    expect(await attemptsOf(user)).toMatchObject({ failures: 0, reservations: [] });
  });

  test('is given back when the password was right and the session could not be opened', async () => {
    const user = await server.createUser();
    const attempt = () => login(user.email, user.password, '198.51.100.1');
    vi.spyOn(server.deps.sessions, 'insert').mockRejectedValue(new Error('the disk is full'));
    for (let i = 0; i < 6; i++) expect(await attempt()).toBe('INTERNAL');
    vi.restoreAllMocks();
    server.clock.advance(31_000);
    expect(await attempt()).toBe('ok');
  });

  test('is given back when its caller goes away while it waits, and costs no hash', { timeout: 120_000 }, async () => {
    const slow = await startTestServer({
      config: { security: { bcrypt_cost: 12 }, performance: { hash_workers: 1, hash_max_wait: '10m' } },
    });
    try {
      const user = await slow.createUser();
      const collection = slow.deps.database.db.collection('login_attempts');
      const busy = Array.from({ length: 4 }, () => slow.deps.hasher.reserve().hash('something else'));
      const caller = new AbortController();
      const call = fetch(`${slow.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: user.email, password: 'wrong password' }),
        signal: caller.signal,
      }).catch((error: unknown) => error);
      await vi.waitFor(async () => expect((await collection.findOne())?.['reservations']).toHaveLength(1), soon);
      caller.abort();
      await call;
      await vi.waitFor(
        async () => expect(await collection.findOne()).toMatchObject({ reservations: [], failures: 0 }),
        soon,
      );
      await Promise.all(busy);
      expect(slow.deps.hasher.stats()).toMatchObject({ depth: 0, running: 0 });
    } finally {
      await slow.close();
    }
  });
});
