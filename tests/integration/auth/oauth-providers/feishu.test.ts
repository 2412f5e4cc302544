// Feishu: tokens of version 2, the company gate by tenant, with a fake of its servers.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeFeishu } from '../../../../scripts/fakes/oauth/feishu.ts';
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
let feishu: Awaited<ReturnType<typeof startFakeFeishu>>;
beforeAll(async () => {
  feishu = await startFakeFeishu({ now: clock.now });
});
afterAll(() => feishu.close());

const TOKEN = '/open-apis/authen/v2/oauth/token';
const USERINFO = '/open-apis/authen/v1/user_info';
beforeEach(() => {
  feishu.misbehave(TOKEN, null);
  feishu.misbehave(USERINFO, null);
});
const provider = (change: object = {}, timeout?: number) =>
  build({ ...feishu.config, ...change }, { clock, ...(timeout && { timeout }) });
const tenant = 'fake736588c9260f175d';

test('the way there asks for scopes where some are configured, and binds the code to the verifier', async () => {
  const request = createRequest();
  const url = await provider().authorizationUrl(request);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: feishu.config.client_id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    state: request.state,
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  });
  const scopes = ['contact:user.email:readonly', 'contact:user.phone:readonly'];
  const more = await provider({ scopes }).authorizationUrl(request);
  expect(more.searchParams.get('scope')).toBe(scopes.join(' '));
});

describe('a person of the company', () => {
  test('is told with every field', async () => {
    expect(await signIn(provider(), 'lilei')).toEqual({
      subject: `${tenant}:on_fake_lilei`,
      email: 'lilei@corp.example.com',
      emailVerified: false,
      phone: '+8613800138000',
      name: '李雷',
      avatar: 'https://s1-imfile.feishucdn.com/lilei.png',
      ids: { union_id: 'on_fake_lilei', tenant_key: tenant, open_id: 'ou_fake_lilei', user_id: '5d9bdxxx' },
    });
  });

  test('is told with less where the application may see less', async () => {
    expect(await signIn(provider(), 'hanmeimei')).toEqual({
      subject: `${tenant}:on_fake_hanmeimei`,
      emailVerified: false,
      name: '韩梅梅',
      ids: { union_id: 'on_fake_hanmeimei', tenant_key: tenant, open_id: 'ou_fake_hanmeimei' },
    });
  });

  test('who says no is denied', async () => {
    const { callback, request } = await comeBack(provider(), 'deny');
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'denied' });
    const silent = new URL(`${CALLBACK}?state=${request.state}`);
    expect(await failureOf(provider().identify(silent, request))).toMatchObject({ failure: 'denied' });
  });
});

describe('the company gate', () => {
  test('keeps people of other companies out, unless it is open', async () => {
    expect(await failureOf(signIn(provider(), 'foreigner'))).toMatchObject({ failure: 'not_a_member' });
    const { company_only, tenant_key: _, ...open } = { ...feishu.config, company_only: false };
    const { subject } = await signIn(build({ ...open, company_only }, { clock }), 'foreigner');
    expect(subject).toBe('fakeothertenant00001:on_fake_foreigner');
  });

  test('stays shut on an answer without a tenant', async () => {
    const { tenant_key: _, ...profile } = feishu.people.lilei?.profile ?? {};
    feishu.misbehave(USERINFO, { body: { code: 0, data: profile } });
    expect(await failureOf(signIn(provider(), 'lilei'))).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('data.tenant_key'),
    });
  });

  test('is shut for whom the company did not give the application to', async () => {
    expect(await failureOf(signIn(provider(), 'barred'))).toMatchObject({
      failure: 'not_a_member',
      message: expect.stringContaining('20010'),
    });
  });
});

describe('refused is', () => {
  test('a code that comes twice, or is too old', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    await provider().identify(callback, request);
    const secrets = [code, request.codeVerifier, feishu.config.client_secret];
    expect(await failureOf(provider().identify(callback, request), ...secrets)).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('20003 The authorization code *** is not found.'),
    });
    const late = await comeBack(provider(), 'lilei');
    clock.move(6);
    expect(await failureOf(provider().identify(late.callback, late.request), late.code)).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('20004'),
    });
  });

  test.each([
    ['another verifier', { codeVerifier: 'v'.repeat(64) }, '20049'],
    ['another address to come back to', { redirectUri: `${CALLBACK}/` }, '20071'],
  ])('%s', async (_, change, said) => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    const failure = await failureOf(provider().identify(callback, { ...request, ...change }), code, 'v'.repeat(64));
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(said) });
  });

  test('a wrong secret', async () => {
    const wrong = 'wrong-secret-0123456789';
    const failure = await failureOf(signIn(provider({ client_secret: wrong }), 'lilei'), wrong);
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('20002') });
  });

  test.each([
    ['an error within HTTP 200', { body: { code: 20005, msg: 'invalid token' } }, '20005 invalid token'],
    [
      'an answer that says neither yes nor no',
      { body: { data: { union_id: 'on_x', tenant_key: tenant } } },
      'HTTP 200',
    ],
    ['a person without an id', { body: { code: 0, data: { tenant_key: tenant, open_id: 'ou_x' } } }, 'data.union_id'],
    ['text', { body: 'ok' }, 'HTTP 200'],
  ])('%s', async (_, answer, said) => {
    feishu.misbehave(USERINFO, answer);
    const failure = await failureOf(signIn(provider(), 'lilei'));
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(said) });
  });
});

test.each([
  ['silence', 'silence', 'within 100 ms'],
  ['its own error', { body: { code: 20050, error: 'server_error', error_description: 'retry' } }, '20050 retry'],
  ['its own error by status', { status: 500, body: { code: 20050, error: 'server_error' } }, '20050 server_error'],
] as const)('unavailable is %s', async (_, how, said) => {
  const { callback, request, code } = await comeBack(provider(), 'lilei');
  feishu.misbehave(TOKEN, how);
  const failure = await failureOf(provider({}, 100).identify(callback, request), code, feishu.config.client_secret);
  expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining(said) });
});

test('a hostile profile is harmless', async () => {
  const data = {
    union_id: 'on_x',
    tenant_key: tenant,
    name: HOSTILE_NAME,
    avatar_url: 'javascript:x',
    email: {},
    mobile: 'no number',
  };
  feishu.misbehave(USERINFO, { body: { code: 0, data } });
  expect(await signIn(provider(), 'lilei')).toEqual({
    subject: `${tenant}:on_x`,
    emailVerified: false,
    name: CLEAN_NAME,
    ids: { union_id: 'on_x', tenant_key: tenant },
  });
});
