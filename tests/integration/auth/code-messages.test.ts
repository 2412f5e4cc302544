// The way of a code to its phone: queued with the challenge, made when it is sent, sent again when that is in doubt, never sent too late.
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { askForCode, login, outcomeOf } from '../../support/codes.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';

interface Received {
  readonly to: string;
  readonly text: string;
  readonly values: { readonly code: string; readonly minutes: string };
}

/** What the phones have got. */
const received: Received[] = [];
/** What the gateway answers, one call after the other; 204 once there is nothing left. */
const answers: number[] = [];
let gateway: Server;
let server: TestServer;
beforeAll(async () => {
  gateway = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(JSON.parse(Buffer.concat(chunks).toString()).data);
      response.writeHead(answers.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/sms`;
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  server = await startTestServer({ config: { sms: { senders: [{ kind: 'webhook', url, secret }] } } });
});
afterAll(async () => {
  await server.close();
  gateway.closeAllConnections();
  gateway.close();
});

let phone: string;
beforeEach(() => {
  answers.length = 0;
  phone = newNumber();
});
const send = (headers: Record<string, string> = {}) => askForCode(server, { phone, purpose: 'login' }, headers);
async function messages(): Promise<Received[]> {
  await settleOutbox(server);
  return received.filter(({ to }) => to === toE164(phone));
}
const codes = async () => (await messages()).map(({ values }) => values.code);

test('tells the code and how long it is good, in the language of whoever asked', async () => {
  await send({ 'accept-language': 'zh-CN,zh;q=0.9' });
  const [chinese] = await messages();
  await send({ 'accept-language': 'en' });
  const [, english] = await messages();
  expect(chinese?.text).toBe(
    `【AuthCenter】您的验证码是 ${chinese?.values.code}，5 分钟内有效。如非本人操作，请忽略本短信。`,
  );
  expect(english?.text).toContain(`Your code is ${english?.values.code}. It is good for 5 minutes.`);
});

test('is answered before it is sent, and the same whether or not it can be', async () => {
  answers.push(503, 500, 400);
  const wanted = [202, { challenge_id: expect.any(String), expires_in: 300, resend_after: 60 }];
  for (let call = 0; call < 3; call++) {
    const { status, body } = await send();
    expect([status, body]).toEqual(wanted);
    await settleOutbox(server);
  }
});

test('goes again when the gateway failed; whichever of the messages arrives, its code is good', async () => {
  for (const which of [0, 1]) {
    phone = newNumber();
    answers.push(503);
    await send();
    expect(await codes()).toHaveLength(1);
    server.clock.advance(30_000);
    const both = await codes();
    expect(both).toHaveLength(2);
    expect(outcomeOf(await login(server, { phone, code: both[which] }))).toBe('ok');
    // Of one challenge: the other is spent with it.
    expect(outcomeOf(await login(server, { phone, code: both[1 - which] }))).toBe('INVALID_CODE');
  }
});

test('does not go again when the five minutes are over', async () => {
  answers.push(503);
  await send();
  expect(await codes()).toHaveLength(1);
  server.clock.advance(5 * 60_000);
  expect(await codes()).toHaveLength(1);
  expect(await server.deps.outbox.countParked()).toBe(0);
});

test('however often it goes again, few codes are good at once', async () => {
  answers.push(503, 503, 503, 503);
  await send();
  for (let call = 0; call < 4; call++) {
    await settleOutbox(server);
    server.clock.advance(20_000);
  }
  const sent = await codes();
  expect(sent).toHaveLength(5);
  const stored = await server.deps.database.db.collection('otp_challenges').findOne({ target: toE164(phone) });
  expect(stored?.['code_hashes']).toHaveLength(3);
  expect(outcomeOf(await login(server, { phone, code: sent[0] }))).toBe('INVALID_CODE');
  expect(outcomeOf(await login(server, { phone, code: sent[4] }))).toBe('ok');
});

test('does not go again when the gateway will not have it', async () => {
  answers.push(400);
  await send();
  expect(await messages()).toHaveLength(1);
  server.clock.advance(60_000);
  expect(await messages()).toHaveLength(1);
  expect(await server.deps.outbox.countParked()).toBe(0);
});
