// Guessing one-time codes: five tries at each, however they come, and an account’s lock over all of them.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { visible } from '../support/alike.ts';
import { askForCode, fetchCode, from, login, outcomeOf, tally, wrong } from '../support/codes.ts';
import { newNumber, type SentChallenge, toE164 } from '../support/phones.ts';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';

let server: TestServer;
let other: TestServer;
let instances: [TestServer, TestServer];
const config = { server: { trust_proxy: ['127.0.0.1'] } };
beforeAll(async () => {
  server = await startTestServer({ config });
  other = await startTestServer({ config, sharedWith: server });
  instances = [server, other];
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const HERE = from('203.0.113.9');
/** Networks that guess from nowhere else. */
const network = (index: number) => from(`198.18.${index}.1`);
const fetch = (phone: string, purpose = 'login', headers = HERE): Promise<SentChallenge> =>
  fetchCode(instances, { phone, purpose }, toE164(phone), { headers });
const attempt = (phone: string, code: string, challenge_id?: string, headers = HERE, on = server) =>
  login(on, { phone, code, ...(challenge_id === undefined ? {} : { challenge_id }) }, headers);
const countAccounts = (phone: string) =>
  server.deps.database.db.collection('users').countDocuments({ phone: toE164(phone) });

interface PhoneUser extends TestUser {
  readonly phone: string;
}
async function createUser(): Promise<PhoneUser> {
  const [user, phone] = [await server.createUser(), newNumber()];
  await server.deps.users.update(user.id, {}, { $set: { phone: toE164(phone), phone_verified: true } });
  return { ...user, phone };
}

describe('one challenge', () => {
  test('bears five tries, from wherever they come: the right code after them is refused', async () => {
    const phone = newNumber();
    const { code, challengeId } = await fetch(phone);
    for (let i = 0; i < 5; i++)
      expect(outcomeOf(await attempt(phone, wrong(code), challengeId, network(i)))).toBe('INVALID_CODE');
    for (const headers of [HERE, network(9)])
      expect(outcomeOf(await attempt(phone, code, challengeId, headers))).toBe('INVALID_CODE');
    expect(await countAccounts(phone)).toBe(0);
    // Another one is good: nobody is locked out but where the guesses came from.
    expect(outcomeOf(await attempt(phone, (await fetch(phone)).code))).toBe('ok');
  });

  test('four wrong ones leave one for the right one', async () => {
    const phone = newNumber();
    const { code, challengeId } = await fetch(phone);
    for (let i = 0; i < 4; i++) await attempt(phone, wrong(code), challengeId, network(i));
    expect(outcomeOf(await attempt(phone, code, challengeId))).toBe('ok');
  });

  test('40 guesses at once, from 40 networks over two instances, are five', async () => {
    const phone = newNumber();
    const { code, challengeId } = await fetch(phone);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        attempt(phone, wrong(code), challengeId, network(i), i % 2 ? other : server),
      ),
    );
    expect(
      Object.keys(tally(answers)).filter((outcome) => !['INVALID_CODE', 'RATE_LIMITED'].includes(outcome)),
    ).toEqual([]);
    const stored = await server.deps.database.db.collection('otp_challenges').findOne({ target: toE164(phone) });
    expect(stored?.['tries']).toBe(5);
    expect(outcomeOf(await attempt(phone, code, challengeId, network(50)))).toBe('INVALID_CODE');
    expect(await countAccounts(phone)).toBe(0);
  });

  test('is not looked at by a call that is no guess at it', async () => {
    const [phone, stranger] = [newNumber(), newNumber()];
    const { code, challengeId } = await fetch(phone);
    // Its id with another number or purpose is nobody's try.
    for (let i = 0; i < 6; i++) {
      await attempt(stranger, code, challengeId, network(i));
      await server.rest('POST', '/auth/register', {
        body: { phone, code, challenge_id: challengeId },
        headers: network(i),
      });
    }
    expect(outcomeOf(await attempt(phone, code, challengeId))).toBe('ok');
  });
});

