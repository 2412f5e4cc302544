// Signing in by a third party, from the application's button to its tokens: against the fakes, over two instances.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeOidc } from '../../../scripts/fakes/oauth/oidc.ts';
import { startFakeWechat } from '../../../scripts/fakes/oauth/wechat.ts';
import {
  type BrowserSession,
  openBrowser,
  type RedirectApp,
  readReturn,
  registerApp,
  visitProvider,
} from '../../support/browser-session.ts';
import { readMails } from '../../support/mailbox.ts';
import { createTestClock, startTestServer, type TestServer } from '../../support/server.ts';

const clock = createTestClock();
let company: Awaited<ReturnType<typeof startFakeOidc>>;
let trusted: Awaited<ReturnType<typeof startFakeOidc>>;
let wechat: Awaited<ReturnType<typeof startFakeWechat>>;
let server: TestServer;
let other: TestServer;
let app: RedirectApp;
let browser: BrowserSession;
beforeAll(async () => {
  const now = clock.now;
  [company, trusted, wechat] = await Promise.all([
    startFakeOidc({ now }),
    startFakeOidc({ now }),
    startFakeWechat({ now }),
  ]);
  const providers = {
    company: company.config,
    trusted: { ...trusted.config, display_name: '公司账号', trust_email: true },
    wechat: wechat.config,
  };
  const config = { oauth: { providers } };
  server = await startTestServer({ clock, config });
  other = await startTestServer({ sharedWith: server, config });
  app = await registerApp(server);
});
afterAll(async () => {
  await other.close();
  await server.close();
  for (const fake of [company, trusted, wechat]) await fake.close();
});
beforeEach(() => {
  browser = openBrowser(server);
});

const signIn = async (provider: string, person: string, by = browser) => {
  const returned = readReturn(await visitProvider(by, app.authorizeUrl(provider), person));
  return app.exchange(returned.code);
};

test('providers are listed in the order of the configuration, with what buttons show', async () => {
  const { body } = await server.rest('GET', '/auth/oauth/providers');
  expect(body.items).toEqual([
    { id: 'company', kind: 'oidc', display_name: 'OpenID Connect' },
    { id: 'trusted', kind: 'oidc', display_name: '公司账号' },
    { id: 'wechat', kind: 'wechat', display_name: 'WeChat' },
  ]);
});

test('a first sign-in makes an account, a second one finds it, also on another instance', async () => {
  const back = await visitProvider(browser, app.authorizeUrl('company'), 'hanmeimei');
  expect(back.location.startsWith(`${app.redirectUri}?`)).toBe(true);
  const returned = readReturn(back);
  expect(returned).toEqual({ code: expect.stringMatching(/^[\w-]{43}$/), state: 'from-the-app', iss: server.url });
  const first = await app.exchange(returned.code);
  expect(first.body).toMatchObject({
    status: 'ok',
    token_type: 'Bearer',
    user: { username: expect.stringMatching(/^u_[a-z2-7]{10}$/), email: null, profile: { name: '韩梅梅' } },
  });

  const again = readReturn(
    await visitProvider(openBrowser(other), `${other.url}${app.authorizeUrl('company')}`, 'hanmeimei'),
  );
  const second = await app.exchange(again.code, {}, other);
  expect(second.body.user.id).toBe(first.body.user.id);
  const sessions = await server.rest('GET', '/auth/sessions', { token: second.body.access_token });
  expect(sessions.body.items[0]).toMatchObject({ auth_methods: ['oauth:company'], client_id: app.clientId });
});

test('a person without a unionid is told from others by their openid', async () => {
  const one = await signIn(
    'wechat',
    Object.keys(wechat.people).find((person) => !wechat.people[person]?.profile['unionid']) ?? '',
  );
  expect(one.body.status).toBe('ok');
});

test('whoever was known by an openid is the same person once the provider tells their unionid', async () => {
  wechat.people['joined'] = { label: 'x', profile: { openid: 'o-joined', nickname: '合并' } };
  const before = await signIn('wechat', 'joined');
  wechat.people['joined'] = { label: 'x', profile: { openid: 'o-joined', unionid: 'u-joined', nickname: '合并' } };
  const after = await signIn('wechat', 'joined');
  expect([before.body.status, after.body.user.id]).toEqual(['ok', before.body.user.id]);
  expect((await server.deps.users.findByIdentity('wechat', 'u-joined'))?._id.toHexString()).toBe(after.body.user.id);
});

