// Discord: a code with PKCE, with a fake of its servers.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeDiscord } from '../../../../scripts/fakes/oauth/discord.ts';
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
let discord: Awaited<ReturnType<typeof startFakeDiscord>>;
beforeAll(async () => {
  discord = await startFakeDiscord({ now: clock.now });
});
afterAll(() => discord.close());

const TOKEN = '/api/oauth2/token';
const USER = '/api/users/@me';
beforeEach(() => {
  discord.misbehave(TOKEN, null);
  discord.misbehave(USER, null);
});
const provider = (change: object = {}, timeout?: number) =>
  build({ ...discord.config, ...change }, { clock, ...(timeout && { timeout }) });

test('the way there', async () => {
  const request = createRequest();
  const url = await provider().authorizationUrl(request);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: discord.config.client_id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'identify email',
    state: request.state,
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  });
});

describe('who comes back', () => {
  test('is told with every field', async () => {
    expect(await signIn(provider(), 'lilei')).toEqual({
      subject: '80351110224678912',
      email: 'lilei@example.com',
      emailVerified: true,
      name: '李雷',
      avatar: 'https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png',
      ids: { username: 'lilei' },
    });
  });

  test('may have verified nothing, and have no picture', async () => {
    expect(await signIn(provider(), 'hanmeimei')).toEqual({
      subject: '80351110224678913',
      email: 'meimei@example.com',
      emailVerified: false,
      name: 'hanmeimei',
      ids: { username: 'hanmeimei' },
    });
  });

  test('who says no is denied', async () => {
    const { callback, request } = await comeBack(provider(), 'deny');
    expect(await failureOf(provider().identify(callback, request))).toMatchObject({ failure: 'denied' });
  });
});

describe('refused is', () => {
  test('a code that comes twice, or is too old', async () => {
    const { callback, request, code } = await comeBack(provider(), 'lilei');
    await provider().identify(callback, request);
    const secrets = [code, request.codeVerifier, discord.config.client_secret];
    expect(await failureOf(provider().identify(callback, request), ...secrets)).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('invalid_grant Invalid "code" in request: *** (HTTP 400)'),
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
    expect(failure).toMatchObject({ failure: 'refused', message: expect.stringContaining('invalid_client') });
  });

  test.each([
    ['an id that is a number, and so not exact', { id: 80351110224678912 }],
    ['an id that is none', { id: '../../oauth2/keys' }],
  ])('%s', async (_, body) => {
    discord.misbehave(USER, { body });
    expect(await failureOf(signIn(provider(), 'lilei'))).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('(id)'),
    });
  });
});

test.each([TOKEN, USER])('no answer from %s in time is unavailable', async (path) => {
  const { callback, request, code } = await comeBack(provider(), 'lilei');
  discord.misbehave(path, 'silence');
  const failure = await failureOf(provider({}, 100).identify(callback, request), code, discord.config.client_secret);
  expect(failure).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('within 100 ms') });
});

test('a hostile profile is harmless', async () => {
  discord.misbehave(USER, {
    body: {
      id: '1',
      username: {},
      global_name: HOSTILE_NAME,
      avatar: '../../x"onerror="',
      email: 'no address',
      verified: 'true',
    },
  });
  expect(await signIn(provider(), 'lilei')).toEqual({ subject: '1', emailVerified: false, name: CLEAN_NAME, ids: {} });
});