describe('many challenges', () => {
  test('asked for one after the other from one network: five guesses in all', async () => {
    const { phone } = await createUser();
    const outcomes: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { code, challengeId } = await fetch(phone);
      for (let guess = 0; guess < 2; guess++)
        outcomes.push(outcomeOf(await attempt(phone, wrong(code), challengeId, HERE, guess ? other : server)));
    }
    expect(outcomes).toEqual([...Array(5).fill('INVALID_CODE'), 'ACCOUNT_LOCKED']);
    const { code, challengeId } = await fetch(phone);
    const locked = await attempt(phone, code, challengeId);
    expect([locked.status, locked.body.code]).toEqual([423, 'ACCOUNT_LOCKED']);
    expect(locked.headers.get('retry-after')).toBe(String(locked.body.retry_after));
    // The owner, elsewhere, is let in by the same code: the lock is no weapon.
    expect(outcomeOf(await attempt(phone, code, challengeId, network(1)))).toBe('ok');
  });

  test.each(['known', 'unknown'])(
    'from many networks: 50 guesses at a number that is %s, then nothing for half an hour',
    async (kind) => {
      const phone = kind === 'known' ? (await createUser()).phone : newNumber();
      let guesses = 0;
      for (let i = 0; i < 13; i++) {
        const { code, challengeId } = await fetch(phone, 'login', network(i));
        const answers = await Promise.all(
          Array.from({ length: 4 }, (_, n) =>
            attempt(phone, wrong(code), challengeId, network(i), n % 2 ? other : server),
          ),
        );
        guesses += tally(answers)['INVALID_CODE'] ?? 0;
      }
      expect(guesses).toBe(50);
      const { code, challengeId } = await fetch(phone, 'login', network(99));
      expect(outcomeOf(await attempt(phone, code, challengeId, network(99)))).toBe('ACCOUNT_LOCKED');
      server.clock.advance(30 * 60_000 + 1_000);
      expect(outcomeOf(await attempt(phone, (await fetch(phone)).code))).toBe('ok');
    },
  );
});

describe('one allowance for all ways in', () => {
  const byPassword = ({ email }: TestUser, password: string) => login(server, { email, password }, HERE);
  const outcomesOf = async (calls: readonly (() => Promise<RestAnswer>)[]) => {
    const outcomes: string[] = [];
    for (const call of calls) outcomes.push(outcomeOf(await call()));
    return outcomes;
  };

  test('guessed codes lock the password, guessed passwords lock the code', async () => {
    const [one, two] = [await createUser(), await createUser()];
    const sent = await fetch(one.phone);
    for (let i = 0; i < 5; i++) {
      await attempt(one.phone, wrong(sent.code));
      await byPassword(two, 'wrong password');
    }
    expect(outcomeOf(await byPassword(one, one.password))).toBe('ACCOUNT_LOCKED');
    const { code } = await fetch(two.phone);
    expect(outcomeOf(await attempt(two.phone, code))).toBe('ACCOUNT_LOCKED');
  });

  test('some of each make five: by phone, by mail, by password, by registering', async () => {
    const user = await createUser();
    const { phone, email } = user;
    const byPhone = wrong((await fetch(phone)).code);
    const byMail = wrong((await fetchCode(instances, { email, purpose: 'login' }, email, { headers: HERE })).code);
    const toRegister = wrong((await fetch(phone, 'register')).code);
    await outcomesOf([
      () => attempt(phone, byPhone),
      () => login(server, { email, code: byMail }, HERE),
      () => byPassword(user, 'wrong password'),
      () => server.rest('POST', '/auth/register', { body: { phone, code: toRegister }, headers: HERE }),
      () => login(server, { phone, password: 'wrong password' }, HERE),
    ]);
    expect(outcomeOf(await byPassword(user, user.password))).toBe('ACCOUNT_LOCKED');
  });

  test('a right code clears the count', async () => {
    const user = await createUser();
    for (let round = 0; round < 2; round++) {
      const { code } = await fetch(user.phone);
      for (let i = 0; i < 4; i++) await attempt(user.phone, wrong(code));
      expect(outcomeOf(await attempt(user.phone, code))).toBe('ok');
    }
  });

  test('an unknown number is locked like a known one, by the same answers', async () => {
    const plain = (answer: RestAnswer) => {
      const { headers, body, ...rest } = visible(answer);
      return { ...rest, body: { ...body, retry_after: 0 }, names: headers.map(([name]) => name) };
    };
    const sequences: unknown[] = [];
    for (const phone of [(await createUser()).phone, newNumber()]) {
      const answers: RestAnswer[] = [];
      const guess = wrong((await fetch(phone)).code);
      for (let i = 0; i < 7; i++) answers.push(await attempt(phone, guess, undefined, HERE, i % 2 ? other : server));
      answers.push(await login(server, { phone, password: 'wrong password' }, HERE));
      expect(answers.map(outcomeOf)).toEqual([...Array(5).fill('INVALID_CODE'), ...Array(3).fill('ACCOUNT_LOCKED')]);
      sequences.push(answers.map(plain));
    }
    expect(sequences[1]).toEqual(sequences[0]);
  });

  test('so is an address, whoever has it and whether or not it is proven', async () => {
    const addresses = [
      (await server.createUser()).email,
      (await server.createUser([{ name: 'User' }], { email_verified: false })).email,
      `${randomBytes(5).toString('hex')}@example.com`,
    ];
    for (const email of addresses) {
      expect((await askForCode(server, { email, purpose: 'login' }, HERE)).status).toBe(202);
      const guesses = Array.from({ length: 5 }, () => () => login(server, { email, code: '000000' }, HERE));
      const then = [
        () => login(server, { email, code: '000000' }, HERE),
        () => login(server, { email, password: 'x' }, HERE),
      ];
      expect(await outcomesOf([...guesses, ...then])).toEqual([
        ...Array(5).fill('INVALID_CODE'),
        ...Array(2).fill('ACCOUNT_LOCKED'),
      ]);
    }
  });

  test('the person is told of the lock once', async () => {
    const { phone, email } = await createUser();
    const guess = wrong((await fetch(phone)).code);
    for (let i = 0; i < 7; i++) await attempt(phone, guess);
    for (const { deps } of instances) await settleOutbox({ deps });
    const told = [
      ...(await server.deps.devMessages.list(email)),
      ...(await server.deps.devMessages.list(toE164(phone))),
    ];
    expect(told.filter(({ code }) => code === null).map(({ subject }) => subject)).toEqual(['Sign-in was locked']);
  });

  test('what no code was sent for is no guess, and locks nobody: neither by its number nor at all', async () => {
    const user = await createUser();
    for (let i = 0; i < 60; i++) {
      const guess = { phone: user.phone, code: '000000', challenge_id: 'x'.repeat(22) };
      const path = i % 2 ? '/auth/login' : '/auth/password/reset';
      const body = i % 2 ? guess : { ...guess, new_password: 'a long new passphrase' };
      const { status } = await server.rest('POST', path, { body, headers: network(i) });
      expect(status).toBe(401);
    }
    expect(outcomeOf(await byPassword(user, user.password))).toBe('ok');
    expect(outcomeOf(await attempt(user.phone, (await fetch(user.phone)).code))).toBe('ok');
  });
});

