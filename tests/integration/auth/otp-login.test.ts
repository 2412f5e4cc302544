// The main way in: a phone number and the code sent to it, which opens the number's account or makes it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { visible } from '../../support/alike.ts';
import { askForCode, fetchCode, from, login, outcomeOf, tally, wrong } from '../../support/codes.ts';
import { newNumber, type SentChallenge, toE164 } from '../../support/phones.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../../support/server.ts';

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

const MINUTE = 60_000;
const [HERE, ELSEWHERE] = [from('203.0.113.9'), from('198.51.100.1')];

const fetch = (phone: string, purpose = 'login', token?: string): Promise<SentChallenge> =>
  fetchCode(instances, { phone, purpose }, toE164(phone), { headers: HERE, ...(token ? { token } : {}) });

/** By the newest code, from the address that asked for it. */
async function signIn(phone: string): Promise<RestAnswer> {
  const { code } = await fetch(phone);
  return login(server, { phone, code }, HERE);
}
const collection = (name: string) => server.deps.database.db.collection(name);
const countAccounts = (phone: string) => collection('users').countDocuments({ phone: toE164(phone) });
const countSessions = async (phone: string) => {
  const user = await collection('users').findOne({ phone: toE164(phone) });
  return collection('sessions').countDocuments({ user_id: user?._id });
};

describe('an unknown number', () => {
  test('is registered by the right code, and signed in', async () => {
    const phone = newNumber();
    const { code } = await fetch(phone);
    const { status, body } = await login(server, { phone, code }, HERE);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      access_token: expect.stringMatching(/^ey/),
      refresh_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: 900,
      user: { username: expect.stringMatching(/^u_[a-z2-7]{10}$/), email: null, phone: toE164(phone), roles: ['User'] },
    });
    const mine = await other.rest('GET', `/users/${body.user.id}`, { token: body.access_token });
    expect(mine.body).toMatchObject({ phone_verified: true, email_verified: false, status: 'active' });
    expect(mine.body.login_history.login_count).toBe(1);
    const acts = await collection('audit_logs').distinct('act', { 'actor.id': body.user.id });
    expect(acts.sort()).toEqual(['auth.login', 'auth.register']);
  });

  test('is not registered by a wrong one', async () => {
    const phone = newNumber();
    const { code } = await fetch(phone);
    expect(outcomeOf(await login(server, { phone, code: wrong(code) }, HERE))).toBe('INVALID_CODE');
    expect(await countAccounts(phone)).toBe(0);
  });
});

describe('whose code it is', () => {
  test('{phone, code} is enough from the address that asked, and from nowhere else', async () => {
    const phone = newNumber();
    const { code, challengeId } = await fetch(phone);
    expect(outcomeOf(await login(server, { phone, code }, ELSEWHERE))).toBe('INVALID_CODE');
    expect(outcomeOf(await login(other, { phone, code }, HERE))).toBe('ok');
    const again = await fetch(phone);
    expect(again.challengeId).not.toBe(challengeId);
    const answer = await login(other, { phone, code: again.code, challenge_id: again.challengeId }, ELSEWHERE);
    expect(outcomeOf(answer)).toBe('ok');
  });

  test('a subscriber’s IPv6 network is one address', async () => {
    const phone = newNumber();
    const headers = from('2001:db8:1:2::1');
    const { code } = await fetchCode(instances, { phone, purpose: 'login' }, toE164(phone), { headers });
    expect(outcomeOf(await login(server, { phone, code }, from('2001:db8:1:3::1')))).toBe('INVALID_CODE');
    expect(outcomeOf(await login(server, { phone, code }, from('2001:db8:1:2:ffff::9')))).toBe('ok');
  });

  test('a known number signs in to its account', async () => {
    const phone = newNumber();
    const [first, second] = [await signIn(phone), await signIn(phone)];
    expect(second.body.user).toEqual(first.body.user);
    expect(await countAccounts(phone)).toBe(1);
  });

  test('a number that an administrator wrote there is proven by it', async () => {
    const [administrator, user] = [await server.createUser([{ name: 'Admin' }]), await server.createUser()];
    const { access: token } = await server.signIn(administrator);
    const phone = newNumber();
    const edited = await server.rest('PUT', `/users/${user.id}`, { token, body: { phone } });
    expect(edited.body).toMatchObject({ phone: toE164(phone), phone_verified: false });
    const { body } = await signIn(phone);
    expect(body.user.id).toBe(user.id);
    const after = await server.rest('GET', `/users/${user.id}`, { token });
    expect(after.body).toMatchObject({ phone_verified: true });
  });

  test('who is not active learns so by the right code alone, and is not let in', async () => {
    for (const status of ['inactive', 'locked'] as const) {
      const phone = newNumber();
      const { user } = (await signIn(phone)).body;
      await server.deps.users.update(user.id, {}, { $set: { status } });
      const { code } = await fetch(phone);
      expect(outcomeOf(await login(server, { phone, code: wrong(code) }, HERE))).toBe('INVALID_CODE');
      const refused = await login(server, { phone, code }, HERE);
      expect([refused.status, refused.body.code]).toEqual([403, 'ACCOUNT_DISABLED']);
      expect(await countSessions(phone)).toBe(1);
    }
  });
});