test('two first sign-ins at once make one account', async () => {
  const fresh = { label: 'Both', profile: { sub: 'both-at-once', name: '双击' } };
  company.people['both'] = fresh;
  const returns = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const on = i % 2 ? server : other;
      return readReturn(await visitProvider(openBrowser(on), `${on.url}${app.authorizeUrl('company')}`, 'both'));
    }),
  );
  const answers = await Promise.all(returns.map(({ code }) => app.exchange(code)));
  expect(new Set(answers.map(({ body }) => body.user?.id)).size).toBe(1);
});

describe('an account that is there already', () => {
  test('is not linked by an address that the provider tells, unless it is trusted for that', async () => {
    const user = await server.createUser([{ name: 'Editor' }], { email: 'meimei@corp.example.com' });
    for (const [fake, sub] of [
      [company, 'm-1'],
      [trusted, 'm-2'],
    ] as const)
      fake.people['same'] = { label: 'Same', profile: { sub, email: 'MeiMei@corp.example.com', email_verified: true } };
    const untrusted = await signIn('company', 'same');
    expect(untrusted.body.user.id).not.toBe(user.id);
    expect(untrusted.body.user.email).toBeNull();
    const linked = await signIn('trusted', 'same');
    expect(linked.body.user.id).toBe(user.id);
    expect((await readMails(server, user.email)).map(({ subject }) => subject)).toEqual(['Your account was changed']);
  });

  test('is not linked by an address that either side has not verified', async () => {
    const unverified = await server.createUser([{ name: 'User' }], {
      email: 'un@corp.example.com',
      email_verified: false,
    });
    trusted.people['claims'] = {
      label: 'x',
      profile: { sub: 'c-1', email: 'claims@corp.example.com', email_verified: false },
    };
    trusted.people['un'] = { label: 'x', profile: { sub: 'c-2', email: 'un@corp.example.com', email_verified: true } };
    const victim = await server.createUser([{ name: 'User' }], { email: 'claims@corp.example.com' });
    expect((await signIn('trusted', 'claims')).body.user.id).not.toBe(victim.id);
    // Whoever proves an address takes it from who only claims it, as by a mailed link; the account that claimed it is not theirs.
    const proven = await signIn('trusted', 'un');
    expect(proven.body.user).toMatchObject({ email: 'un@corp.example.com' });
    expect(proven.body.user.id).not.toBe(unverified.id);
  });

  test('is not linked by a number that nobody has used for long: it may have passed to somebody else', async () => {
    const phone = '+8613700137000';
    const idle = await server.createUser();
    const longAgo = new Date(server.clock.now().getTime() - 91 * 24 * 3_600_000);
    await server.deps.users.update(
      idle.id,
      {},
      { $set: { phone, phone_verified: true, 'login_history.last_login_at': longAgo } },
    );
    trusted.people['number'] = {
      label: 'x',
      profile: { sub: 'n-1', name: '新号主', phone_number: phone, phone_number_verified: true },
    };
    expect((await signIn('trusted', 'number')).body.user.id).not.toBe(idle.id);
    await server.deps.users.update(idle.id, {}, { $set: { 'login_history.last_login_at': server.clock.now() } });
    trusted.people['owner'] = {
      label: 'x',
      profile: { sub: 'n-2', phone_number: phone, phone_number_verified: true },
    };
    expect((await signIn('trusted', 'owner')).body.user.id).toBe(idle.id);
  });

  test('is not meant by an address that only looks like it when its letters are made small', async () => {
    const kate = await server.createUser([{ name: 'Editor' }], { email: 'kate@corp.example.com' });
    trusted.people['kelvin'] = {
      label: 'x',
      profile: { sub: 'k-1', email: '\u212aate@corp.example.com', email_verified: true },
    };
    const { body } = await signIn('trusted', 'kelvin');
    expect(body.user).toMatchObject({ email: null });
    expect(body.user.id).not.toBe(kate.id);
  });

  test('gets no identity while it is disabled', async () => {
    const user = await server.createUser([{ name: 'User' }], { email: 'gone@corp.example.com' });
    await server.deps.users.update(user.id, {}, { $set: { status: 'inactive' } });
    trusted.people['gone'] = {
      label: 'x',
      profile: { sub: 'g-1', email: 'gone@corp.example.com', email_verified: true },
    };
    expect((await signIn('trusted', 'gone')).body.code).toBe('ACCOUNT_DISABLED');
    expect((await server.deps.users.findById(user.id))?.identities ?? []).toEqual([]);
  });

  test('with a second factor, or disabled, is let in no further than by a password', async () => {
    const { body } = await signIn('company', 'lilei');
    const { id } = body.user;
    await server.deps.users.update(
      id,
      {},
      {
        $set: {
          'security.two_factor': {
            totp: { secret: 'x', activated_at: new Date(), last_step: 0 },
            backup_codes: [],
            passkeys: 0,
          },
        },
      },
    );
    expect((await signIn('company', 'lilei')).body).toMatchObject({ status: 'mfa_required', methods: ['totp'] });
    await server.deps.users.update(id, {}, { $set: { status: 'inactive' } });
    expect((await signIn('company', 'lilei')).body.code).toBe('ACCOUNT_DISABLED');
  });
});

