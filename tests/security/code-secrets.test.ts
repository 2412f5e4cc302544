// Where one-time codes may be found: in the message, and as keyed hashes. Not in logs, audit, outbox, answers, or anywhere else.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askForCode, fetchCode, login, outcomeOf, readCodes } from '../support/codes.ts';
import { captureLog } from '../support/log-lines.ts';
import { newNumber, toE164 } from '../support/phones.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const capture = captureLog();
let server: TestServer;
/** Every code that was sent, and the guesses: what somebody typed may be the code of somebody else. */
const codes = new Set<string>();
const challengeIds: string[] = [];
const answers: string[] = [];
const phones = Array.from({ length: 4 }, newNumber);
const GUESS = '314159';

async function send(body: object, to: string, token?: string) {
  const sent = await fetchCode([server], { ...body }, to, token === undefined ? {} : { token });
  codes.add(sent.code);
  challengeIds.push(sent.challengeId);
  return sent;
}

beforeAll(async () => {
  server = await startTestServer({ log: capture.log, config: { log: { level: 'trace' } } });
  const user = await server.createUser();
  const { access } = await server.signIn(user);
  codes.add(GUESS);
  for (const phone of phones) {
    const { code } = await send({ phone, purpose: 'login' }, toE164(phone));
    for (const body of [
      { phone, code: GUESS },
      { phone, code, extra: code },
      { phone, code },
      { phone, code },
    ])
      answers.push(JSON.stringify((await login(server, body)).body));
    await server.trpc('auth.login', { phone, code });
  }
  const [phone, another] = [newNumber(), newNumber()];
  await send({ phone, purpose: 'register' }, toE164(phone));
  await send({ phone: another, purpose: 'bind' }, toE164(another), access);
  await send({ email: user.email, purpose: 'login' }, user.email);
  await send({ email: user.email, purpose: 'step_up' }, user.email, access);
  // One that stays unanswered in the database.
  answers.push(JSON.stringify((await askForCode(server, { phone: phones[0], purpose: 'reset_password' })).body));
  for (const code of await readCodes([server], toE164(phones[0] ?? ''))) codes.add(code);
});
afterAll(() => server.close());

/** As a value of its own: six digits stand in many a number by chance. */
const find = (text: string): string[] =>
  [...codes].filter((code) => new RegExp(`(?<![\\w.+-])${code}(?![\\w.+-])`).test(text));

test('in no log line, at whatever level', () => {
  expect(capture.lines().length).toBeGreaterThan(20);
  expect(find(capture.text())).toEqual([]);
});

test('in no answer', () => {
  expect(find(answers.join('\n'))).toEqual([]);
});

test('in no collection but the development mailbox', async () => {
  const { db } = server.deps.database;
  const collections = (await db.listCollections().toArray()).map(({ name }) => name);
  expect(collections).toEqual(expect.arrayContaining(['otp_challenges', 'outbox', 'audit_logs', 'login_attempts']));
  for (const name of collections.filter((one) => one !== 'dev_messages')) {
    const documents = await db.collection(name).find().toArray();
    expect({ name, found: find(JSON.stringify(documents)) }).toEqual({ name, found: [] });
  }
});

test('the stored hash is keyed: a million tries do not find the code without the key', async () => {
  const stored = await server.deps.database.db.collection('otp_challenges').find().toArray();
  const hashes = stored.flatMap(({ code_hashes }) => code_hashes as string[]);
  expect(hashes.length).toBeGreaterThan(3);
  expect(new Set(hashes).size).toBe(hashes.length);
  const plain = new Set(
    stored.flatMap(({ _id, purpose, target }) =>
      [...codes].flatMap((code) =>
        [code, `${target}${code}`, `${_id}${code}`, JSON.stringify(['code', _id, purpose, target, code])].flatMap(
          (text) =>
            (['base64url', 'base64', 'hex'] as const).map((form) => createHash('sha256').update(text).digest(form)),
        ),
      ),
    ),
  );
  for (const hash of hashes) {
    expect(hash).toMatch(/^[\w-]{43}$/);
    expect(plain.has(hash)).toBe(false);
  }
});

test('a challenge’s id is 128 random bits, and tells neither target nor code', () => {
  expect(new Set(challengeIds).size).toBe(challengeIds.length);
  for (const id of challengeIds) {
    expect(id).toMatch(/^[\w-]{22}$/);
    expect(Buffer.from(id, 'base64url')).toHaveLength(16);
    // No counter and no time at its front, as an ObjectId has.
    expect(challengeIds.filter((other) => other.slice(0, 4) === id.slice(0, 4))).toEqual([id]);
  }
});

test('codes are any six digits, leading zeros too', async () => {
  const sent: string[] = [];
  for (let i = 0; i < 60; i++) {
    const phone = newNumber();
    await askForCode(server, { phone, purpose: 'login' });
    sent.push(...(await readCodes([server], toE164(phone))));
  }
  expect(sent).toHaveLength(60);
  for (const code of sent) expect(code).toMatch(/^\d{6}$/);
  expect(new Set(sent).size).toBeGreaterThan(55);
  expect(new Set(sent.map((code) => code[0])).size).toBeGreaterThan(4);
});

test('an id that is none is told by its field, and reaches no query', async () => {
  const [phone = ''] = phones;
  for (const challenge_id of [
    { $ne: null },
    { $gt: '' },
    ['a'],
    'short',
    'x'.repeat(65),
    'has space in it 12',
    '../../etc/passwd000',
    7,
  ]) {
    const answer = await login(server, { phone, code: '123456', challenge_id });
    expect([outcomeOf(answer), answer.body.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'challenge_id']);
  }
});

test('the outbox holds ids alone while a message waits', async () => {
  // From here on nobody sends what is queued.
  await server.deps.outbox.close();
  const { body } = await askForCode(server, { phone: newNumber(), purpose: 'login' });
  const waiting = await server.deps.database.db.collection('outbox').find().toArray();
  expect(waiting.map(({ payload }) => payload)).toEqual([
    { kind: 'code', challenge_id: body.challenge_id, locale: 'en' },
  ]);
});
