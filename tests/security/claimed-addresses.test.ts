// Registering another's address and then signing in with the password one chose: it is never told whether the address was free.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { CommandStartedEvent } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../server/src/errors.ts';
import { cleanUp } from '../../server/src/features/system/cleanup.ts';
import { countComparisons } from '../support/comparisons.ts';
import { openLink, readMails, tokenOf } from '../support/mailbox.ts';
import { tryPassword } from '../support/passwords.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';
import { soon } from '../support/soon.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    monitorCommands: true,
    config: { registration: { email_verification: 'required' } },
  });
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
});

const [FIRST, SECOND, WRONG] = ['the first password chosen', 'the second password chosen', 'neither of the two'];

const register = (username: string, email: string, password: string) =>
  server.rest('POST', '/auth/register', { body: { username, email, password } });
const login = (body: object) => server.rest('POST', '/auth/login', { body });
const newEmail = () => `${randomBytes(5).toString('hex')}@example.com`;
const newName = () => `c_${randomBytes(5).toString('hex')}`;

/** To whom the address belongs that is claimed. */
const WORLDS: [string, () => Promise<string>][] = [
  ['is free', async () => newEmail()],
  ['is proven by somebody', async () => (await server.createUser()).email],
  [
    'waits for somebody who registered before',
    async () => {
      const email = newEmail();
      expect((await register(newName(), email, 'what they chose themselves')).status).toBe(201);
      return email;
    },
  ],
];

/** All that a caller can tell an answer by, and what it cost. */
async function observe(count: () => number, call: () => Promise<RestAnswer>) {
  const before = count();
  const { status, headers, body } = await call();
  const told = [...headers].filter(
    ([name]) => !['date', 'x-request-id', 'content-length', 'retry-after'].includes(name),
  );
  return { status, told, body: { ...body, request_id: '', retry_after: 0 }, comparisons: count() - before };
}

/** Claims an address once, or twice by two names, and tries whatever may tell something. */
async function attack(email: string, claims: 1 | 2) {
  const [one, two] = [newName(), newName()];
  const count = countComparisons(server);
  const calls = [
    () => register(one, email, FIRST),
    ...(claims === 2 ? [() => register(two, email, SECOND)] : []),
    () => login({ email, password: FIRST }),
    () => login({ email, password: SECOND }),
    () => login({ email, password: WRONG }),
    () => login({ username: one, password: FIRST }),
    () => login({ username: two, password: SECOND }),
    () => login({ username: one, password: SECOND }),
    () => login({ username: email, password: claims === 2 ? SECOND : FIRST }),
    // Five failures of one allowance, by whichever name: and how many are left tells nothing either.
    () => login({ username: one, password: WRONG }),
    () => login({ email, password: WRONG }),
    () => login({ username: one, password: FIRST }),
    () => login({ email, password: FIRST }),
  ];
  const seen = [];
  for (const call of calls) seen.push(await observe(count, call));
  vi.restoreAllMocks();
  return seen;
}

describe.each([1, 2] as const)('claimed %i times', (claims) => {
  test('an address that is free, proven or waiting is answered alike, at the same cost', async () => {
    const seen = [];
    for (const [world, make] of WORLDS) seen.push({ world, answers: await attack(await make(), claims) });
    const [free, ...taken] = seen;
    for (const { world, answers } of taken)
      for (const [i, answer] of answers.entries())
        expect({ world, i, ...answer }).toEqual({ world, i, ...free?.answers[i] });
    const codes = free?.answers.map(({ body }) => body.code ?? body.status).slice(claims);
    const byAddress =
      claims === 1 ? ['EMAIL_NOT_VERIFIED', 'INVALID_CREDENTIALS'] : ['INVALID_CREDENTIALS', 'EMAIL_NOT_VERIFIED'];
    expect(codes).toEqual([
      // The last who claimed an address is told that it is to be proven.
      ...byAddress,
      'INVALID_CREDENTIALS',
      'EMAIL_NOT_VERIFIED',
      claims === 2 ? 'EMAIL_NOT_VERIFIED' : 'INVALID_CREDENTIALS',
      'INVALID_CREDENTIALS',
      'EMAIL_NOT_VERIFIED',
      'INVALID_CREDENTIALS',
      'INVALID_CREDENTIALS',
      'ACCOUNT_LOCKED',
      'ACCOUNT_LOCKED',
    ]);
    expect(new Set(free?.answers.slice(claims, -2).map(({ comparisons }) => comparisons))).toEqual(new Set([2]));
  });
});

