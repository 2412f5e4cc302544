// Beyond a day's allowance a captcha decides, where one is configured: solved, it opens one send; the minute holds all the same.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CAPTCHA_SECRET, type CaptchaService, startCaptchaService } from '../support/captcha.ts';
import { askForCode, from, outcomeOf, readCodes } from '../support/codes.ts';
import { captureLog } from '../support/log-lines.ts';
import { forgetPassword } from '../support/passwords.ts';
import { newNumber, toE164 } from '../support/phones.ts';
import { endWindows, sendKey, setCounter } from '../support/send-counters.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const capture = captureLog();
let service: CaptchaService;
let server: TestServer;
const configure = (verify_url: string) => ({
  server: { trust_proxy: ['127.0.0.1'] },
  rate_limit: { enabled: true, register: '1000/h', login: '1000/m' },
  auth: { captcha: { verify_url, secret: CAPTCHA_SECRET } },
});
beforeAll(async () => {
  service = await startCaptchaService();
  server = await startTestServer({ log: capture.log, config: configure(service.url) });
});
afterAll(async () => {
  await server.close();
  await service.close();
});

const HERE = '203.0.113.9';
const solve = () => `solved-${randomBytes(8).toString('hex')}`;
let phone: string;
/** A number whose day is used up, from here. */
beforeEach(async () => {
  phone = newNumber();
  service.answerWith(null);
  await setCounter(server, 'send_day', sendKey(server, toE164(phone), HERE), 10);
});
const send = (captcha?: unknown, headers = from(HERE)) =>
  askForCode(server, { phone, purpose: 'login', ...(captcha === undefined ? {} : { captcha }) }, headers);
const countCodes = async () => (await readCodes([server], toE164(phone))).length;

test('is asked for, and solved it opens the send at once', async () => {
  const refused = await send();
  expect([refused.status, refused.body.code]).toEqual([403, 'CAPTCHA_REQUIRED']);
  expect(await countCodes()).toBe(0);
  const captcha = solve();
  expect((await send(captcha)).status).toBe(202);
  expect(await countCodes()).toBe(1);
  expect(service.asked.at(-1)).toEqual({ secret: CAPTCHA_SECRET, response: captcha, remoteip: HERE });
});

test('is asked for beyond the thirty over all sources too', async () => {
  const headers = from('198.51.100.1');
  await setCounter(server, 'send_target', sendKey(server, toE164(phone)), 30);
  expect(outcomeOf(await send(undefined, headers))).toBe('CAPTCHA_REQUIRED');
  expect((await send(solve(), headers)).status).toBe(202);
});

test('is asked of whoever goes through numbers: beyond thirty a day from one address, to whomever', async () => {
  const source = '198.51.100.77';
  await setCounter(server, 'send_source', source, 29);
  const sendTo = (captcha?: string) =>
    askForCode(server, { phone: newNumber(), purpose: 'login', ...(captcha ? { captcha } : {}) }, from(source));
  expect((await sendTo()).status).toBe(202);
  for (let tries = 0; tries < 3; tries++) expect(outcomeOf(await sendTo())).toBe('CAPTCHA_REQUIRED');
  expect((await sendTo(solve())).status).toBe(202);
  // Somebody elsewhere is not asked.
  const elsewhere = await askForCode(server, { phone: newNumber(), purpose: 'login' }, from('198.51.100.78'));
  expect(elsewhere.status).toBe(202);
});

test('a wrong one opens nothing, nor one that was used before', async () => {
  const captcha = solve();
  expect((await send(captcha)).status).toBe(202);
  await endWindows(server, 'send_minute');
  for (const wrong of ['not solved', captcha, 'solved'])
    expect([wrong, outcomeOf(await send(wrong))]).toEqual([wrong, 'CAPTCHA_REQUIRED']);
  expect(await countCodes()).toBe(1);
});

test('solved, it opens one send: the minute holds, and the service is not asked in vain', async () => {
  expect((await send(solve())).status).toBe(202);
  const asked = service.asked.length;
  expect(outcomeOf(await send(solve()))).toBe('RATE_LIMITED');
  expect(service.asked).toHaveLength(asked);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => askForCode(server, { phone, purpose: 'login', captcha: solve() }, from(HERE))),
  );
  expect(answers.filter(({ status }) => status === 202)).toEqual([]);
  expect(await countCodes()).toBe(1);
});

test('many solved at once open one send', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(solve())));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  expect(await countCodes()).toBe(1);
});

test('is neither asked for nor looked at below the allowance', async () => {
  const asked = service.asked.length;
  expect((await send('whatever it is', from('198.51.100.2'))).status).toBe(202);
  expect(service.asked).toHaveLength(asked);
});

test.each([null, '', {}, [], true, 'x'.repeat(4097)])('what is no answer is told by its field: %j', async (captcha) => {
  const { status, body } = await send(captcha);
  expect([status, body.errors?.[0]?.path]).toEqual([400, 'captcha']);
});

test('holds for mails and forgotten passwords alike', async () => {
  const email = `${randomBytes(5).toString('hex')}@example.com`;
  await setCounter(server, 'send_day', sendKey(server, email, HERE), 10);
  const calls = [
    (captcha?: string) => askForCode(server, { email, purpose: 'login', ...(captcha ? { captcha } : {}) }, from(HERE)),
    (captcha?: string) => forgetPassword(server, { email, ...(captcha ? { captcha } : {}) }, from(HERE)),
    (captcha?: string) =>
      server.rest('POST', '/auth/email/resend', {
        body: { email, ...(captcha ? { captcha } : {}) },
        headers: from(HERE),
      }),
  ];
  for (const call of calls) {
    expect(outcomeOf(await call())).toBe('CAPTCHA_REQUIRED');
    expect((await call(solve())).status).toBe(202);
    await endWindows(server, 'send_minute');
  }
});

describe('a service that', () => {
  test.each([
    ['fails', { status: 500, body: '{"success":true}' }],
    ['sends elsewhere', { status: 302, body: '', location: 'http://169.254.169.254/' }],
  ])('%s is away for now: nothing is sent, and the next answer is heard', async (_, answer) => {
    service.answerWith(answer);
    const { status, body, headers } = await send(solve());
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'DEPENDENCY_UNAVAILABLE', '5']);
    expect(await countCodes()).toBe(0);
    service.answerWith(null);
    expect((await send(solve())).status).toBe(202);
  });

  test.each(['{"success":"true"}', '{"success":1}', '{}', '[]', 'null', '"success"', 'true', 'nothing of the kind'])(
    'answers %s has not said that it is solved',
    async (body) => {
      service.answerWith({ status: 200, body });
      expect(outcomeOf(await send(solve()))).toBe('CAPTCHA_REQUIRED');
    },
  );

  test('cannot be reached is away too; its secret stands in no log', async () => {
    const gone = await startCaptchaService();
    await gone.close();
    const lonely = await startTestServer({ sharedWith: server, log: capture.log, config: configure(gone.url) });
    try {
      const answer = await askForCode(lonely, { phone, purpose: 'login', captcha: solve() }, from(HERE));
      expect([answer.status, answer.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE']);
      expect(JSON.stringify(answer.body)).not.toContain('127.0.0.1');
    } finally {
      await lonely.close();
    }
    expect(capture.text()).toContain('the captcha service did not answer');
    expect(capture.text()).not.toContain(CAPTCHA_SECRET);
  });
});
