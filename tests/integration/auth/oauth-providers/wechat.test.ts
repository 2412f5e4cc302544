// WeChat: the code on a website, with a fake of its servers.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeWechat } from '../../../../scripts/fakes/oauth/wechat.ts';
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
let wechat: Awaited<ReturnType<typeof startFakeWechat>>;
beforeAll(async () => {
  wechat = await startFakeWechat({ now: clock.now });
});
afterAll(() => wechat.close());

const TOKEN = '/sns/oauth2/access_token';
const USERINFO = '/sns/userinfo';
beforeEach(() => {
  wechat.misbehave(TOKEN, null);
  wechat.misbehave(USERINFO, null);
});
const provider = (change: object = {}, timeout?: number) =>
  build({ ...wechat.config, ...change }, { clock, ...(timeout && { timeout }) });

describe('the way there', () => {
  test('is as WeChat wants it, fragment and all', async () => {
    const request = createRequest();
    const url = await provider({ scopes: ['snsapi_login', 'snsapi_userinfo'] }).authorizationUrl(request);
    expect(url.hash).toBe('#wechat_redirect');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      appid: wechat.config.client_id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'snsapi_login,snsapi_userinfo',
      state: request.state,
      lang: 'cn',
    });
    const english = await provider().authorizationUrl(createRequest({ language: 'en' }));
    expect(english.searchParams.get('lang')).toBe('en');
  });

  test('leads back with the state', async () => {
    const request = createRequest();
    const callback = await choose(await provider().authorizationUrl(request), 'lilei');
    expect(callback.searchParams.get('state')).toBe(request.state);
    expect(callback.href.startsWith(`${CALLBACK}?`)).toBe(true);
  });

  test('shows a page that a person can use without scripts', async () => {
    const response = await fetch(await provider().authorizationUrl(createRequest()));
    const html = await response.text();
    expect(html).toContain('李雷');
    expect(html).toContain('拒绝');
    expect(html).not.toContain('<script');
    const [, first = ''] = /href="([^"]+as=lilei)"/.exec(html) ?? [];
    const link = new URL(first.replaceAll('&amp;', '&'), wechat.url);
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(302);
  });
});

describe('who comes back', () => {
  test('is told with every field', async () => {
    expect(await signIn(provider(), 'lilei')).toEqual({
      subject: 'oFakeUnion_lilei_0123456789a',
      formerSubject: 'oFakeOpenid_lilei_0123456789',
      emailVerified: false,
      name: '李雷',
      avatar: 'http://thirdwx.qlogo.cn/mmopen/lilei/132',
      ids: {
        appid: wechat.config.client_id,
        openid: 'oFakeOpenid_lilei_0123456789',
        unionid: 'oFakeUnion_lilei_0123456789a',
      },
    });
  });

  test('is known by the openid where there is no unionid', async () => {
    expect(await signIn(provider(), 'hanmeimei')).toEqual({
      subject: 'oFakeOpenid_hanmeimei_012345',
      emailVerified: false,
      name: '韩梅梅',
      ids: { appid: wechat.config.client_id, openid: 'oFakeOpenid_hanmeimei_012345' },
    });
  });

  test('is known by the unionid, though only the profile tells it', async () => {
    const { callback, request } = await comeBack(provider(), 'lilei');
    const { openid } = wechat.people.lilei?.profile ?? {};
    wechat.misbehave(TOKEN, { body: JSON.stringify({ access_token: 'a'.repeat(32), openid, unionid: '' }) });
    wechat.misbehave(USERINFO, { body: JSON.stringify({ openid, unionid: 'oFakeUnionLater' }) });
    expect(await provider().identify(callback, request)).toMatchObject({ subject: 'oFakeUnionLater' });
  });

  test('is denied without a code, which is how WeChat says no', async () => {
    const { callback, request } = await comeBack(provider(), 'deny');
    expect([...callback.searchParams.keys()]).toEqual(['state']);
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'denied' });
  });
});

