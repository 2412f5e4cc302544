// DingTalk: its code, its company gate, with a fake of its servers.
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startFakeDingtalk } from '../../../../scripts/fakes/oauth/dingtalk.ts';
import {
  build,
  CALLBACK,
  CLEAN_NAME,
  comeBack,
  createMovableClock,
  createRequest,
  failureOf,
  HOSTILE_NAME,
  signIn,
} from './harness.ts';

const clock = createMovableClock();
let dingtalk: Awaited<ReturnType<typeof startFakeDingtalk>>;
beforeAll(async () => {
  dingtalk = await startFakeDingtalk({ now: clock.now });
});
afterAll(() => dingtalk.close());

const TOKEN = '/v1.0/oauth2/userAccessToken';
const APP_TOKEN = '/v1.0/oauth2/accessToken';
const USERINFO = '/v1.0/contact/users/me';
const MEMBER = '/topapi/user/getbyunionid';
beforeEach(() => {
  for (const path of [TOKEN, APP_TOKEN, USERINFO, MEMBER]) dingtalk.misbehave(path, null);
});
const provider = (change: object = {}, timeout?: number) =>
  build({ ...dingtalk.config, ...change }, { clock, ...(timeout && { timeout }) });
const everybody = { company_only: false };

describe('the way there', () => {
  test('asks for openid and consent', async () => {
    const request = createRequest();
    const url = await provider().authorizationUrl(request);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: dingtalk.config.client_id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid',
      state: request.state,
      prompt: 'consent',
    });
  });

  test('names the company where one is configured', async () => {
    const named = provider({ corp_id: dingtalk.corpId });
    const url = await named.authorizationUrl(createRequest());
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      scope: 'openid corpid',
      corpId: dingtalk.corpId,
      exclusiveLogin: 'true',
      org_type: 'management',
    });
    expect((await signIn(named, 'lilei')).ids).toMatchObject({ corp_id: dingtalk.corpId });
  });
});

describe('a member', () => {
  test('is told with every field', async () => {
    expect(await signIn(provider(), 'lilei')).toEqual({
      subject: 'FakeUnionIdLilei',
      email: 'lilei@example.com',
      emailVerified: false,
      phone: '+8613800138000',
      name: '李雷',
      avatar: 'https://static-legacy.dingtalk.com/media/lilei.png',
      ids: { unionid: 'FakeUnionIdLilei', openid: 'FakeOpenIdLilei', userid: 'manager4220' },
    });
  });

  test('may have a number of another country, wherever this server stands, and no e-mail', async () => {
    const abroad = build(dingtalk.config, { clock, defaultRegion: 'US' });
    const identity = await signIn(abroad, 'hanmeimei');
    expect(identity).toMatchObject({ phone: '+85261234567', emailVerified: false });
    expect(identity).not.toHaveProperty('email');
    expect(identity).not.toHaveProperty('avatar');
  });

  test('may come back with code in place of authCode', async () => {
    const other = await startFakeDingtalk({ codeParameter: 'code' });
    onTestFinished(() => other.close());
    const { callback, request } = await comeBack(build(other.config), 'lilei');
    expect(callback.searchParams.has('authCode')).toBe(false);
    expect(await build(other.config).identify(callback, request)).toMatchObject({ subject: 'FakeUnionIdLilei' });
  });

  test('who says no is denied', async () => {
    const { callback, request } = await comeBack(provider(), 'deny');
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'denied' });
    const silent = new URL(`${CALLBACK}?state=${request.state}`);
    expect(await failureOf(provider().identify(silent, request))).toMatchObject({ failure: 'denied' });
  });
});

