// How many codes go out: so many a minute and a day to one target, whoever asks and over whichever instance, and what it all may cost.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askForCode, from, outcomeOf, readCodes } from '../support/codes.ts';
import { settle } from '../support/instances.ts';
import { forgetPassword } from '../support/passwords.ts';
import { newNumber, toE164 } from '../support/phones.ts';
import { endWindows, setCounter } from '../support/send-counters.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';

let server: TestServer;
let other: TestServer;
let instances: [TestServer, TestServer];
const config = {
  server: { trust_proxy: ['127.0.0.1'] },
  rate_limit: { enabled: true, register: '1000/h', login: '60/m' },
};
beforeAll(async () => {
  server = await startTestServer({ config });
  other = await startTestServer({ config, sharedWith: server });
  instances = [server, other];
});
afterAll(async () => {
  await other.close();
  await server.close();
});

let networks = 0;
/** An address that nobody has asked from. */
const newSource = () => from(`198.18.${++networks}.1`);
const send = (phone: string, headers: Record<string, string>, on = server, purpose = 'login') =>
  askForCode(on, { phone, purpose }, headers);
const waitOf = ({ body, headers }: RestAnswer): number => {
  expect(headers.get('retry-after')).toBe(String(body.retry_after));
  return body.retry_after;
};

describe('a minute', () => {
  test('has one code for a number from one source, whichever instance is asked', async () => {
    const [phone, source] = [newNumber(), newSource()];
    const { status, body } = await send(phone, source);
    expect([status, body]).toEqual([202, { challenge_id: expect.any(String), expires_in: 300, resend_after: 60 }]);
    for (const instance of instances) {
      const refused = await send(phone, source, instance);
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
      expect(waitOf(refused)).toBeGreaterThan(0);
      expect(waitOf(refused)).toBeLessThanOrEqual(60);
    }
    await endWindows(server, 'send_minute');
    expect((await send(phone, source, other)).status).toBe(202);
    expect(await readCodes(instances, toE164(phone))).toHaveLength(2);
  });

  test('counts all spellings of a number, all purposes and the forgotten password together', async () => {
    const [phone, source] = [newNumber(), newSource()];
    expect((await send(phone, source)).status).toBe(202);
    for (const spelling of [toE164(phone), `0086 ${phone}`, `８６${phone}`])
      expect(outcomeOf(await send(spelling, source, other))).toBe('RATE_LIMITED');
    for (const purpose of ['register', 'reset_password'])
      expect(outcomeOf(await send(phone, source, server, purpose))).toBe('RATE_LIMITED');
    expect(outcomeOf(await forgetPassword(server, { phone }, source))).toBe('RATE_LIMITED');
  });

  test('does not hold for another number, or another source; an IPv6 network of 64 bits is one', async () => {
    const [phone, source] = [newNumber(), from('2001:db8:1:2::1')];
    expect((await send(phone, source)).status).toBe(202);
    expect((await send(newNumber(), source)).status).toBe(202);
    expect((await send(phone, newSource())).status).toBe(202);
    expect(outcomeOf(await send(phone, from('2001:db8:1:2:ffff::9')))).toBe('RATE_LIMITED');
  });

  test('has one of 20 calls at once over two instances', async () => {
    const [phone, source] = [newNumber(), newSource()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => send(phone, source, i % 2 ? other : server)),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(19);
    expect(await readCodes(instances, toE164(phone))).toHaveLength(1);
  });

  test('has so many for one source, whichever numbers it asks for', async () => {
    const source = newSource();
    const answers = [];
    for (let i = 0; i < 61; i++) answers.push(await send(newNumber(), source, i % 2 ? other : server));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(60);
    expect(answers.at(-1)?.status).toBe(429);
  });
});

describe('a day', () => {
  test('has ten for a number from one source', async () => {
    const [phone, source] = [newNumber(), newSource()];
    for (let i = 0; i < 10; i++) {
      expect((await send(phone, source, i % 2 ? other : server)).status).toBe(202);
      await endWindows(server, 'send_minute');
    }
    for (const instance of instances) {
      const refused = await send(phone, source, instance);
      expect(outcomeOf(refused)).toBe('RATE_LIMITED');
      expect(waitOf(refused)).toBeGreaterThan(23 * 3600);
      await endWindows(server, 'send_minute');
    }
    expect((await send(phone, newSource())).status).toBe(202);
    await endWindows(server, 'send_day');
    expect((await send(phone, source)).status).toBe(202);
    expect(await readCodes(instances, toE164(phone))).toHaveLength(12);
  });

  test('has thirty for a number over all sources', async () => {
    const phone = newNumber();
    for (let i = 0; i < 30; i++) expect((await send(phone, newSource(), i % 2 ? other : server)).status).toBe(202);
    for (const instance of instances) expect(outcomeOf(await send(phone, newSource(), instance))).toBe('RATE_LIMITED');
    expect(await readCodes(instances, toE164(phone))).toHaveLength(30);
    await endWindows(server, 'send_target');
    expect((await send(phone, newSource())).status).toBe(202);
  });

  test('is not used up by what is refused within the minute', async () => {
    const [phone, source] = [newNumber(), newSource()];
    await send(phone, source);
    for (let i = 0; i < 15; i++) expect(outcomeOf(await send(phone, source))).toBe('RATE_LIMITED');
    await endWindows(server, 'send_minute');
    expect((await send(phone, source)).status).toBe(202);
  });
});

