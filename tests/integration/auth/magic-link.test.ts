// Signing in by the link of a mail: where it is switched on, whose browser it signs in, and nobody else's.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settle } from '../../support/instances.ts';
import { readMails, tokenOf } from '../../support/mailbox.ts';
import { openPage, pressButton, readForm } from '../../support/pages.ts';
import { changePassword, NEW_PASSWORD, resetPassword, tryPassword } from '../../support/passwords.ts';
import { claimsOf, createHolder } from '../../support/second-factors.ts';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

const PATH = '/magic-link';
const CHINESE = { 'accept-language': 'zh' };
const MINUTE = 60_000;
const config = { auth: { magic_link: true } };

let server: TestServer;
let other: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config });
  other = await startTestServer({ config, sharedWith: server });
});
afterAll(async () => {
  await other.close();
  await server.close();
});

/** The newest mail to who asks to sign in. */
async function ask({ email }: Pick<TestUser, 'email'>, on = server, headers = {}) {
  const answer = await on.rest('POST', '/auth/otp', { body: { email, purpose: 'login' }, headers });
  expect(answer.status).toBe(202);
  await settle(on === server ? [server, other] : [on]);
  return (await readMails(on, email))[0];
}

const login = (magic_token: unknown, wishes: object = {}, on = server): Promise<RestAnswer> =>
  on.rest('POST', '/auth/login', { body: { magic_token, ...wishes } });
const outcomeOf = async (token: unknown, on = server): Promise<unknown> => {
  const { body } = await login(token, {}, on);
  return body.code ?? body.status;
};

/** Opens the link and presses the button, as a browser does. */
async function follow(link: string, headers: Record<string, string> = {}): Promise<RestAnswer> {
  const page = await openPage(server, link, headers);
  return pressButton(server, PATH, readForm(page.body), headers);
}

const cookieOf = ({ headers }: RestAnswer): string | undefined =>
  headers.getSetCookie().find((cookie) => /^__Host-ac_refresh=[^;]/.test(cookie));

describe('where it is not switched on, which is the default,', () => {
  test('the mail holds a code alone, and a link made before is void', async () => {
    const off = await startTestServer();
    try {
      const mail = await ask(await off.createUser(), off);
      expect([mail?.subject, mail?.link, mail?.code]).toEqual(['Your verification code', null, expect.any(String)]);
      expect(mail?.text).not.toMatch(/https?:/);
    } finally {
      await off.close();
    }
    const token = tokenOf(await ask(await server.createUser()));
    const switched = await startTestServer({ sharedWith: server });
    try {
      expect(await outcomeOf(token, switched)).toBe('INVALID_CODE');
      const answer = await pressButton(switched, PATH, { token }, { origin: server.url });
      expect([answer.status, cookieOf(answer)]).toEqual([400, undefined]);
    } finally {
      await switched.close();
    }
    expect(await outcomeOf(token)).toBe('ok');
  });
});

describe('the mail', () => {
  test('holds a code and a link', async () => {
    const user = await server.createUser();
    const mail = await ask(user);
    expect(mail).toMatchObject({ subject: 'Sign in', code: expect.stringMatching(/^\d{6}$/) });
    expect(mail?.link).toMatch(new RegExp(`^${server.url}/magic-link\\?token=[\\w-]{43}$`));
    for (const part of [mail?.code, mail?.link]) expect(mail?.text).toContain(`\n${part}\n`);
  });

  test('is in the language of who asked, and its link is stored as a keyed hash alone', async () => {
    const mail = await ask(await server.createUser(), server, CHINESE);
    expect([mail?.subject, mail?.text]).toEqual(['登录', expect.stringContaining('或直接打开链接')]);
    const stored = JSON.stringify(await server.deps.database.db.collection('one_time_codes').find().toArray());
    expect(stored).not.toContain(tokenOf(mail));
  });

  test('goes to proven addresses alone', async () => {
    expect(await ask(await server.createUser([{ name: 'User' }], { email_verified: false }))).toBeUndefined();
    expect(await ask({ email: 'nobody.magic@example.com' })).toBeUndefined();
  });

  test('leads to the page of an application, where one is configured', async () => {
    const page = 'https://app.example.com/magic?tenant=a%26b';
    const app = await startTestServer({ config: { auth: { magic_link: true, magic_link_url: page } } });
    try {
      const user = await app.createUser();
      const mail = await ask(user, app);
      const link = new URL(mail?.link ?? '');
      expect(`${link.origin}${link.pathname}`).toBe('https://app.example.com/magic');
      expect(link.searchParams.get('tenant')).toBe('a&b');
      // The application's own page posts the token.
      const { body } = await login(tokenOf(mail), { device: { device_name: '应用' } }, app);
      expect([body.status, claimsOf(body.access_token).amr]).toEqual(['ok', ['email']]);
    } finally {
      await app.close();
    }
  });
});

