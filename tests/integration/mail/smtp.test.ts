// Mails on their way to a real SMTP server: what arrives, what a server that is down delays, and that two instances send once.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openLink } from '../../support/mailbox.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { startMailServer, type TestMailServer } from '../../support/smtp.ts';

let mailServer: TestMailServer;
let server: TestServer;
let other: TestServer;
const configFor = (port: number, credentials = '') => ({
  mail: { smtp_url: `smtp://${credentials}127.0.0.1:${port}`, from: 'AuthCenter <no-reply@auth.example.com>' },
});
beforeAll(async () => {
  mailServer = await startMailServer();
  server = await startTestServer({ config: configFor(mailServer.port) });
  other = await startTestServer({ sharedWith: server, config: configFor(mailServer.port) });
});
afterAll(async () => {
  await other.close();
  await server.close();
  await mailServer.close();
});

/** What a test started for itself, closed after it. */
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function startWith(mail: TestMailServer | { port: number }, credentials = ''): Promise<TestServer> {
  const one = await startTestServer({ config: configFor(mail.port, credentials) });
  closers.push(one.close);
  return one;
}
async function startMail(...options: Parameters<typeof startMailServer>): Promise<TestMailServer> {
  const one = await startMailServer(...options);
  closers.push(one.close);
  return one;
}

async function register(on: TestServer, headers: Record<string, string> = {}): Promise<string> {
  const tag = randomBytes(5).toString('hex');
  const email = `${tag}@example.com`;
  const body = { username: `p_${tag}`, email, password: 'correct horse battery' };
  const answer = await on.rest('POST', '/auth/register', { body, headers });
  expect(answer.status).toBe(201);
  return email;
}

const to = (mail: TestMailServer, address: string) =>
  mail.mails.filter(({ to: recipients }) => recipients?.some((one) => one.address === address));
const outboxOf = ({ deps }: TestServer) => deps.database.db.collection('outbox');

/** Either of the two may have the mail in hand. */
const settle = () => Promise.all([server.deps.outbox.idle(), other.deps.outbox.idle()]);

describe('a mail that arrives', () => {
  test('is from the configured address, to one person, in text and HTML, with a link that works', async () => {
    const email = await register(server);
    await settle();
    const [mail, ...more] = to(mailServer, email);
    expect(more).toEqual([]);
    expect(mail).toMatchObject({
      subject: 'Confirm your e-mail address',
      from: { name: 'AuthCenter', address: 'no-reply@auth.example.com' },
      to: [{ address: email }],
    });
    expect([mail?.cc, mail?.bcc, mail?.attachments]).toEqual([undefined, undefined, []]);
    const link = new RegExp(`${server.url}/verify-email\\?token=([\\w-]{43})`).exec(mail?.text ?? '');
    expect(mail?.html).toContain(`<a href="${link?.[0]}">`);
    expect((await openLink(server, link?.[1] ?? '')).status).toBe(200);
  });

  test('is in Chinese for who prefers it', async () => {
    const email = await register(server, { 'accept-language': 'zh-CN' });
    await settle();
    const [mail] = to(mailServer, email);
    expect(mail?.subject).toBe('请验证您的邮箱');
    expect(mail?.text).toContain('请点击链接');
  });

  test('leaves nothing behind', async () => {
    const email = await register(server);
    await settle();
    expect(to(mailServer, email)).toHaveLength(1);
    expect(await outboxOf(server).countDocuments()).toBe(0);
    expect(await server.deps.devMessages.list(undefined)).toEqual([]);
  });
});

test('two instances send each mail once', async () => {
  const emails = await Promise.all(Array.from({ length: 20 }, (_, i) => register(i % 2 ? server : other)));
  await settle();
  expect(emails.map((email) => to(mailServer, email).length)).toEqual(Array(20).fill(1));
  expect(await outboxOf(server).countDocuments()).toBe(0);
});

describe('a mail server that is down', () => {
  test('delays the mail and nothing else; it goes when the server is back', async () => {
    const reserved = await startMailServer();
    await reserved.close();
    const one = await startWith(reserved);
    const email = await register(one);
    await one.deps.outbox.idle();
    expect(await outboxOf(one).find().toArray()).toMatchObject([
      { attempts: 1, lease: null, parked_at: null, last_error: expect.stringContaining('ECONNREFUSED') },
    ]);

    const back = await startMail(reserved.port);
    one.clock.advance(60_000);
    await one.deps.outbox.idle();
    const [mail, ...more] = to(back, email);
    expect(more).toEqual([]);
    const token = /token=([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? '';
    expect((await openLink(one, token)).status).toBe(200);
    expect(await outboxOf(one).countDocuments()).toBe(0);
  });

  test('that takes the mail and dies before it says so may get it twice: the later link works', async () => {
    let answers = 0;
    const mail = await startMail(0, {
      onData(stream, _session, done) {
        stream.resume();
        stream.on('end', () => done(++answers === 1 ? new Error('disk full') : null));
      },
    });
    const one = await startWith(mail);
    await register(one);
    await one.deps.outbox.idle();
    one.clock.advance(60_000);
    await one.deps.outbox.idle();
    expect(answers).toBe(2);
    expect(await outboxOf(one).countDocuments()).toBe(0);
  });

  test('for good: the record is parked after ten tries, and counted, never dropped', async () => {
    const mail = await startMail(0, { onRcptTo: (_address, _session, done) => done(new Error('no such mailbox')) });
    const one = await startWith(mail);
    await register(one);
    for (let attempt = 0; attempt < 12; attempt++) {
      await one.deps.outbox.idle();
      one.clock.advance(3_600_000);
    }
    expect(await outboxOf(one).find().toArray()).toMatchObject([{ attempts: 10, parked_at: expect.any(Date) }]);
    expect(await one.deps.outbox.countParked()).toBe(1);
  });
});

describe('credentials in the URL', () => {
  const demand = (expected: string): Parameters<typeof startMailServer>[1] => ({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      `${username}:${password}` === expected ? done(null, { user: username }) : done(new Error('wrong password')),
  });

  test('are used', async () => {
    const mail = await startMail(0, demand('auth@center:p:w'));
    const one = await startWith(mail, 'auth%40center:p%3Aw@');
    const email = await register(one);
    await one.deps.outbox.idle();
    expect(to(mail, email)).toHaveLength(1);
  });

  test('stand in no error that is kept', async () => {
    const mail = await startMail(0, demand('somebody:else'));
    const one = await startWith(mail, 'mailer:s3cret-of-smtp@');
    await register(one);
    await one.deps.outbox.idle();
    const [record] = await outboxOf(one).find().toArray();
    expect(record?.['last_error']).toMatch(/auth|login|password/i);
    expect(JSON.stringify(record)).not.toContain('s3cret-of-smtp');
  });
});
