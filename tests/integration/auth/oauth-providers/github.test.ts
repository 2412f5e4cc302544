// GitHub: a code with PKCE, errors within HTTP 200, addresses told elsewhere, with a fake of its servers.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeGithub } from '../../../../scripts/fakes/oauth/github.ts';
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
let github: Awaited<ReturnType<typeof startFakeGithub>>;
beforeAll(async () => {
  github = await startFakeGithub({ now: clock.now });
});
afterAll(() => github.close());

const TOKEN = '/login/oauth/access_token';
const USER = '/user';
const EMAILS = '/user/emails';
beforeEach(() => {
  for (const path of [TOKEN, USER, EMAILS]) github.misbehave(path, null);
});
const provider = (change: object = {}, timeout?: number) =>
  build({ ...github.config, ...change }, { clock, ...(timeout && { timeout }) });

test('the way there', async () => {
  const request = createRequest();
  const url = await provider().authorizationUrl(request);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: github.config.client_id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'read:user user:email',
    state: request.state,
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  });
});

describe('who comes back', () => {
  test('is told with every field: the number, and the primary address', async () => {
    expect(await signIn(provider(), 'lilei')).toEqual({
      subject: '583231',
      email: 'lilei@example.com',
      emailVerified: true,
      name: 'Li Lei 李雷',
      avatar: 'https://avatars.githubusercontent.com/u/583231?v=4',
      ids: { login: 'lilei' },
    });
  });

  test('may have verified nothing, whatever the public profile shows', async () => {
    expect(await signIn(provider(), 'hanmeimei')).toMatchObject({
      subject: '9007199',
      email: 'meimei@example.com',
      emailVerified: false,
      name: 'hanmeimei',
    });
  });

  test('has no address where the scope for it is not asked for', async () => {
    const before = github.calls(EMAILS);
    const identity = await signIn(provider({ scopes: ['read:user'] }), 'lilei');
    expect(identity).toMatchObject({ subject: '583231', emailVerified: false });
    expect(identity).not.toHaveProperty('email');
    expect(github.calls(EMAILS)).toBe(before);
  });

  test('who says no is denied', async () => {
    const { callback, request } = await comeBack(provider(), 'deny');
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'denied' });
  });
});

describe('refused is', () => {
  test('a code that comes twice, or is too old: an error within HTTP 200', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    await provider().identify(callback, request);
    const secrets = [code, request.codeVerifier, github.config.client_secret];
    expect(await failureOf(provider().identify(callback, request), ...secrets)).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('bad_verification_code The code *** is incorrect or expired. (HTTP 200)'),
    });
    const late = await comeBack(provider(), 'lilei');
    clock.move(11);
    expect(await failureOf(provider().identify(late.callback, late.request), late.code)).toMatchObject({
      failure: 'refused',
    });
  });

  test.each([
    ['another verifier', { codeVerifier: 'v'.repeat(64) }, 'code_verifier'],
    ['another address to come back to', { redirectUri: `${CALLBACK}/` }, 'redirect_uri'],
  ])('%s', async (_, change, said) => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    const failure = await failureOf(provider().identify(callback, { ...request, ...change }), code, 'v'.repeat(64));
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(said) });
  });

  test('a wrong secret', async () => {
    const wrong = 'wrong-secret-0123456789';
    const failure = await failureOf(signIn(provider({ client_secret: wrong }), 'lilei'), wrong);
    expect(failure).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('incorrect_client_credentials'),
    });
  });

  test('a code that another issuer sent (mix-up), and one with none at all', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    expect(callback.searchParams.get('iss')).toBe(`${github.url}/login/oauth`);
    const before = github.calls(TOKEN);
    callback.searchParams.set('iss', 'https://elsewhere.example.com');
    expect(await failureOf(provider().identify(callback, request), code)).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('iss'),
    });
    const empty = new URL(`${CALLBACK}?state=${request.state}`);
    expect(await failureOf(provider().identify(empty, request))).toMatchObject({ failure: 'refused' });
    const twice = new URL(`${CALLBACK}?code=one&code=two`);
    expect(await failureOf(provider().identify(twice, request))).toMatchObject({ failure: 'refused' });
    expect(github.calls(TOKEN)).toBe(before);
  });

  test('no code where the installation is older and sends no issuer', async () => {
    const { callback, request } = await comeBack(provider(), 'lilei');
    callback.searchParams.delete('iss');
    expect(await provider().identify(callback, request)).toMatchObject({ subject: '583231' });
  });

  test.each([
    ['a token that is no text', TOKEN, { body: { access_token: 1, token_type: 'bearer' } }, 'access_token'],
    ['an answer that is no JSON', TOKEN, { body: '<html>' }, 'content-type'],
    ['a redirect', TOKEN, { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'HTTP 302'],
    ['a person without a number', USER, { body: { login: 'lilei' } }, 'id'],
    ['a number that is text', USER, { body: { id: '583231' } }, 'id'],
    ['a number that is too large to be exact', USER, { body: { id: 2 ** 60 } }, 'id'],
    ['a challenge', USER, { status: 401, headers: { 'www-authenticate': 'Bearer' } }, 'HTTP 401'],
    ['a refusal', USER, { status: 403, body: { message: 'no' } }, 'HTTP 403'],
    ['no list of addresses', EMAILS, { body: { message: 'no' } }, 'cannot be read'],
  ])('%s', async (_, path, answer, said) => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    github.misbehave(path, answer);
    const failure = await failureOf(provider().identify(callback, request), code, github.config.client_secret);
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining(said) });
  });
});

test.each([
  [TOKEN, 'silence', 'within 100 ms'],
  [USER, 'silence', 'within 100 ms'],
  [EMAILS, 'silence', 'within 100 ms'],
  [TOKEN, { status: 502, body: 'x' }, 'HTTP 502'],
  [USER, { status: 503, body: {} }, 'HTTP 503'],
  [TOKEN, { status: 429, body: {} }, 'HTTP 429'],
] as const)('unavailable is %s with %j', async (path, how, said) => {
  const { callback, request, code } = await comeBack(provider(), 'lilei');
  github.misbehave(path, how);
  const failure = await failureOf(provider({}, 100).identify(callback, request), code, github.config.client_secret);
  expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining(said) });
});

test('a hostile profile is harmless', async () => {
  github.misbehave(USER, { body: { id: 7, login: { $ne: 1 }, name: HOSTILE_NAME, avatar_url: 'javascript:alert(1)' } });
  github.misbehave(EMAILS, {
    body: [
      { email: {}, primary: true, verified: true },
      7,
      { email: 'a@b\r\nBcc: c@d.ee', primary: true, verified: true },
    ],
  });
  expect(await signIn(provider(), 'lilei')).toEqual({ subject: '7', emailVerified: false, name: CLEAN_NAME, ids: {} });
});