describe('the page', () => {
  test('names the account; its button opens a session in a cookie of this server', async () => {
    const user = await server.createUser();
    const link = (await ask(user))?.link ?? '';
    const page = await openPage(server, link);
    expect([page.status, page.body]).toEqual([200, expect.stringContaining(`<strong>${user.username}</strong>`)]);
    // Without a referrer a browser would post the form from the origin "null".
    expect(page.headers.get('referrer-policy')).toBe('same-origin');
    expect(page.headers.get('cache-control')).toBe('no-store');
    const answer = await pressButton(server, PATH, readForm(page.body));
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('You are signed in')]);
    const cookie = cookieOf(answer) ?? '';
    expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Lax/);
    expect(answer.body).not.toMatch(/eyJ|token/);
    const refreshed = await server.rest('POST', '/auth/refresh', {
      headers: { cookie: cookie.split(';')[0] ?? '', origin: server.url },
    });
    expect([refreshed.status, refreshed.body.user?.username]).toEqual([200, user.username]);
  });

  test('speaks Chinese to who prefers it', async () => {
    const link = (await ask(await server.createUser()))?.link ?? '';
    expect((await openPage(server, link, CHINESE)).body).toContain('请点击按钮，在此设备上登录账号');
    expect((await follow(link, CHINESE)).body).toContain('您已登录');
    expect((await openPage(server, link, CHINESE)).body).toContain('链接已失效');
  });

  test('spends nothing when it is opened, and says when there is nothing left to spend', async () => {
    const link = (await ask(await server.createUser()))?.link ?? '';
    for (let visit = 0; visit < 3; visit++) expect((await openPage(server, link)).status).toBe(200);
    const form = readForm((await openPage(server, link)).body);
    expect(cookieOf(await pressButton(server, PATH, form))).toBeDefined();
    const again = await pressButton(server, PATH, form);
    expect([again.status, cookieOf(again)]).toEqual([400, undefined]);
    expect(again.body).toContain('This link no longer works');
    const page = await openPage(server, link);
    expect([page.status, page.body]).toEqual([400, expect.stringContaining('This link no longer works')]);
  });

  test('says that one more step is needed where a second factor is enrolled, and signs nobody in', async () => {
    const holder = await createHolder(server);
    const mail = await ask(holder);
    const answer = await follow(mail?.link ?? '');
    expect([answer.status, cookieOf(answer)]).toEqual([200, undefined]);
    expect(answer.body).toContain('One more step');
    const byCode = await server.rest('POST', '/auth/login', { body: { email: holder.email, code: mail?.code } });
    expect(byCode.body.status).toBe('mfa_required');
    expect(await outcomeOf(tokenOf(await ask(holder)))).toBe('mfa_required');
  });

  test('tells who is disabled or locked, on a page, and keeps the link', async () => {
    const user = await server.createUser();
    const link = (await ask(user))?.link ?? '';
    await server.deps.users.update(user.id, {}, { $set: { status: 'inactive' } });
    const disabled = await follow(link, CHINESE);
    expect([disabled.status, cookieOf(disabled), disabled.body]).toEqual([
      403,
      undefined,
      expect.stringContaining('账号已停用'),
    ]);
    await server.deps.users.update(user.id, {}, { $set: { status: 'active' } });
    for (let i = 0; i < 5; i++) await tryPassword(server, user, 'wrong password');
    const locked = await follow(link);
    expect([locked.status, cookieOf(locked)]).toEqual([423, undefined]);
    expect(locked.headers.get('content-type')).toContain('text/html');
  });
});