describe('what goes wrong at the provider', () => {
  test.each([
    ['a no', 'company', 'deny', 'access_denied'],
    ['a no without an error', 'wechat', 'deny', 'access_denied'],
  ])('%s is told to the application', async (_name, provider, person, error) => {
    const returned = readReturn(await visitProvider(browser, app.authorizeUrl(provider), person));
    expect(returned).toMatchObject({ error, state: 'from-the-app', iss: server.url });
    expect(returned.code).toBeUndefined();
  });

  test('a provider that lies, or is away, is told apart', async () => {
    company.lie('nonce');
    expect(readReturn(await visitProvider(browser, app.authorizeUrl('company'), 'lilei')).error).toBe('server_error');
    company.lie(null);
    company.misbehave('/token', { status: 503, body: 'down' });
    expect(readReturn(await visitProvider(browser, app.authorizeUrl('company'), 'lilei')).error).toBe(
      'temporarily_unavailable',
    );
    company.misbehave('/token', null);
  });

  test('nothing of the provider’s answer is passed on but a plain sentence', async () => {
    company.misbehave('/token', {
      status: 400,
      body: { error: 'invalid_grant', error_description: '<script>secret</script>' },
    });
    const back = await visitProvider(browser, app.authorizeUrl('company'), 'lilei');
    company.misbehave('/token', null);
    expect(decodeURIComponent(back.location)).not.toMatch(/<script|secret/);
  });
});

