// Any OpenID Connect issuer, and one that lies, with a fake of it.
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startFakeOidc } from '../../../../scripts/fakes/oauth/oidc.ts';
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
let oidc: Awaited<ReturnType<typeof startFakeOidc>>;
beforeAll(async () => {
  oidc = await startFakeOidc({ now: clock.now });
});
afterAll(() => oidc.close());

const DISCOVERY = '/.well-known/openid-configuration';
const paths = [DISCOVERY, '/token', '/jwks', '/userinfo'];
afterEach(() => {
  oidc.lie(null);
  for (const path of paths) oidc.misbehave(path, null);
});
const provider = (change: object = {}, timeout?: number) =>
  build({ ...oidc.config, ...change }, { clock, ...(timeout && { timeout }) });

test('the way there', async () => {
  const request = createRequest();
  const url = await provider().authorizationUrl(request);
  expect(url.origin + url.pathname).toBe(`${oidc.url}/authorize`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: oidc.config.client_id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid email profile',
    state: request.state,
    nonce: request.nonce,
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
    ui_locales: 'zh-CN',
  });
});

describe('who comes back', () => {
  test('is told with every field', async () => {
    const before = oidc.calls('/userinfo');
    expect(await signIn(provider(), 'lilei')).toEqual({
      subject: '248289761001',
      email: 'lilei@example.com',
      emailVerified: true,
      phone: '+8613800138000',
      name: '李雷',
      avatar: 'https://example.com/lilei.png',
      ids: { preferred_username: 'li.lei' },
    });
    expect(oidc.calls('/userinfo')).toBe(before);
  });

  test('is told by the userinfo endpoint where the ID token is small', async () => {
    expect(await signIn(provider(), 'hanmeimei')).toEqual({
      subject: '248289761002',
      email: 'meimei@example.com',
      emailVerified: false,
      name: '韩梅梅',
      ids: {},
    });
  });

  test('has verified nothing of which the issuer does not say so', async () => {
    const claims = { name: 'x', email: 'meimei@example.com', phone_number: '+8613800138000' };
    oidc.misbehave('/userinfo', { body: { sub: '248289761002', ...claims } });
    const identity = await signIn(provider(), 'hanmeimei');
    expect(identity).toMatchObject({ email: 'meimei@example.com', emailVerified: false });
    expect(identity).not.toHaveProperty('phone');
    oidc.misbehave('/userinfo', { body: { sub: '248289761002', ...claims, email_verified: 'true' } });
    expect(await signIn(provider(), 'hanmeimei')).toMatchObject({ emailVerified: true });
  });

  test('has the address of the ID token, and no other’s verification', async () => {
    const { profile = {} } = oidc.people.hanmeimei ?? {};
    profile.email = 'mine@example.com';
    onTestFinished(() => {
      delete profile.email;
    });
    const claims = { sub: '248289761002', name: 'Han', email: 'other@example.com', email_verified: true };
    oidc.misbehave('/userinfo', { body: claims });
    expect(await signIn(provider(), 'hanmeimei')).toMatchObject({
      name: 'Han',
      email: 'mine@example.com',
      emailVerified: false,
    });
  });

  test('is not whom the userinfo endpoint tells of, when that is somebody else', async () => {
    oidc.misbehave('/userinfo', { body: { sub: '248289761001', email: 'lilei@example.com', email_verified: true } });
    expect(await failureOf(signIn(provider(), 'hanmeimei'))).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('sub'),
    });
  });

  test('who says no is denied', async () => {
    const { callback, request } = await comeBack(provider(), 'deny');
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'denied' });
  });

  test('may come through a proxy under another name: the registered address is what counts', async () => {
    const { callback, request } = await comeBack(provider(), 'lilei');
    const inside = new URL(`http://10.0.0.7:8080/callback${callback.search}`);
    expect(await provider().identify(inside, request)).toMatchObject({ subject: '248289761001' });
  });

  test('is told to a client that shows its secret in a header, too', async () => {
    const other = await startFakeOidc({ authentication: 'client_secret_basic' });
    onTestFinished(() => other.close());
    expect(await signIn(build(other.config), 'lilei')).toMatchObject({ subject: '248289761001' });
  });
});

describe('not believed is', () => {
  test.each([
    ['nonce', 'nonce'],
    ['no_nonce', 'nonce'],
    ['issuer', 'iss'],
    ['audience', 'aud'],
    ['expired', 'exp'],
    ['signature', 'signature'],
    ['unsigned', 'signature'],
    ['hmac', 'alg'],
    ['alg_none', 'alg'],
    ['no_id_token', 'id_token'],
    ['no_iss', 'iss'],
    ['foreign_iss', 'iss'],
  ] as const)('an issuer with a wrong or missing %s', async (lie, said) => {
    oidc.lie(lie);
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    const secrets = [code, request.codeVerifier, request.nonce, oidc.config.client_secret, 'eyJ'];
    const failure = await failureOf(provider().identify(callback, request), ...secrets);
    expect(failure.failure).toBe('refused');
    expect(failure.message).toMatch(new RegExp(said, 'i'));
  });

  test('a code that another issuer sent: it does not learn of it (mix-up)', async () => {
    const one = provider();
    const { callback, request } = await comeBack(one, 'lilei');
    callback.searchParams.set('iss', 'https://elsewhere.example.com');
    const before = oidc.calls('/token');
    await failureOf(one.identify(callback, request));
    expect(oidc.calls('/token')).toBe(before);
  });

  test('metadata of another issuer', async () => {
    oidc.lie('foreign_metadata');
    expect(await failureOf(provider().authorizationUrl(createRequest()))).toMatchObject({
      failure: 'unavailable',
      message: expect.stringContaining('issuer'),
    });
  });
});