describe('a foreign page', () => {
  test.each<[string, Record<string, string>]>([
    ['elsewhere', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['in a sandbox', { origin: 'null' }],
    ['whose name begins like ours', { origin: 'http://127.0.0.1.evil.example' }],
    ['that claims our origin from another site', { 'sec-fetch-site': 'cross-site' }],
  ])('%s signs its visitor in to no account of its own, and spends nothing', async (_, headers) => {
    const token = tokenOf(await ask(await server.createUser()));
    const answer = await pressButton(server, PATH, { token }, headers);
    expect([answer.status, cookieOf(answer)]).toEqual([403, undefined]);
    const byApi = await server.rest('POST', '/auth/login', {
      body: { magic_token: token, refresh_transport: 'cookie' },
      headers: { origin: server.url, ...headers },
    });
    expect([byApi.body.code, cookieOf(byApi)]).toEqual(['ORIGIN_REFUSED', undefined]);
    expect(await outcomeOf(token)).toBe('ok');
  });

  test('that names the visitor beside a link of its own is shown for what it is', async () => {
    const [thief, visitor] = [await server.createUser(), await server.createUser()];
    const link = new URL((await ask(thief))?.link ?? '');
    link.searchParams.set('account', visitor.username);
    const { body } = await openPage(server, link.href);
    expect(body).toContain(`<strong>${thief.username}</strong>`);
    expect(body).not.toContain(visitor.username);
  });
});

describe('the link', () => {
  test('works once, however often it is followed at once, over two instances', async () => {
    const token = tokenOf(await ask(await server.createUser()));
    const outcomes = await Promise.all(Array.from({ length: 4 }, (_, i) => outcomeOf(token, i % 2 ? other : server)));
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CODE')).toHaveLength(3);
  });

  test('works for 15 minutes', async () => {
    const [early, late] = [
      tokenOf(await ask(await server.createUser())),
      tokenOf(await ask(await server.createUser())),
    ];
    server.clock.advance(14 * MINUTE);
    expect(await outcomeOf(early)).toBe('ok');
    server.clock.advance(MINUTE);
    expect(await outcomeOf(late)).toBe('INVALID_CODE');
  });

  test('is void once the password was changed, or the address is somebody else’s', async () => {
    const user = await server.createUser();
    const token = tokenOf(await ask(user));
    const { access } = await server.signIn(user);
    await changePassword(server, access, { old_password: user.password, new_password: NEW_PASSWORD });
    expect(await outcomeOf(token)).toBe('INVALID_CODE');

    const [before, after] = [await server.createUser(), await server.createUser()];
    const moved = tokenOf(await ask(before));
    await server.deps.users.update(before.id, {}, { $unset: { email: '' }, $set: { email_verified: false } });
    await server.deps.users.update(after.id, {}, { $set: { email: before.email } });
    expect(await outcomeOf(moved)).toBe('INVALID_CODE');
  });

  test('is good for signing in alone, and no other text is one', async () => {
    const token = tokenOf(await ask(await server.createUser()));
    expect((await resetPassword(server, { token })).body.code).toBe('INVALID_CODE');
    expect((await server.rest('POST', '/auth/email/verify', { body: { token } })).body.code).toBe('INVALID_CODE');
    for (const odd of [{ $ne: '' }, '', ['x'], 1, null]) expect(await outcomeOf(odd)).toBe('VALIDATION_FAILED');
    for (const unknown of ['x', 'x'.repeat(43)]) expect(await outcomeOf(unknown)).toBe('INVALID_CODE');
    expect(await outcomeOf(token)).toBe('ok');
  });
});

test('one mail is one sign-in: by its link or by its code', async () => {
  const one = await server.createUser();
  const first = await ask(one);
  expect(first?.code).toMatch(/^\d{6}$/);
  const byCode = () => server.rest('POST', '/auth/login', { body: { email: one.email, code: first?.code } });
  expect(await outcomeOf(tokenOf(first))).toBe('ok');
  expect((await byCode()).body.code).toBe('INVALID_CODE');

  const another = await server.createUser();
  const second = await ask(another);
  const signedIn = await server.rest('POST', '/auth/login', { body: { email: another.email, code: second?.code } });
  expect(signedIn.body.status).toBe('ok');
  expect(await outcomeOf(tokenOf(second))).toBe('INVALID_CODE');
});
