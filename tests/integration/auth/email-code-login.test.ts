// Signing in by a code sent to a mailbox: to one that is proven, and to no other.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { visible } from '../../support/alike.ts';
import { askForCode, fetchCode, from, login, outcomeOf, tally, wrong } from '../../support/codes.ts';
import { readMails } from '../../support/mailbox.ts';
import { claimsOf } from '../../support/second-factors.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';

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

const [HERE, ELSEWHERE] = [from('203.0.113.9'), from('198.51.100.1')];
const anybody = () => `${randomBytes(5).toString('hex')}@example.com`;
const fetch = (email: string) =>
  fetchCode(instances, { email, purpose: 'login' }, email.toLowerCase(), { headers: HERE });
const createUnverified = () => server.createUser([{ name: 'User' }], { email_verified: false });
const countSignIns = (id: string) =>
  server.deps.database.db.collection('audit_logs').countDocuments({ act: 'auth.login', 'actor.id': id });

test('opens the account of a proven address, whatever its letter case', async () => {
  const user = await server.createUser();
  const { code } = await fetch(user.email.toUpperCase());
  const { status, body } = await login(server, { email: ` ${user.email.toUpperCase()}`, code }, HERE);
  expect([status, body.status, body.user.id]).toEqual([200, 'ok', user.id]);
  expect(claimsOf(body.access_token).amr).toContain('email');
});

test('the mail tells the code and how long it is good, in the language of whoever asked', async () => {
  const { email } = await server.createUser();
  await askForCode(server, { email, purpose: 'login' }, { ...HERE, 'accept-language': 'zh-CN' });
  const [mail] = await readMails(server, email);
  expect(mail?.text).toContain(mail?.code);
  expect(mail?.text).toMatch(/5 分钟/);
});

test('an address that nobody has, or has proven, is answered alike and gets no mail', async () => {
  const [known, unverified] = [await server.createUser(), await createUnverified()];
  const unknown = anybody();
  const answers: RestAnswer[] = [];
  for (const email of [known.email, unverified.email, unknown])
    answers.push(await askForCode(server, { email, purpose: 'login' }, HERE));
  const hidden = (answer: RestAnswer) => ({ ...visible(answer), body: { ...answer.body, challenge_id: '' } });
  for (const answer of answers) {
    expect(hidden(answer)).toEqual(hidden(answers[0] as RestAnswer));
    expect(answer.body.challenge_id).toMatch(/^[\w-]{22}$/);
  }
  await settleOutbox(server);
  expect(await readMails(server, known.email)).toHaveLength(1);
  for (const email of [unverified.email, unknown]) expect(await readMails(server, email)).toEqual([]);
});

test('what was never sent cannot be answered: not for an unknown address, nor for an unproven one', async () => {
  const [unverified, unknown] = [await createUnverified(), anybody()];
  const guesses: RestAnswer[] = [];
  for (const email of [unverified.email, unknown]) {
    const { body } = await askForCode(server, { email, purpose: 'login' }, HERE);
    guesses.push(await login(server, { email, code: '123456', challenge_id: body.challenge_id }, HERE));
  }
  for (const guess of guesses) expect(visible(guess)).toEqual(visible(guesses[0] as RestAnswer));
  expect(guesses[0]?.body.code).toBe('INVALID_CODE');
  expect(await server.deps.users.findByLogin({ email: unknown })).toBeNull();
});

test('is good for five minutes, once, from the address that asked or with its challenge_id', async () => {
  const user = await server.createUser();
  const { email } = user;
  const first = await fetch(email);
  expect(outcomeOf(await login(server, { email, code: first.code }, ELSEWHERE))).toBe('INVALID_CODE');
  const byId = { email, code: first.code, challenge_id: first.challengeId };
  expect(outcomeOf(await login(other, byId, ELSEWHERE))).toBe('ok');
  expect(outcomeOf(await login(other, byId, ELSEWHERE))).toBe('INVALID_CODE');
  const second = await fetch(email);
  server.clock.advance(5 * 60_000);
  expect(outcomeOf(await login(server, { email, code: second.code }, HERE))).toBe('INVALID_CODE');
});

test('is of no use once the address has gone to somebody else, or to nobody', async () => {
  const [user, heir] = [await server.createUser(), await server.createUser()];
  const { email } = user;
  const { code, challengeId: challenge_id } = await fetch(email);
  await server.deps.users.update(user.id, {}, { $set: { email: anybody() } });
  expect(outcomeOf(await login(server, { email, code, challenge_id }, HERE))).toBe('INVALID_CODE');
  await server.deps.users.update(heir.id, {}, { $set: { email, email_verified: false } });
  expect(outcomeOf(await login(server, { email, code, challenge_id }, HERE))).toBe('INVALID_CODE');
});

test('who is not active learns so by the right code alone', async () => {
  for (const status of ['inactive', 'locked'] as const) {
    const user = await server.createUser();
    await server.deps.users.update(user.id, {}, { $set: { status } });
    const { code } = await fetch(user.email);
    expect(outcomeOf(await login(server, { email: user.email, code: wrong(code) }, HERE))).toBe('INVALID_CODE');
    expect(outcomeOf(await login(server, { email: user.email, code }, HERE))).toBe('ACCOUNT_DISABLED');
    expect(await countSignIns(user.id)).toBe(0);
  }
});

test('20 right codes at once, over two instances, open one session', async () => {
  const { id, email } = await server.createUser();
  const { code, challengeId: challenge_id } = await fetch(email);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => login(i % 2 ? other : server, { email, code, challenge_id }, HERE)),
  );
  expect(tally(answers)['ok']).toBe(1);
  expect(await countSignIns(id)).toBe(1);
});

test('mailboxes are registered and reset by links: no code is sent for it', async () => {
  for (const purpose of ['register', 'reset_password']) {
    const answer = await askForCode(server, { email: anybody(), purpose }, HERE);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
  }
});
