// Brute force against one source: five comparisons, however the guesses come, and then nothing until the lock ends.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { countComparisons } from '../support/comparisons.ts';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';

let server: TestServer;
let other: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await other.close();
  await server.close();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const login = ({ email, password }: Pick<TestUser, 'email' | 'password'>, on = server): Promise<RestAnswer> =>
  on.rest('POST', '/auth/login', { body: { email, password } });
const wrong = (email: string, on = server) => login({ email, password: 'wrong password' }, on);
const codesOf = (answers: readonly RestAnswer[]): string[] => answers.map(({ body }) => body.code ?? 'ok');

/** So many wrong guesses, one after the other, over both instances. */
async function guess(email: string, times: number): Promise<string[]> {
  const answers: RestAnswer[] = [];
  for (let i = 0; i < times; i++) answers.push(await wrong(email, i % 2 ? other : server));
  return codesOf(answers);
}

describe('one guess after the other', () => {
  test('the fifth is answered as the first; the next call is locked out, with the right password too', async () => {
    const user = await server.createUser();
    expect(await guess(user.email, 5)).toEqual(Array(5).fill('INVALID_CREDENTIALS'));
    for (const instance of [server, other]) {
      const locked = await login(user, instance);
      expect([locked.status, locked.body.code]).toEqual([423, 'ACCOUNT_LOCKED']);
      expect(locked.body.retry_after).toBeGreaterThan(1_700);
      expect(locked.body.retry_after).toBeLessThanOrEqual(1_800);
      expect(locked.headers.get('retry-after')).toBe(String(locked.body.retry_after));
    }
  });

  test('an account has one allowance, by whichever of its names it is tried', async () => {
    const user = await server.createUser();
    await guess(user.email, 3);
    const named = (username: string) =>
      server.rest('POST', '/auth/login', { body: { username, password: 'wrong password' } });
    // An address typed where a user name was asked for is an address.
    expect(codesOf([await named(user.username), await named(user.email)])).toEqual(
      Array(2).fill('INVALID_CREDENTIALS'),
    );
    expect(codesOf([await named(user.username), await login(user)])).toEqual(Array(2).fill('ACCOUNT_LOCKED'));
  });

  test('the lock ends after its time, and the count begins anew', async () => {
    const user = await server.createUser();
    await guess(user.email, 5);
    server.clock.advance(30 * 60_000 - 5_000);
    expect((await login(user)).body.code).toBe('ACCOUNT_LOCKED');
    server.clock.advance(6_000);
    expect(await guess(user.email, 4)).toEqual(Array(4).fill('INVALID_CREDENTIALS'));
    expect((await login(user)).status).toBe(200);
  });

  test('a success clears the count', async () => {
    const user = await server.createUser();
    for (let round = 0; round < 3; round++) {
      await guess(user.email, 4);
      expect((await login(user)).status).toBe(200);
    }
  });

  test('failures are forgotten after the time of a lock', async () => {
    const user = await server.createUser();
    await guess(user.email, 4);
    server.clock.advance(30 * 60_000 + 1_000);
    await guess(user.email, 4);
    expect((await login(user)).status).toBe(200);
  });

  test('limits follow the configuration', async () => {
    const strict = await startTestServer({ config: { security: { max_login_attempts: 2, lockout_duration: '1m' } } });
    try {
      const user = await strict.createUser();
      expect(codesOf([await wrong(user.email, strict), await wrong(user.email, strict)])).toEqual(
        Array(2).fill('INVALID_CREDENTIALS'),
      );
      expect((await login(user, strict)).body).toMatchObject({ code: 'ACCOUNT_LOCKED', retry_after: 60 });
      strict.clock.advance(60_000);
      expect((await login(user, strict)).status).toBe(200);
    } finally {
      await strict.close();
    }
  });

  test('the letter case of an address or a name makes no other identifier', async () => {
    const user = await server.createUser();
    for (const email of [user.email, user.email.toUpperCase(), ` ${user.email}`, user.email, user.email])
      await wrong(email);
    expect((await login(user)).body.code).toBe('ACCOUNT_LOCKED');
  });
});