describe('refused is', () => {
  test('a code that comes twice', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    await provider().identify(callback, request);
    const failure = await failureOf(provider().identify(callback, request), code, wechat.config.client_secret);
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('40163 code been used') });
  });

  test('a code that is too old', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    clock.move(6);
    const failure = await failureOf(provider().identify(callback, request), code);
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('42003') });
  });

  test('a code of somebody’s invention, and two codes', async () => {
    const { request } = await comeBack(provider(), 'lilei');
    const invented = new URL(`${CALLBACK}?code=0123456789abcdef0123456789abcdef&state=${request.state}`);
    const failure = await failureOf(provider().identify(invented, request), '0123456789abcdef0123456789abcdef');
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('40029') });
    const twice = new URL(`${CALLBACK}?code=one&code=two`);
    const before = wechat.calls(TOKEN);
    expect(await failureOf(provider().identify(twice, request))).toMatchObject({ failure: 'refused' });
    expect(wechat.calls(TOKEN)).toBe(before);
  });

  test('a wrong secret, which the error does not repeat though WeChat does', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    const wrong = 'wrong-secret-0123456789abcdef/+=';
    const failure = await failureOf(provider({ client_secret: wrong }).identify(callback, request), wrong, code);
    expect(failure).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('40125 invalid appsecret ***'),
    });
  });

  test.each([
    ['without an openid', { access_token: 'x' }, 'openid'],
    ['with an object for a unionid', { access_token: 'x', openid: 'o', unionid: { $ne: 1 } }, 'unionid'],
    ['with a line break in the openid', { access_token: 'x', openid: 'o\n1' }, 'openid'],
    ['with an endless openid', { access_token: 'x', openid: 'o'.repeat(300) }, 'openid'],
    ['that is a list', [1], 'cannot be read'],
    ['that is HTML', '<html>', 'cannot be read'],
    ['with an error of an unknown kind', { errcode: { a: 1 }, openid: 'o', access_token: 'x' }, 'HTTP 200'],
  ])('an answer %s', async (_, body, said) => {
    const { callback, request } = await comeBack(provider(), 'lilei');
    wechat.misbehave(TOKEN, { body });
    const failure = await failureOf(provider().identify(callback, request));
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(said) });
  });

  test('a profile of somebody else', async () => {
    const { callback, request } = await comeBack(provider(), 'lilei');
    wechat.misbehave(USERINFO, { body: JSON.stringify({ openid: 'another', nickname: 'x' }) });
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('openid'),
    });
  });

  test('a redirect, which is not followed', async () => {
    const { callback, request } = await comeBack(provider(), 'lilei');
    const calls = wechat.calls('/elsewhere');
    wechat.misbehave(TOKEN, { status: 302, headers: { location: `${wechat.url}/elsewhere` } });
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'refused' });
    expect(wechat.calls('/elsewhere')).toBe(calls);
  });
});

describe('unavailable is', () => {
  test.each([
    ['silence', 'silence', 'within 100 ms'],
    ['a broken server', { status: 502, body: '<html>bad gateway</html>' }, 'HTTP 502'],
    ['a busy system', { body: { errcode: -1, errmsg: 'system error' } }, '-1 system error'],
    ['too many calls', { status: 429, body: '' }, 'HTTP 429'],
    ['an answer that does not end', { body: 'x'.repeat(2 * 1024 * 1024) }, 'longer than'],
  ] as const)('%s', async (_, how, said) => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    wechat.misbehave(TOKEN, how);
    const failure = await failureOf(provider({}, 100).identify(callback, request), code, wechat.config.client_secret);
    expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining(said) });
  });

  test('a provider that is away', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    const away = await startFakeWechat();
    await away.close();
    const failure = await failureOf(provider({ token_url: `${away.url}${TOKEN}` }).identify(callback, request), code);
    expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('a hostile profile', () => {
  test.each([
    ['control characters and a huge name', { nickname: HOSTILE_NAME }, { name: CLEAN_NAME }],
    ['a script for a picture', { headimgurl: 'javascript:alert(1)' }, { avatar: undefined }],
    ['credentials in the picture', { headimgurl: 'https://a:b@example.com/' }, { avatar: undefined }],
    ['objects for text', { nickname: { $gt: '' }, headimgurl: ['x'] }, { name: undefined, avatar: undefined }],
    ['nothing but invisible characters', { nickname: '\u200b\u2066 \u0000' }, { name: undefined }],
  ])('%s is harmless', async (_, change, expected) => {
    const { profile = {} } = wechat.people.lilei ?? {};
    wechat.misbehave(USERINFO, { body: JSON.stringify({ ...profile, ...change }) });
    const identity = await signIn(provider(), 'lilei');
    for (const [key, value] of Object.entries(expected)) expect(identity[key as 'name' | 'avatar']).toBe(value);
    expect(identity.subject).toBe(profile.unionid);
  });
});

test('what is asked of WeChat goes by GET, and is read whatever its type', async () => {
  const response = await fetch(`${wechat.url}${TOKEN}?appid=x`);
  expect(response.headers.get('content-type')).toBe('text/plain');
  await signIn(provider(), 'lilei');
});
