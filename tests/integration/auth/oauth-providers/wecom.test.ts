// WeCom: members of one company, the application's shared token, with a fake of its servers.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeWecom } from '../../../../scripts/fakes/oauth/wecom.ts';
import {
  build,
  CALLBACK,
  CLEAN_NAME,
  choose,
  comeBack,
  createMovableClock,
  createRequest,
  failureOf,
  HOSTILE_NAME,
  signIn,
} from './harness.ts';

const clock = createMovableClock();
let wecom: Awaited<ReturnType<typeof startFakeWecom>>;
beforeAll(async () => {
  wecom = await startFakeWecom({ now: clock.now });
});
afterAll(() => wecom.close());

const APP_TOKEN = '/cgi-bin/gettoken';
const USERINFO = '/cgi-bin/auth/getuserinfo';
const MEMBER = '/cgi-bin/user/get';
const DETAIL = '/cgi-bin/auth/getuserdetail';
beforeEach(() => {
  for (const path of [APP_TOKEN, USERINFO, MEMBER, DETAIL]) wecom.misbehave(path, null);
});
const provider = (change: object = {}, timeout?: number) =>
  build({ ...wecom.config, ...change }, { clock, ...(timeout && { timeout }) });
const everybody = { company_only: false };
const inTheApp = { userAgent: 'Mozilla/5.0 (iPhone) MicroMessenger/7.0.1 wxwork/4.1.30 MailPlugin_Electron' };
const corpId = 'wwfakecorp0123456789';

describe('the way there', () => {
  test('is the page with the QR code', async () => {
    const request = createRequest();
    const url = await provider().authorizationUrl(request);
    expect(url.pathname).toBe('/wwlogin/sso/login');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      login_type: 'CorpApp',
      appid: corpId,
      agentid: '1000002',
      redirect_uri: CALLBACK,
      state: request.state,
      lang: 'zh',
    });
  });

  test('is another page inside the app', async () => {
    const request = createRequest(inTheApp);
    const url = await provider().authorizationUrl(request);
    expect(url.pathname).toBe('/connect/oauth2/authorize');
    expect(url.hash).toBe('#wechat_redirect');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      appid: corpId,
      agentid: '1000002',
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'snsapi_base',
      state: request.state,
    });
    expect((await signIn(provider(), 'lilei', request)).subject).toBe(`${corpId}:lilei`);
    const wechat = await provider().authorizationUrl(createRequest({ userAgent: 'Mozilla/5.0 MicroMessenger/8.0' }));
    expect(wechat.pathname).toBe('/wwlogin/sso/login');
  });

  test('brings the state back, and takes none but letters and digits', async () => {
    const state = 'aZ09'.repeat(32);
    const callback = await choose(await provider().authorizationUrl(createRequest({ state })), 'lilei');
    expect(callback.searchParams.get('state')).toBe(state);
    for (const refused of ['a.b.c', 'a-b', 'a_b', `${state}a`]) {
      const address = await provider().authorizationUrl(createRequest({ state: refused }));
      await expect(choose(address, 'lilei')).rejects.toThrow('state 参数错误');
    }
  });
});

describe('a member', () => {
  test('is known by company and userid, in whatever case', async () => {
    expect(await signIn(provider(), 'lilei')).toEqual({
      subject: `${corpId}:lilei`,
      emailVerified: false,
      name: '李雷',
      ids: { corp_id: corpId, userid: 'LiLei' },
    });
  });

  test('who agreed to it is told with every field', async () => {
    const request = createRequest(inTheApp);
    expect(await signIn(provider({ scopes: ['snsapi_privateinfo'] }), 'lilei', request)).toEqual({
      subject: `${corpId}:lilei`,
      email: 'lilei@corp.example.com',
      emailVerified: false,
      phone: '+8613800138000',
      name: '李雷',
      avatar: 'https://wework.qpic.cn/wwhead/lilei/0',
      ids: { corp_id: corpId, userid: 'LiLei' },
    });
  });

  test('has a number of the mainland unless it says another country, wherever this server stands', async () => {
    const abroad = build({ ...wecom.config, scopes: ['snsapi_privateinfo'] }, { clock, defaultRegion: 'US' });
    expect((await signIn(abroad, 'lilei', createRequest(inTheApp))).phone).toBe('+8613800138000');
    const other = await signIn(abroad, 'hanmeimei', createRequest(inTheApp));
    expect(other).toMatchObject({ phone: '+85261234567', name: '韩梅梅' });
    expect(other).not.toHaveProperty('email');
  });

  test('is told by the older form of the API, too', async () => {
    const older = {
      userinfo_url: `${wecom.url}/cgi-bin/user/getuserinfo`,
      authorize_url: `${wecom.url}/wwopen/sso/qrConnect`,
    };
    expect((await signIn(provider(older), 'lilei')).subject).toBe(`${corpId}:lilei`);
    expect(await failureOf(signIn(provider(older), 'outsider'))).toMatchObject({ failure: 'not_a_member' });
  });

  test.each([48002, 60011, 60111])(
    'is let in where the directory answers %d: the application may not read it',
    async (errcode) => {
      wecom.misbehave(MEMBER, { body: { errcode, errmsg: 'no privilege' } });
      expect(await signIn(provider(), 'lilei')).toEqual({
        subject: `${corpId}:lilei`,
        emailVerified: false,
        ids: { corp_id: corpId, userid: 'LiLei' },
      });
    },
  );

  test('who says no is denied', async () => {
    const { callback, request } = await comeBack(provider(), 'deny');
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'denied' });
  });
});