describe('linking', () => {
  const link = async (provider: string, token: string, by = browser) => {
    const { text, status } = await by.go(`/api/v1/auth/oauth/${provider}/link`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      body: { client_id: app.clientId, redirect_uri: app.redirectUri },
    });
    return { status, body: JSON.parse(text) };
  };
  const visit = async (url: string, person: string, by = browser) => {
    const provider = new URL(url);
    provider.searchParams.set('as', person);
    return readReturn(await by.go((await by.go(provider.href)).location));
  };

  test('adds a way in, lists it, and takes it away again, but never the last', async () => {
    trusted.people['linker'] = {
      label: 'x',
      profile: { sub: 'l-1', name: '链接', email: 'l@x.example.com', email_verified: true },
    };
    const user = await server.createUser();
    const { access: token } = await server.signIn(user);
    const begun = await link('trusted', token);
    expect(begun.status).toBe(200);
    expect(await visit(begun.body.url, 'linker')).toEqual({ linked: 'trusted' });
    const { body } = await server.rest('GET', '/auth/oauth/identities', { token });
    expect(body.items).toMatchObject([{ provider: 'trusted', name: '链接', email: 'l@x.example.com' }]);
    expect((await signIn('trusted', 'linker')).body.user.id).toBe(user.id);

    expect((await link('trusted', token)).body.code).toBe('ALREADY_EXISTS');
    await server.deps.users.update(
      user.id,
      {},
      { $unset: { password_hash: '', email: '' }, $set: { email_verified: false } },
    );
    expect((await server.rest('DELETE', '/auth/oauth/trusted/link', { token })).body.code).toBe('LAST_CREDENTIAL');
    await server.deps.users.update(user.id, {}, { $set: { phone: '+8613912345678', phone_verified: true } });
    expect((await server.rest('DELETE', '/auth/oauth/trusted/link', { token })).status).toBe(204);
    expect((await signIn('trusted', 'linker')).body.user.id).not.toBe(user.id);
  });

  test('of two persons of one provider the second is not, and is not said to be', async () => {
    for (const person of ['one', 'two']) trusted.people[person] = { label: 'x', profile: { sub: `pair-${person}` } };
    const { access: token } = await server.signIn(await server.createUser());
    const [first, second] = [openBrowser(server), openBrowser(server)];
    const begun = [await link('trusted', token, first), await link('trusted', token, second)];
    expect(await visit(begun[0]?.body.url, 'one', first)).toEqual({ linked: 'trusted' });
    expect(await visit(begun[1]?.body.url, 'two', second)).toMatchObject({ error: 'access_denied' });
  });

  test('a provider that is not configured any more is no way in that could be the last', async () => {
    const user = await server.createUser();
    const { access: token } = await server.signIn(user);
    const profile = { name: null, email: null, avatar: null, ids: {} };
    const identity = { provider: 'former', subject: 'f-1', linked_at: server.clock.now(), profile };
    await server.deps.users.update(user.id, {}, { $set: { identities: [identity] }, $unset: { password_hash: '' } });
    const removed = await server.rest('DELETE', '/auth/contact?contact=email', { token });
    expect(removed.body.code).toBe('LAST_CREDENTIAL');
  });

  test('an identity of another account is not taken over', async () => {
    const owner = await signIn('company', 'hanmeimei');
    const { access: token } = await server.signIn(await server.createUser());
    const begun = await link('company', token);
    expect(await visit(begun.body.url, 'hanmeimei')).toMatchObject({ error: 'access_denied' });
    expect((await signIn('company', 'hanmeimei')).body.user.id).toBe(owner.body.user.id);
  });

  test('another browser cannot be made to finish it: the victim’s identity would come to the attacker’s account', async () => {
    company.people['victim'] = { label: 'x', profile: { sub: 'v-1', name: 'Victim' } };
    const attacker = await server.createUser();
    const { access: token } = await server.signIn(attacker);
    const begun = await link('company', token);
    const provider = new URL(begun.body.url);
    provider.searchParams.set('as', 'victim');
    const victim = openBrowser(server);
    const refused = await victim.go((await victim.go(provider.href)).location);
    expect([refused.status, refused.text]).toEqual([401, expect.stringContaining('another browser')]);
    const { body } = await server.rest('GET', '/auth/oauth/identities', { token });
    expect(body.items).toEqual([]);
  });

  test('who signs out on the way links nothing', async () => {
    company.people['leaver'] = { label: 'x', profile: { sub: 'lv-1' } };
    const { access: token } = await server.signIn(await server.createUser());
    const begun = await link('company', token);
    await server.rest('POST', '/auth/logout', { token });
    expect(await visit(begun.body.url, 'leaver')).toMatchObject({ error: 'access_denied' });
  });

  test('needs a fresh proof, and an account of which something is proven', async () => {
    const { access: token } = await server.signIn(await server.createUser());
    server.clock.advance(11 * 60_000);
    expect((await link('company', token)).body.code).toBe('STEP_UP_REQUIRED');
    const unproven = await server.createUser([{ name: 'User' }], { email_verified: false });
    expect((await link('company', (await server.signIn(unproven)).access)).body.code).toBe('EMAIL_NOT_VERIFIED');
  });
});

test('a state that is nobody’s ends on a page, in the language of its reader', async () => {
  for (const [language, title, text] of [
    ['en', 'The code or link is wrong or has expired', 'This sign-in was begun in another browser'],
    ['zh-CN', '验证码或链接错误或已失效', '请返回应用后重试。'],
  ] as const) {
    const answer = await fetch(`${server.url}/api/v1/auth/oauth/company/callback?state=nobodys&code=x`, {
      headers: { accept: 'text/html', 'accept-language': language },
    });
    const page = await answer.text();
    expect([answer.status, page]).toEqual([401, expect.stringContaining(title)]);
    expect(page).toContain(text);
  }
});