describe('a code for one person', () => {
  const bind = (token: string, body: object) => server.rest('POST', '/auth/contact', { token, body });
  const stepUp = (token: string, body: object) => server.rest('POST', '/auth/step-up', { token, body });

  test('to bind a number is of no use to another, nor does it sign in', async () => {
    const [a, b] = [await server.signIn(await createUser()), await server.signIn(await createUser())];
    const phone = newNumber();
    const { code, challengeId: challenge_id } = await fetchCode(instances, { phone, purpose: 'bind' }, toE164(phone), {
      token: a.access,
    });
    expect(outcomeOf(await bind(b.access, { phone, code, challenge_id }))).toBe('INVALID_CODE');
    expect(outcomeOf(await bind(b.access, { phone, code }))).toBe('INVALID_CODE');
    expect(outcomeOf(await attempt(phone, code, challenge_id))).toBe('INVALID_CODE');
    const bound = await bind(a.access, { phone, code, challenge_id });
    expect(bound.body).toMatchObject({ phone: toE164(phone), phone_verified: true });
  });

  test('to prove oneself again is of no use to another, and is sent to one’s own number alone', async () => {
    const [one, two] = [await createUser(), await createUser()];
    const [a, b] = [await server.signIn(one), await server.signIn(two)];
    const { code, challengeId: challenge_id } = await fetchCode(
      instances,
      { phone: one.phone, purpose: 'step_up' },
      toE164(one.phone),
      { token: a.access },
    );
    expect(outcomeOf(await stepUp(b.access, { code, challenge_id }))).toBe('INVALID_CODE');
    expect(outcomeOf(await attempt(one.phone, code, challenge_id))).toBe('INVALID_CODE');
    const foreign = await askForCode(server, { phone: one.phone, purpose: 'step_up' }, HERE, b.access);
    expect([foreign.status, foreign.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(outcomeOf(await stepUp(a.access, { code, challenge_id }))).toBe('ok');
  });
});