test('neither do they tell by what is forgotten: a day later, and a week later, all are answered alike', async () => {
  const seen: unknown[][] = [];
  for (const [, make] of WORLDS) {
    const [email, one, two] = [await make(), newName(), newName()];
    await register(one, email, FIRST);
    await register(two, email, SECOND);
    await server.rest('POST', '/auth/email/resend', { body: { email } });
    await settleOutbox(server);
    const answers: unknown[] = [];
    for (const hours of [25, 138, 6]) {
      server.clock.advance(hours * 3_600_000);
      if (hours === 6) await cleanUp(server.deps);
      for (const body of [
        { email, password: FIRST },
        { email, password: SECOND },
        { username: one, password: FIRST },
        { username: two, password: SECOND },
      ])
        answers.push((await login(body)).body.code);
      // What locks is none of this test.
      server.clock.advance(3_600_000);
    }
    seen.push(answers);
  }
  const [free, proven, waiting] = seen;
  expect(proven).toEqual(free);
  expect(waiting).toEqual(free);
  expect(free?.slice(0, 8)).toContain('EMAIL_NOT_VERIFIED');
  expect(new Set(free?.slice(8))).toEqual(new Set(['INVALID_CREDENTIALS']));
});

test('the database does the same work for each', async () => {
  const works: string[][] = [];
  for (const [, make] of WORLDS) {
    const email = await make();
    await register(newName(), email, FIRST);
    await settleOutbox(server);
    const work: string[] = [];
    const note = ({ commandName, command }: CommandStartedEvent) => {
      const target = String(command[commandName]);
      if (!['heartbeats', 'outbox', 'dev_messages'].includes(target) && commandName !== 'getMore')
        work.push(`${commandName} ${target}`);
    };
    server.deps.database.client.on('commandStarted', note);
    for (const password of [FIRST, WRONG]) await login({ email, password });
    server.deps.database.client.off('commandStarted', note);
    works.push(work);
  }
  expect(works[1]).toEqual(works[0]);
  expect(works[2]).toEqual(works[0]);
  expect(works[0]?.length).toBeGreaterThan(4);
});

describe('what it costs', () => {
  test('one comparison for whoever signs in, also where somebody claims their address', async () => {
    const owner = await server.createUser();
    await register(newName(), owner.email, FIRST);
    const count = countComparisons(server);
    expect(await tryPassword(server, owner, owner.password)).toBe('ok');
    expect(count()).toBe(1);
  });

  test('two for whoever does not, known or unknown; one where the mode tells taken addresses anyway', async () => {
    const known = await server.createUser();
    const optional = await startTestServer({ sharedWith: server });
    try {
      for (const [on, cost] of [
        [server, 2],
        [optional, 1],
      ] as const)
        for (const email of [known.email, newEmail()]) {
          const count = countComparisons(on);
          expect(await tryPassword(on, { email }, WRONG)).toBe('INVALID_CREDENTIALS');
          expect(count()).toBe(cost);
          vi.restoreAllMocks();
        }
    } finally {
      await optional.close();
    }
  });
});

test('whose link is opened signs in, and nothing is left of the other claims', async () => {
  const [email, one, two] = [newEmail(), newName(), newName()];
  await register(one, email, FIRST);
  await register(two, email, SECOND);
  const mail = (await readMails(server, email)).find(({ text }) => text.includes(one));
  expect((await openLink(server, tokenOf(mail))).status).toBe(200);
  expect(await tryPassword(server, { email }, FIRST)).toBe('ok');
  expect(await tryPassword(server, { email }, SECOND)).toBe('INVALID_CREDENTIALS');
  expect((await login({ username: two, password: SECOND })).body.code).toBe('INVALID_CREDENTIALS');
});

describe('a wrong password counts as a failure', () => {
  const failuresOf = async (id: string) =>
    (await server.deps.database.db.collection('login_attempts').findOne({ _id: accountOf(id) }))?.['failures'];
  const accountOf = (id: string) => server.deps.hashIdentifier(`account ${id}`) as never;

  test('when the caller goes away between the two comparisons', async () => {
    const { id, email } = await server.createUser();
    const caller = new AbortController();
    const { reserve } = server.deps.hasher;
    vi.spyOn(server.deps.hasher, 'reserve').mockImplementationOnce((signal) => {
      const slot = reserve(signal);
      return {
        ...slot,
        async verify(...compared) {
          const verdict = await slot.verify(...compared);
          const gone = signal && once(signal, 'abort');
          caller.abort();
          await gone;
          return verdict;
        },
      };
    });
    const body = JSON.stringify({ json: { email, password: WRONG } });
    const headers = { 'content-type': 'application/json' };
    const call = fetch(`${server.url}/trpc/auth.login`, { method: 'POST', body, headers, signal: caller.signal });
    await expect(call).rejects.toThrow();
    await vi.waitFor(async () => expect(await failuresOf(id)).toBe(1), soon);
  });

  test('when there is no room for the second', async () => {
    const { id, email } = await server.createUser();
    const { reserve } = server.deps.hasher;
    vi.spyOn(server.deps.hasher, 'reserve')
      .mockImplementationOnce(reserve)
      .mockImplementationOnce(() => {
        throw new AppError('OVERLOADED', { retryAfter: 1 });
      });
    expect(await tryPassword(server, { email }, WRONG)).toBe('INVALID_CREDENTIALS');
    expect(await failuresOf(id)).toBe(1);
  });
});