describe('the company gate', () => {
  test.each([
    ['outsider', '60121'],
    ['contact', 'outside contact'],
  ])('keeps the %s out, unless it is open', async (person, said) => {
    expect(await failureOf(signIn(provider(), person))).toMatchObject({
      failure: 'not_a_member',
      message: expect.stringContaining(said),
    });
    const before = dingtalk.calls(MEMBER);
    const { ids } = await signIn(provider(everybody), person);
    expect(ids).not.toHaveProperty('userid');
    expect(dingtalk.calls(MEMBER)).toBe(before);
  });

  test.each([
    ['an answer without a kind of contact', { body: { errcode: 0, result: { userid: 'x' } } }],
    ['an empty answer', { body: {} }],
    ['an answer that says neither yes nor no', { body: { errcode: 0, errmsg: 'ok' } }],
    ['a right that the application does not have', { body: { errcode: 60011, errmsg: '没有调用该接口的权限' } }],
    ['a status of its own', { status: 403, body: { errcode: 0, result: { userid: 'x', contact_type: 0 } } }],
  ])('stays shut on %s', async (_, answer) => {
    dingtalk.misbehave(MEMBER, answer);
    expect(await failureOf(signIn(provider(), 'lilei'))).toMatchObject({ failure: 'refused' });
  });

  test('asks for the application’s token once, however many come', async () => {
    const one = provider();
    const before = dingtalk.calls(APP_TOKEN);
    await Promise.all(Array.from({ length: 10 }, () => signIn(one, 'lilei')));
    expect(dingtalk.calls(APP_TOKEN)).toBe(before + 1);
    clock.move(118);
    await signIn(one, 'lilei');
    expect(dingtalk.calls(APP_TOKEN)).toBe(before + 2);
    dingtalk.revokeAppTokens();
    await signIn(one, 'lilei');
    expect(dingtalk.calls(APP_TOKEN)).toBe(before + 3);
  });

  test('does not open on a token that is refused again and again', async () => {
    dingtalk.misbehave(MEMBER, { body: { errcode: 40014, errmsg: '不合法的access_token' } });
    const before = dingtalk.calls(MEMBER);
    expect(await failureOf(signIn(provider(), 'lilei'))).toMatchObject({ failure: 'refused' });
    expect(dingtalk.calls(MEMBER)).toBe(before + 2);
  });
});

describe('refused is', () => {
  test('a code that comes twice, or is too old', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    await provider().identify(callback, request);
    const failure = await failureOf(provider().identify(callback, request), code, dingtalk.config.client_secret);
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('不合法的临时授权码 ***') });
    const late = await comeBack(provider(), 'lilei');
    clock.move(6);
    expect(await failureOf(provider().identify(late.callback, late.request), late.code)).toMatchObject({
      failure: 'refused',
    });
  });

  test('a wrong secret', async () => {
    const wrong = 'wrong-secret-0123456789';
    const failure = await failureOf(signIn(provider({ client_secret: wrong }), 'lilei'), wrong);
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('invalidClientIdOrSecret') });
  });

  test('a profile without a unionId', async () => {
    dingtalk.misbehave(USERINFO, { body: { nick: 'x', openId: 'y' } });
    expect(await failureOf(signIn(provider(everybody), 'lilei'))).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('unionId'),
    });
  });
});

test.each([TOKEN, USERINFO, APP_TOKEN, MEMBER])('no answer from %s in time is unavailable', async (path) => {
  const { callback, request, code } = await comeBack(provider(), 'lilei');
  dingtalk.misbehave(path, 'silence');
  const failure = await failureOf(provider({}, 100).identify(callback, request), code, dingtalk.config.client_secret);
  expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('within 100 ms') });
});

test('a token that could not be got is asked for again by the next who comes', async () => {
  const one = provider();
  dingtalk.misbehave(APP_TOKEN, { status: 503, body: { code: 'ServiceUnavailable', message: 'later' } });
  expect(await failureOf(signIn(one, 'lilei'))).toMatchObject({
    failure: 'unavailable',
    message: expect.stringContaining('ServiceUnavailable later'),
  });
  dingtalk.misbehave(APP_TOKEN, null);
  expect(await signIn(one, 'lilei')).toMatchObject({ subject: 'FakeUnionIdLilei' });
});

test('a hostile profile is harmless', async () => {
  const { profile } = dingtalk.people.lilei ?? {};
  dingtalk.misbehave(USERINFO, {
    body: {
      ...profile,
      nick: HOSTILE_NAME,
      avatarUrl: 'javascript:alert(1)',
      email: { $ne: null },
      mobile: '1'.repeat(60),
      openId: 'a\u0000b',
    },
  });
  expect(await signIn(provider(), 'lilei')).toEqual({
    subject: 'FakeUnionIdLilei',
    emailVerified: false,
    name: CLEAN_NAME,
    ids: { unionid: 'FakeUnionIdLilei', userid: 'manager4220' },
  });
});
