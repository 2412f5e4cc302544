// Proving an address: the link, its page, a new mail, and what lapses when nobody does.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp } from '../../../server/src/features/system/cleanup.ts';
import { request } from '../../support/doors.ts';
import { requestAsHost } from '../../support/foreign-host.ts';
import { openLink, readLink, readMails, tokenOf } from '../../support/mailbox.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { registration: { email_verification: 'required' } } });
});
afterAll(() => server.close());

const HOUR = 3_600_000;
const password = 'correct horse battery';

interface Person {
  readonly username: string;
  readonly email: string;
}

/** Registers somebody and reads the token of their link. */
async function register(headers: Record<string, string> = {}): Promise<Person & { token: string }> {
  const tag = randomBytes(5).toString('hex');
  const person = { username: `p_${tag}`, email: `${tag}@example.com` };
  const { status } = await server.rest('POST', '/auth/register', { body: { ...person, password }, headers });
  expect(status).toBe(201);
  return { ...person, token: await readLink(server, person.email) };
}

const isVerified = async ({ username }: Person) => (await server.deps.users.findByLogin({ username }))?.email_verified;
const signIn = async ({ email }: Person) =>
  (await server.rest('POST', '/auth/login', { body: { email, password } })).body;

async function expectVoid(token: string): Promise<void> {
  const { status, body } = await openLink(server, token);
  expect([status, body.code]).toEqual([401, 'INVALID_CODE']);
}

