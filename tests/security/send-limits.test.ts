// Mails on request: so many to one target, from one source and from all, whoever the target is.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendKey, setCounter } from '../support/send-counters.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    config: {
      server: { trust_proxy: ['127.0.0.1'] },
      rate_limit: { enabled: true, register: '1000/h', login: '1000/m' },
    },
  });
});
afterAll(() => server.close());

const anybody = () => `${randomBytes(5).toString('hex')}@example.com`;
const resend = async (email: string, from = '203.0.113.9', on = server) => {
  const headers = { 'x-forwarded-for': from };
  const { status, headers: answered, body } = await on.rest('POST', '/auth/email/resend', { body: { email }, headers });
  return { status, code: body?.code, retryAfter: Number(answered.get('retry-after') ?? 0) };
};

test('one a minute from one source, known or unknown, also over another instance', async () => {
  const known = await server.createUser([{ name: 'User' }], { email_verified: false });
  const other = await startTestServer({
    sharedWith: server,
    config: { server: { trust_proxy: ['127.0.0.1'] }, rate_limit: { enabled: true } },
  });
  for (const email of [known.email, anybody()]) {
    expect(await resend(email)).toMatchObject({ status: 202 });
    for (const instance of [server, other]) {
      const refused = await resend(email, '203.0.113.9', instance);
      expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
      expect(refused.retryAfter).toBeGreaterThan(0);
      expect(refused.retryAfter).toBeLessThanOrEqual(60);
    }
    // Another letter case is no other target, another address is.
    expect((await resend(email.toUpperCase())).status).toBe(429);
    expect((await resend(anybody())).status).toBe(202);
  }
  await other.close();
});

test('another source is counted apart; one IPv6 network is one source', async () => {
  const email = anybody();
  expect((await resend(email, '203.0.113.9')).status).toBe(202);
  expect((await resend(email, '198.51.100.1')).status).toBe(202);
  expect((await resend(email, '2001:db8:1:2::1')).status).toBe(202);
  expect((await resend(email, '2001:db8:1:2:ffff::9')).status).toBe(429);
});

test('ten a day from one source', async () => {
  const email = anybody();
  await setCounter(server, 'send_day', sendKey(server, email, '203.0.113.9'), 10);
  expect(await resend(email)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  expect((await resend(email, '198.51.100.1')).status).toBe(202);
});

test('many to different targets from one source are a company’s people, where no captcha tells them apart', async () => {
  await setCounter(server, 'send_source', '203.0.113.50', 500);
  expect((await resend(anybody(), '203.0.113.50')).status).toBe(202);
});

test('thirty a day over all sources', async () => {
  const email = anybody();
  await setCounter(server, 'send_target', sendKey(server, email), 30);
  for (const from of ['203.0.113.9', '198.51.100.1', '2001:db8:9::1'])
    expect(await resend(email, from)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
});

test('what is refused sends nothing', async () => {
  const { email } = await server.createUser([{ name: 'User' }], { email_verified: false });
  for (let call = 0; call < 5; call++) await resend(email);
  await settleOutbox(server);
  expect(await server.deps.devMessages.list(email)).toHaveLength(1);
});

test('the counters hold no address in plain text', async () => {
  const email = anybody();
  await resend(email);
  const stored = JSON.stringify(await server.deps.database.db.collection('rate_limits').find().toArray());
  expect(stored).not.toContain(email);
});

test('registrations count too: nobody’s mailbox is flooded through them, and the answer tells nothing', async () => {
  const holder = await server.createUser();
  const register = (email: string, from: string) =>
    server.rest('POST', '/auth/register', {
      body: { username: `u_${randomBytes(5).toString('hex')}`, email, password: 'correct horse battery' },
      headers: { 'x-forwarded-for': from },
    });
  for (const email of [holder.email, anybody()]) {
    await setCounter(server, 'send_target', sendKey(server, email), 30);
    const refused = await register(email, '198.51.100.7');
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
  }
});
