// The page where somebody who forgot their password chooses a new one: in both languages, kind to who mistypes, of no use to anybody else.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMails, tokenOf } from '../../support/mailbox.ts';
import { openPage, pressButton, readForm } from '../../support/pages.ts';
import { forgetPassword, NEW_PASSWORD, tryPassword } from '../../support/passwords.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const PATH = '/reset-password';
const CHINESE = { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' };

async function forget(fields = {}): Promise<{ user: TestUser; link: string }> {
  const user = await server.createUser([{ name: 'User' }], fields);
  await forgetPassword(server, { email: user.email });
  const [mail] = await readMails(server, user.email);
  tokenOf(mail);
  return { user, link: mail?.link ?? '' };
}

/** Opens the link, types a password, presses the button. */
async function choose(link: string, new_password: string, headers = {}) {
  const page = await openPage(server, link, headers);
  return pressButton(server, PATH, { ...readForm(page.body), new_password }, headers);
}

describe.each([
  [
    'English',
    {},
    ['Choose a new password', 'The password is set', 'no longer works'],
    ['The password must have at least 8 characters.', 'The password is one of the most common passwords.'],
  ],
  [
    'Chinese',
    CHINESE,
    ['设置新密码', '密码已设置', '链接已失效'],
    ['密码至少需要 8 个字符。', '此密码过于常见，请换一个。'],
  ],
] as const)('in %s', (_, headers, [asks, done, spent], [short, common]) => {
  test('it asks for a password for an account, and sets it, once', async () => {
    const { user, link } = await forget();
    for (let visit = 0; visit < 2; visit++) {
      const page = await openPage(server, link, headers);
      expect([page.status, page.body]).toEqual([200, expect.stringContaining(`<h1>${asks}</h1>`)]);
      expect(page.body).toContain(`<strong>${user.username}</strong>`);
      expect(page.body).toMatch(/<input type="password" name="new_password" autocomplete="new-password" required>/);
    }
    const form = readForm((await openPage(server, link, headers)).body);
    const press = (new_password: string) => pressButton(server, PATH, { ...form, new_password }, headers);
    const answer = await press(NEW_PASSWORD);
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining(done)]);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
    for (const again of [await press('another new passphrase'), await openPage(server, link, headers)])
      expect([again.status, again.body]).toEqual([400, expect.stringContaining(spent)]);
  });

  test('it says what is wrong with a password, and the next one is taken with the same form', async () => {
    const { user, link } = await forget();
    const refused = await choose(link, 'short', headers);
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining(`role="alert">${short}</p>`)]);
    expect(refused.body).toContain(`<strong>${user.username}</strong>`);
    expect(refused.body).not.toContain('value="short"');
    const again = await pressButton(server, PATH, { ...readForm(refused.body), new_password: 'iloveyou' }, headers);
    expect(again.body).toContain(common);
    const taken = await pressButton(server, PATH, { ...readForm(again.body), new_password: NEW_PASSWORD }, headers);
    expect(taken.body).toContain(done);
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });
});

test('every complaint there is has Chinese words of its own', async () => {
  const { user, link } = await forget();
  for (const [password, words] of [
    ['', '密码不能为空。'],
    ['x'.repeat(129), '密码最多 128 个字符。'],
    ['x'.repeat(300), '密码最多 256 个字符。'],
    [`x ${user.username} x`, '密码不能包含您的'],
  ] as const)
    expect((await choose(link, password, CHINESE)).body).toContain(words);
});

test('an account that is disabled is told so, on a page', async () => {
  const { user, link } = await forget();
  await server.deps.users.update(user.id, {}, { $set: { status: 'inactive' } });
  const answer = await choose(link, NEW_PASSWORD, CHINESE);
  expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('账号已停用')]);
  expect(answer.headers.get('content-type')).toContain('text/html');
});

test('it works without a script, an Origin or a referrer: there is nothing of the visitor’s that it could spend', async () => {
  const { user, link } = await forget();
  const page = await openPage(server, link);
  expect(page.body).not.toMatch(/<script|javascript:|onclick/i);
  expect(page.headers.get('content-security-policy')).toMatch(
    /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
  );
  expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  expect(page.headers.get('cache-control')).toBe('no-store');
  const fields = { ...readForm(page.body), new_password: NEW_PASSWORD };
  expect((await pressButton(server, PATH, fields, { origin: 'null', 'sec-fetch-site': 'none' })).status).toBe(200);
  expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
});

describe('what is written into its address or its form', () => {
  test('is not shown', async () => {
    const { user, link } = await forget();
    const account = '"><img src=x onerror=alert(1)>';
    const page = await openPage(server, `${link}&account=${encodeURIComponent(account)}`);
    expect(page.body).toContain(`<strong>${user.username}</strong>`);
    expect(page.body).not.toMatch(/img|onerror/);
    for (const bad of ['<b>', 'short', 'x'.repeat(300), ''])
      expect((await openPage(server, `${server.url}${PATH}?token=${encodeURIComponent(bad)}`)).status).toBe(400);
  });

  test.each([
    ['two tokens', 'token=a&token=b&new_password=whatever it is'],
    ['nested fields', 'token[$ne]=1&new_password[$ne]=1'],
    ['a prototype', '__proto__[token]=x&constructor=y'],
    ['nothing', ''],
  ])('is no link when it is %s', async (_, body) => {
    const answer = await fetch(`${server.url}${PATH}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('not complete')]);
  });

  test('counts as one of the tries that an address has', async () => {
    const limited = await startTestServer({ config: { rate_limit: { enabled: true, login: '3/m' } } });
    try {
      const post = () => pressButton(limited, PATH, { token: 'x'.repeat(43), new_password: NEW_PASSWORD }, CHINESE);
      for (let i = 0; i < 3; i++) expect((await post()).body).toContain('链接已失效');
      const refused = await post();
      expect([refused.status, refused.body]).toEqual([429, expect.stringContaining('请求过于频繁')]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await limited.close();
    }
  });
});