describe('nothing is told by the lock', () => {
  test('an unknown identifier is locked like a known one, by the same answers', async () => {
    const user = await server.createUser();
    const plain = ({ status, body }: RestAnswer) => ({ status, ...body, request_id: '', retry_after: undefined });
    const known: RestAnswer[] = [];
    const unknown: RestAnswer[] = [];
    for (let i = 0; i < 7; i++) {
      known.push(await wrong(user.email));
      unknown.push(await wrong('nobody.at.all@example.com'));
    }
    expect(unknown.map(plain)).toEqual(known.map(plain));
    expect(codesOf(unknown).slice(-2)).toEqual(['ACCOUNT_LOCKED', 'ACCOUNT_LOCKED']);
  });

  test('an unknown user costs a comparison, as a known one does', async () => {
    const user = await server.createUser();
    const count = countComparisons(server);
    await wrong(user.email);
    await wrong('somebody.else@example.com');
    expect(count()).toBe(2);
  });

  test('the collection holds no identifier and no address', async () => {
    const user = await server.createUser();
    await wrong(user.email);
    const stored = JSON.stringify(await server.deps.database.db.collection('login_attempts').find().toArray());
    for (const text of [user.email, user.username, '127.0.0']) expect(stored).not.toContain(text);
  });
});

describe('in parallel', () => {
  test('50 wrong guesses over two instances get at most five comparisons', async () => {
    const user = await server.createUser();
    const counts = [countComparisons(server), countComparisons(other)];
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => wrong(user.email, i % 2 ? other : server)));
    const codes = codesOf(answers);
    const compared = codes.filter((code) => code === 'INVALID_CREDENTIALS').length;
    expect(compared).toBe(5);
    expect(counts.reduce((sum, count) => sum + count(), 0)).toBe(5);
    expect(new Set(codes)).toEqual(new Set(codes.filter((code) => code !== 'ok')));
    for (const { body, status } of answers) {
      if (body.code === 'RATE_LIMITED') expect([status, body.retry_after]).toEqual([429, 1]);
      else expect(['INVALID_CREDENTIALS', 'ACCOUNT_LOCKED']).toContain(body.code);
    }
    expect((await login(user)).body.code).toBe('ACCOUNT_LOCKED');
  });

  test('a right guess among them does not help those after it', async () => {
    const user = await server.createUser();
    await guess(user.email, 5);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 5 ? wrong(user.email) : login(user, other))),
    );
    expect(new Set(codesOf(answers))).toEqual(new Set(['ACCOUNT_LOCKED']));
  });

  test('50 right sign-ins lock nobody out', async () => {
    const user = await server.createUser();
    const { email, password } = user;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => login({ email, password }, i % 2 ? other : server)),
    );
    const codes = codesOf(answers);
    expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(5);
    expect(codes.filter((code) => code !== 'ok' && code !== 'RATE_LIMITED')).toEqual([]);
    // Nothing is left over: no failure, no reservation.
    server.clock.advance(31_000);
    await guess(email, 4);
    expect((await login({ email, password })).status).toBe(200);
  });

  test('a few of each: every right one that was looked at got in', async () => {
    const user = await server.createUser();
    const answers = await Promise.all([
      ...Array.from({ length: 3 }, () => wrong(user.email)),
      login(user),
      login(user),
    ]);
    expect(codesOf(answers)).toEqual([...Array(3).fill('INVALID_CREDENTIALS'), 'ok', 'ok']);
  });
});

test('a locked answer costs no hash', async () => {
  const user = await server.createUser();
  await guess(user.email, 5);
  const count = countComparisons(server);
  await Promise.all(Array.from({ length: 10 }, () => login(user)));
  expect(count()).toBe(0);
  expect(server.deps.hasher.stats().depth).toBe(0);
});

test('the person is told once', async () => {
  const user = await server.createUser();
  await guess(user.email, 5);
  for (let i = 0; i < 3; i++) await login(user);
  await settleOutbox(server);
  const mails = await server.deps.devMessages.list(user.email);
  expect(mails.map(({ subject }) => subject)).toEqual(['Sign-in was locked']);
});

test('each failure is audited, with a keyed hash that names nobody, and the one that closed the lock says so', async () => {
  const user = await server.createUser();
  await guess(user.email, 5);
  const records = await server.deps.database.db
    .collection('audit_logs')
    .find({ act: 'auth.login', outcome: 'failure', 'target.id': user.id }, { sort: { at: 1 } })
    .toArray();
  expect(records.map(({ details }) => details.locked)).toEqual([false, false, false, false, true]);
  expect(new Set(records.map(({ details }) => details.identifier))).toEqual(
    new Set([server.deps.hashIdentifier(`account ${user.id}`)]),
  );
  expect(JSON.stringify(records)).not.toContain(user.email);
});