describe('the company gate', () => {
  test.each([
    ['outsider', `${corpId}:openid:oFakeWecomOpenidOutsider`],
    ['linked', `${corpId}:wwlinkedcorp/lucy`],
  ])('keeps the %s out, unless it is open', async (person, subject) => {
    expect(await failureOf(signIn(provider(), person))).toMatchObject({ failure: 'not_a_member' });
    expect((await signIn(provider(everybody), person)).subject).toBe(subject);
  });

  test.each([
    ['nobody', {}, 'names nobody'],
    ['a userid that is none', { userid: { a: 1 }, openid: 'x' }, 'userid'],
    ['a userid of two lines', { userid: 'a\nb' }, 'userid'],
    ['an openid that is none', { openid: 7 }, 'openid'],
  ])('stays shut on an answer that names %s', async (_, visitor, said) => {
    wecom.misbehave(USERINFO, { body: { errcode: 0, errmsg: 'ok', ...visitor } });
    for (const change of [{}, everybody])
      expect(await failureOf(signIn(provider(change), 'lilei'))).toMatchObject({
        failure: 'refused',
        message: expect.stringContaining(said),
      });
  });
});

describe('the application’s token', () => {
  test('is asked for once by many who come at once, and again shortly before it expires', async () => {
    const one = provider();
    const before = wecom.calls(APP_TOKEN);
    await Promise.all(Array.from({ length: 20 }, () => signIn(one, 'lilei')));
    await signIn(one, 'hanmeimei');
    expect(wecom.calls(APP_TOKEN)).toBe(before + 1);
    clock.move(114);
    await signIn(one, 'lilei');
    expect(wecom.calls(APP_TOKEN)).toBe(before + 1);
    clock.move(2);
    await Promise.all(Array.from({ length: 20 }, () => signIn(one, 'lilei')));
    expect(wecom.calls(APP_TOKEN)).toBe(before + 2);
  });

  test('that WeCom took back (40014) is asked for anew, once for all', async () => {
    const one = provider();
    await signIn(one, 'lilei');
    const before = wecom.calls(APP_TOKEN);
    const attempts = await Promise.all(Array.from({ length: 10 }, () => comeBack(one, 'lilei')));
    wecom.revokeAppTokens();
    const identities = await Promise.all(attempts.map(({ callback, request }) => one.identify(callback, request)));
    expect(new Set(identities.map(({ subject }) => subject))).toEqual(new Set([`${corpId}:lilei`]));
    expect(wecom.calls(APP_TOKEN)).toBe(before + 1);
  });

  test('that expired on their side first (42001) is asked for anew', async () => {
    // Ours stands still.
    const one = build(wecom.config);
    await signIn(one, 'lilei');
    const before = wecom.calls(APP_TOKEN);
    clock.move(121);
    await signIn(one, 'lilei');
    expect(wecom.calls(APP_TOKEN)).toBe(before + 1);
  });

  test('is not kept when it could not be got', async () => {
    const one = provider();
    wecom.misbehave(APP_TOKEN, { body: { errcode: -1, errmsg: 'system error' } });
    expect(await failureOf(signIn(one, 'lilei'))).toMatchObject({ failure: 'unavailable' });
    wecom.misbehave(APP_TOKEN, null);
    expect((await signIn(one, 'lilei')).subject).toBe(`${corpId}:lilei`);
  });
});

describe('refused is', () => {
  test('a code that comes twice, or is too old', async () => {
    const one = provider();
    const { callback, request, code } = await comeBack(one, 'lilei');
    await one.identify(callback, request);
    const failure = await failureOf(one.identify(callback, request), code, wecom.config.client_secret);
    expect(failure).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('40029 invalid code ***, hint'),
    });
    const late = await comeBack(one, 'lilei');
    clock.move(6);
    expect(await failureOf(one.identify(late.callback, late.request), late.code)).toMatchObject({ failure: 'refused' });
  });

  test('a wrong secret', async () => {
    const wrong = 'wrong-secret-0123456789';
    const failure = await failureOf(signIn(provider({ client_secret: wrong }), 'lilei'), wrong);
    expect(failure).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('40001 invalid credential ***'),
    });
  });

  test('an error of the directory that is not about rights', async () => {
    wecom.misbehave(MEMBER, { body: { errcode: 60020, errmsg: 'not allow to access from your ip' } });
    expect(await failureOf(signIn(provider(), 'lilei'))).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('60020'),
    });
  });
});

test.each([APP_TOKEN, USERINFO, MEMBER, DETAIL])('no answer from %s in time is unavailable', async (path) => {
  const one = provider({ scopes: ['snsapi_privateinfo'] }, 100);
  const { callback, request, code } = await comeBack(one, 'lilei', inTheApp);
  wecom.misbehave(path, 'silence');
  const failure = await failureOf(one.identify(callback, request), code, wecom.config.client_secret);
  expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('within 100 ms') });
});

test('a hostile profile is harmless', async () => {
  wecom.misbehave(MEMBER, {
    body: { errcode: 0, name: HOSTILE_NAME, avatar: 'data:text/html,x', email: ['a@b.cc'], mobile: {} },
  });
  expect(await signIn(provider(), 'lilei')).toEqual({
    subject: `${corpId}:lilei`,
    emailVerified: false,
    name: CLEAN_NAME,
    ids: { corp_id: corpId, userid: 'LiLei' },
  });
});