describe('a code', () => {
  test('works once', async () => {
    const phone = newNumber();
    const { code, challengeId } = await fetch(phone);
    expect(outcomeOf(await login(server, { phone, code }, HERE))).toBe('ok');
    for (const body of [
      { phone, code },
      { phone, code, challenge_id: challengeId },
    ])
      expect(outcomeOf(await login(other, body, HERE))).toBe('INVALID_CODE');
  });

  test('works for five minutes', async () => {
    const [early, late] = [newNumber(), newNumber()];
    const [good, lapsed] = [await fetch(early), await fetch(late)];
    server.clock.advance(5 * MINUTE - 10_000);
    expect(outcomeOf(await login(server, { phone: early, code: good.code }, HERE))).toBe('ok');
    server.clock.advance(10_000);
    expect(outcomeOf(await login(server, { phone: late, code: lapsed.code }, HERE))).toBe('INVALID_CODE');
  });

  test('is refused alike for whatever is wrong with it', async () => {
    const [phone, stranger] = [newNumber(), newNumber()];
    const { access_token: token } = (await signIn(stranger)).body;
    const refusals: Record<string, RestAnswer> = {};
    for (const purpose of ['register', 'reset_password', 'bind']) {
      const owner = purpose === 'reset_password' ? stranger : phone;
      const { code, challengeId: challenge_id } = await fetch(owner, purpose, token);
      refusals[purpose] = await login(server, { phone: owner, code, challenge_id }, HERE);
    }
    const mine = await fetch(phone);
    const theirs = await fetch(stranger);
    const typed = (code: string, challenge_id: string) => login(server, { phone, code, challenge_id }, HERE);
    refusals['of another number'] = await typed(theirs.code, theirs.challengeId);
    refusals['of another challenge'] = await typed(mine.code, theirs.challengeId);
    refusals['never sent'] = await typed(mine.code, 'A'.repeat(22));
    const [first] = Object.values(refusals);
    expect([first?.status, first?.body.code]).toEqual([401, 'INVALID_CODE']);
    for (const [what, answer] of Object.entries(refusals))
      expect([what, visible(answer)]).toEqual([what, visible(first as RestAnswer)]);
    expect(await countAccounts(phone)).toBe(0);
  });

  test('may be read out with spaces, in full-width digits; what is no code is told by its field', async () => {
    const phone = newNumber();
    const { code } = await fetch(phone);
    const typed = ` ${code.slice(0, 3)} ${code.slice(3).replaceAll(/\d/g, (digit) => '０１２３４５６７８９'[Number(digit)] ?? '')}`;
    for (const none of ['12345', '1234567', '12345a', '', { $ne: '' }, ['123456'], 123456, null]) {
      const { status, body } = await login(server, { phone, code: none }, HERE);
      expect([none, status, body.code]).toEqual([none, 400, 'VALIDATION_FAILED']);
    }
    expect(outcomeOf(await login(server, { phone, code: typed }, HERE))).toBe('ok');
  });

  test('opens a cookie session only for a page of one’s own, and is not spent by another', async () => {
    const phone = newNumber();
    const { code } = await fetch(phone);
    const body = { phone, code, refresh_transport: 'cookie' };
    const foreign = await login(server, body, { ...HERE, origin: 'https://evil.example' });
    expect(outcomeOf(foreign)).toBe('ORIGIN_REFUSED');
    const own = await login(server, body, { ...HERE, origin: server.url });
    expect(outcomeOf(own)).toBe('ok');
    expect(own.body).not.toHaveProperty('refresh_token');
    expect(own.headers.getSetCookie()[0]).toMatch(/^__Host-ac_refresh=ey/);
  });
});

describe('at once, over two instances', () => {
  const twenty = (call: (index: number, on: TestServer) => Promise<RestAnswer>) =>
    Promise.all(Array.from({ length: 20 }, (_, index) => call(index, index % 2 ? other : server)));

  test.each(['unknown', 'known'])('20 right codes of an %s number open one session', async (kind) => {
    const phone = newNumber();
    if (kind === 'known') await signIn(phone);
    const before = kind === 'known' ? 1 : 0;
    const { code, challengeId: challenge_id } = await fetch(phone);
    const counts = tally(await twenty((_, on) => login(on, { phone, code, challenge_id }, HERE)));
    expect(counts['ok']).toBe(1);
    expect(Object.keys(counts).filter((outcome) => !['ok', 'INVALID_CODE', 'RATE_LIMITED'].includes(outcome))).toEqual(
      [],
    );
    expect([await countAccounts(phone), await countSessions(phone)]).toEqual([1, before + 1]);
    // Whoever pressed the button twice is not locked out by it.
    expect(outcomeOf(await signIn(phone))).toBe('ok');
  });

  test('two codes of one unknown number: both open the one account that comes to be', async () => {
    const phone = newNumber();
    const sent = [await fetch(phone), await fetch(phone)];
    const calls = sent.map(({ code, challengeId: challenge_id }) => ({ phone, code, challenge_id }));
    const answers = await Promise.all(calls.map((body, i) => login(i ? other : server, body, HERE)));
    for (const [i, answer] of answers.entries())
      if (outcomeOf(answer) !== 'ok') answers[i] = await login(server, calls[i] ?? {}, HERE);
    expect(answers.map(outcomeOf)).toEqual(['ok', 'ok']);
    expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
    expect(await countAccounts(phone)).toBe(1);
  });

  test('of two codes on their way the newest is meant, the other needs its challenge_id', async () => {
    const phone = newNumber();
    const [older, newer] = [await fetch(phone), await fetch(phone)];
    if (older.code !== newer.code)
      expect(outcomeOf(await login(server, { phone, code: older.code }, HERE))).toBe('INVALID_CODE');
    const byId = await login(server, { phone, code: older.code, challenge_id: older.challengeId }, HERE);
    expect(outcomeOf(byId)).toBe('ok');
    expect(outcomeOf(await login(other, { phone, code: newer.code }, HERE))).toBe('ok');
  });
});

test('a purpose that is for the signed-in is refused to strangers', async () => {
  for (const purpose of ['bind', 'step_up']) {
    const answer = await askForCode(server, { phone: newNumber(), purpose });
    expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHENTICATED']);
  }
});