describe('what messages may cost', () => {
  let capped: TestServer;
  let cappedToo: TestServer;
  /** Without request limits: a cap that somebody set holds all the same. */
  let unlimited: TestServer;
  const sms = { daily_cap: 5 };
  beforeAll(async () => {
    capped = await startTestServer({ config: { ...config, sms } });
    cappedToo = await startTestServer({ config: { ...config, sms }, sharedWith: capped });
    unlimited = await startTestServer({ config: { sms } });
  });
  afterAll(async () => {
    await unlimited.close();
    await cappedToo.close();
    await capped.close();
  });

  test('is capped a day, over all numbers, sources and instances; mails go on', async () => {
    // None of these is sent, and none is paid for.
    await send('+85251234567', newSource(), capped);
    await send('not a number', newSource(), capped);
    const [phone, source] = [newNumber(), newSource()];
    // A forgotten password of nobody's is no message either.
    for (let i = 0; i < 5; i++)
      expect((await forgetPassword(capped, { phone: newNumber() }, newSource())).status).toBe(202);
    for (let i = 0; i < 5; i++)
      await send(i === 0 ? phone : newNumber(), i === 0 ? source : newSource(), i % 2 ? cappedToo : capped);
    await settle([capped, cappedToo]);
    expect(outcomeOf(await send(phone, source, capped))).toBe('RATE_LIMITED');
    expect(await readCodes([capped, cappedToo], toE164(phone))).toHaveLength(1);
    for (const instance of [capped, cappedToo]) {
      const unsent = newNumber();
      const refused = await send(unsent, newSource(), instance);
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
      expect(waitOf(refused)).toBeGreaterThan(60);
      expect(await readCodes([capped, cappedToo], toE164(unsent))).toEqual([]);
    }
    expect(outcomeOf(await forgetPassword(cappedToo, { phone: newNumber() }, newSource()))).toBe('RATE_LIMITED');
    const email = `${randomBytes(5).toString('hex')}@example.com`;
    expect((await askForCode(capped, { email, purpose: 'login' }, newSource())).status).toBe(202);
    await endWindows(capped, 'sms_budget');
    expect((await send(newNumber(), newSource(), cappedToo)).status).toBe(202);
  });

  test('keeps its last tenth for codes: a notice does not take what lets somebody in', async () => {
    const user = await unlimited.createUser([{ name: 'User' }], { email_verified: false });
    const phone = toE164(newNumber());
    await unlimited.deps.users.update(user.id, {}, { $set: { phone, phone_verified: true } });
    const notify = (notice: 'account_locked' | 'refresh_reuse') =>
      unlimited.deps.queueMessage({ kind: 'notice', notice, user_id: user.id, locale: 'en' });
    const countSent = async () => {
      await settleOutbox(unlimited);
      return (await unlimited.deps.devMessages.list(phone)).length;
    };
    await setCounter(unlimited, 'sms_budget', 'all', 3);
    await notify('account_locked');
    expect(await countSent()).toBe(1);
    await notify('refresh_reuse');
    expect(await countSent()).toBe(1);
    expect((await askForCode(unlimited, { phone, purpose: 'login' })).status).toBe(202);
    expect(await countSent()).toBe(2);
    expect(outcomeOf(await askForCode(unlimited, { phone, purpose: 'login' }))).toBe('RATE_LIMITED');
    await endWindows(unlimited, 'sms_budget');
  });

  test('is capped also where request limits are switched off', async () => {
    const answers = [];
    for (let i = 0; i < 6; i++) {
      answers.push(outcomeOf(await askForCode(unlimited, { phone: newNumber(), purpose: 'login' })));
      await settleOutbox(unlimited);
    }
    expect(answers).toEqual([...Array(5).fill('202'), 'RATE_LIMITED']);
  });
});