describe('refused is', () => {
  test('a code that comes twice, or is too old', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    await provider().identify(callback, request);
    const secrets = [code, request.codeVerifier, oidc.config.client_secret];
    expect(await failureOf(provider().identify(callback, request), ...secrets)).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('invalid_grant the code *** is used (HTTP 400)'),
    });
    const late = await comeBack(provider(), 'lilei');
    clock.move(6);
    expect(await failureOf(provider().identify(late.callback, late.request), late.code)).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('is expired'),
    });
  });

  test.each([
    ['another verifier', { codeVerifier: 'v'.repeat(64) }, 'wrong verifier ***'],
    ['another address to come back to', { redirectUri: `${CALLBACK}/` }, 'redirect_uri'],
    ['another nonce', { nonce: 'another' }, 'nonce'],
  ])('%s', async (_, change, said) => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    const failure = await failureOf(provider().identify(callback, { ...request, ...change }), code, 'v'.repeat(64));
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(said) });
  });

  test('a wrong secret', async () => {
    const wrong = 'wrong-secret-0123456789';
    const failure = await failureOf(signIn(provider({ client_secret: wrong }), 'lilei'), wrong);
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('invalid_client') });
  });

  test.each([
    ['no code', '?state=x'],
    ['two codes', '?code=one&code=two'],
    ['a token in the address', '?code=one&id_token=eyJ'],
    ['an error', '?error=invalid_scope&error_description=no'],
  ])('%s', async (_, query) => {
    const iss = `&iss=${encodeURIComponent(oidc.url)}`;
    const failure = await failureOf(provider().identify(new URL(CALLBACK + query + iss), createRequest()));
    expect(failure.failure).toBe('refused');
  });

  test('the issuer’s own trouble is unavailable', async () => {
    const callback = new URL(`${CALLBACK}?error=temporarily_unavailable&iss=${encodeURIComponent(oidc.url)}`);
    expect(await failureOf(provider().identify(callback, createRequest()))).toMatchObject({ failure: 'unavailable' });
  });
});

describe('the metadata', () => {
  test('are read when somebody signs in, once for many, and again after an hour', async () => {
    const before = oidc.calls(DISCOVERY);
    const one = provider();
    expect(oidc.calls(DISCOVERY)).toBe(before);
    await Promise.all(Array.from({ length: 10 }, () => one.authorizationUrl(createRequest())));
    await signIn(one, 'lilei');
    expect(oidc.calls(DISCOVERY)).toBe(before + 1);
    clock.move(61);
    await signIn(one, 'lilei');
    expect(oidc.calls(DISCOVERY)).toBe(before + 2);
  });

  test.each([
    ['cannot be reached in time', 'silence', 'within 100 ms'],
    ['are broken', { status: 503, body: 'x' }, 'HTTP 503'],
    ['are not there', { status: 404, body: 'x' }, 'HTTP 404'],
    ['are no JSON', { body: '<html>' }, 'content-type'],
  ] as const)('that %s make it unavailable, until they can be read', async (_, how, said) => {
    const one = provider({}, 100);
    oidc.misbehave(DISCOVERY, how);
    expect(await failureOf(one.authorizationUrl(createRequest()))).toMatchObject({
      failure: 'unavailable',
      message: expect.stringContaining(said),
    });
    oidc.misbehave(DISCOVERY, null);
    expect((await one.authorizationUrl(createRequest())).pathname).toBe('/authorize');
  });
});

test.each(['/token', '/jwks', '/userinfo'])('no answer from %s in time is unavailable', async (path) => {
  const one = provider({}, 100);
  const { callback, request, code } = await comeBack(one, 'hanmeimei');
  oidc.misbehave(path, 'silence');
  const failure = await failureOf(one.identify(callback, request), code, oidc.config.client_secret);
  expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('within 100 ms') });
});

test('a hostile profile is harmless', async () => {
  oidc.misbehave('/userinfo', {
    body: {
      sub: '248289761002',
      name: HOSTILE_NAME,
      picture: 'javascript:alert(1)',
      email: { toString: 'a@b.cc' },
      email_verified: [true],
      preferred_username: 'a\u0000b',
    },
  });
  expect(await signIn(provider(), 'hanmeimei')).toEqual({
    subject: '248289761002',
    emailVerified: false,
    name: CLEAN_NAME,
    ids: {},
  });
});