describe('the link', () => {
  test('works once', async () => {
    const person = await register();
    expect((await openLink(server, person.token)).status).toBe(200);
    expect(await isVerified(person)).toBe(true);
    await expectVoid(person.token);
  });

  test('opened twice at once works once', async () => {
    const person = await register();
    const answers = await Promise.all(Array.from({ length: 8 }, () => openLink(server, person.token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'INVALID_CODE')).toHaveLength(7);
  });

  test('works for 24 hours', async () => {
    const [early, late] = [await register(), await register()];
    server.clock.advance(24 * HOUR - 60_000);
    expect((await openLink(server, early.token)).status).toBe(200);
    server.clock.advance(2 * 60_000);
    await expectVoid(late.token);
    expect(await isVerified(late)).toBe(false);
  });

  test('that nobody made is void', async () => {
    for (const token of ['x', 'A'.repeat(43), randomBytes(32).toString('base64url')]) await expectVoid(token);
  });

  test('is stored as a keyed hash alone', async () => {
    const { token } = await register();
    const stored = JSON.stringify(await server.deps.database.db.collection('one_time_codes').find().toArray());
    expect(stored).not.toContain(token);
    expect(stored).toContain(server.deps.hashLink(token));
    expect(JSON.stringify(await server.deps.database.db.collection('outbox').find().toArray())).not.toContain(token);
  });

  test('leads to the configured address, whatever the Host header says', async () => {
    const tag = randomBytes(5).toString('hex');
    const email = `${tag}@example.com`;
    const body = { username: `h_${tag}`, email, password };
    const headers = {
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      origin: 'https://evil.example',
    };
    const answer = await requestAsHost(server, 'evil.example', 'POST', '/api/v1/auth/register', { body, headers });
    expect(answer.status).toBe(201);
    const [mail] = await readMails(server, email);
    expect(mail?.link).toMatch(new RegExp(`^${server.url}/verify-email\\?token=[\\w-]{43}$`));
    expect(`${mail?.text}${mail?.subject}`).not.toContain('evil.example');
  });
});

describe('its page', () => {
  const open = (token: string, headers = {}) => request(server, 'GET', `/verify-email?token=${token}`, { headers });
  const press = (token: string, headers = {}) =>
    request(server, 'POST', '/verify-email', {
      body: `token=${token}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });

  test('spends nothing when it is opened, however often; its button does, once', async () => {
    const person = await register();
    for (let visit = 0; visit < 3; visit++) {
      const page = await open(person.token);
      expect([page.status, page.body]).toEqual([
        200,
        expect.stringContaining('<form method="post" action="/verify-email">'),
      ]);
    }
    expect(await isVerified(person)).toBe(false);
    const done = await press(person.token);
    expect([done.status, done.body]).toEqual([200, expect.stringContaining('Address confirmed')]);
    expect(await isVerified(person)).toBe(true);
    const again = await press(person.token);
    expect([again.status, again.body]).toEqual([400, expect.stringContaining('no longer works')]);
  });

  test('speaks Chinese to who prefers it', async () => {
    const person = await register();
    const chinese = { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' };
    expect((await open(person.token, chinese)).body).toMatch(/<html lang="zh-CN">.*验证您的邮箱/s);
    expect((await press(person.token, chinese)).body).toContain('邮箱已验证');
    expect((await press(person.token, chinese)).body).toContain('链接已失效');
  });

  test('has no script, is framed by nobody, kept nowhere, and tells no other page of its address', async () => {
    const { headers, body } = await open((await register()).token);
    expect(body).not.toMatch(/<script|javascript:|onclick/i);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('shows nothing of what is written into its address', async () => {
    for (const token of ['"><script>alert(1)</script>', '%22%3E%3Cimg%20src%3Dx%3E', '', 'short', 'x'.repeat(500)]) {
      const { status, body } = await open(encodeURIComponent(token));
      expect([status, body]).toEqual([400, expect.stringContaining('not complete')]);
      expect(body).not.toMatch(/<img|<script|<form/);
    }
    expect((await request(server, 'GET', '/verify-email')).body).toContain('not complete');
    expect((await press('<script>')).status).toBe(400);
  });
});

test('the page names the account that the link is for, whatever is written into its address', async () => {
  const person = await register();
  const open = (token: string) => request(server, 'GET', `/verify-email?token=${token}&account=somebody.else`);
  const page = await open(person.token);
  expect([page.status, page.body]).toEqual([200, expect.stringContaining(`<strong>${person.username}</strong>`)]);
  expect(page.body).not.toContain('somebody.else');
  const none = await open('x'.repeat(43));
  expect([none.status, none.body]).toEqual([400, expect.stringContaining('no longer works')]);
});

describe('a mail again', () => {
  const resend = (email: string, headers = {}, on = server) =>
    on.rest('POST', '/auth/email/resend', { body: { email }, headers });

  test('brings a link that works, beside the one before', async () => {
    const person = await register();
    const answer = await resend(person.email.toUpperCase());
    expect([answer.status, answer.body]).toEqual([202, null]);
    const second = await readLink(server, person.email);
    expect(second).not.toBe(person.token);
    expect((await openLink(server, second)).status).toBe(200);
    await expectVoid(person.token);
  });

  test('brings one that is good for 24 hours itself, and makes that before last no longer', async () => {
    const person = await register();
    server.clock.advance(23 * HOUR);
    await resend(person.email);
    const again = await readLink(server, person.email);
    server.clock.advance(2 * HOUR);
    await expectVoid(person.token);
    server.clock.advance(21 * HOUR);
    expect((await openLink(server, again)).status).toBe(200);
  });

  test('helps when the first link has lapsed', async () => {
    const person = await register();
    server.clock.advance(25 * HOUR);
    await resend(person.email);
    expect((await openLink(server, await readLink(server, person.email))).status).toBe(200);
  });

  test('is answered alike for addresses unknown and verified, to whom nothing goes', async () => {
    const verified = await server.createUser();
    for (const email of ['nobody@example.com', verified.email]) {
      const { status, body } = await resend(email);
      expect([status, body]).toEqual([202, null]);
      expect(await readMails(server, email)).toEqual([]);
    }
  });

  test('comes in the language of who asked', async () => {
    const person = await register();
    await resend(person.email, { 'accept-language': 'zh' });
    const [mail, first] = await readMails(server, person.email);
    expect([mail?.subject, first?.subject]).toEqual(['请验证您的邮箱', 'Confirm your e-mail address']);
    expect(tokenOf(mail)).not.toBe(tokenOf(first));
  });
});

describe('who proves nothing', () => {
  test('is removed after seven days, and the name is free again', async () => {
    const [lapsing, proven] = [await register(), await register()];
    await openLink(server, proven.token);
    server.clock.advance(7 * 24 * HOUR - 60_000);
    await cleanUp(server.deps);
    expect(await isVerified(lapsing)).toBe(false);
    server.clock.advance(2 * 60_000);
    expect((await cleanUp(server.deps)).registrations).toBeGreaterThanOrEqual(1);
    expect(await server.deps.users.findByLogin({ username: lapsing.username })).toBeNull();
    expect((await signIn(proven)).status).toBe('ok');
    await expectVoid(lapsing.token);
    const again = await server.rest('POST', '/auth/register', {
      body: { username: lapsing.username, email: lapsing.email, password },
    });
    expect(again.status).toBe(201);
  });

  test("stays when an administrator's edit says that the account is meant to be", async () => {
    const person = await register();
    const admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
    const user = await server.deps.users.findByLogin({ username: person.username });
    const id = user?._id.toHexString() ?? '';
    const email = `new.${person.email}`;
    expect((await server.rest('PUT', `/users/${id}`, { token: admin, body: { email } })).status).toBe(200);
    server.clock.advance(8 * 24 * HOUR);
    await cleanUp(server.deps);
    expect(await server.deps.users.findById(id)).not.toBeNull();
    // A link to the address before proves nothing for this one.
    await expectVoid(person.token);
  });

  test('stays when the mode no longer demands a proof', async () => {
    const person = await register();
    const relaxed = await startTestServer({
      sharedWith: server,
      config: { registration: { email_verification: 'optional' } },
    });
    server.clock.advance(8 * 24 * HOUR);
    await cleanUp(relaxed.deps);
    await cleanUp(server.deps);
    expect(await server.deps.users.findByLogin({ username: person.username })).not.toBeNull();
    await relaxed.close();
  });
});
