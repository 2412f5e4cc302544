// Accounts at a fake AuthCenter: their third parties, leaving, links to sign in by, tokens of applications with a secret of their own.
import { createHash } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import type { FakeAuthCenter, FakeAuthCenterOptions } from '../../../../client-sdk/src/testing.ts';
import { codeOf, password, people, rest, start } from './start-fake.ts';

const REDIRECT = 'https://shop.example.com/callback';
const VERIFIER = 'v'.repeat(43);
const SECRET = 'd0c4a1f39b6e57828a7c43f1e6b09d25c8f7e1a2b3946d5f70819e2a4c6b8d03';
const DAY = 86_400_000;

const startWith = (options: FakeAuthCenterOptions) => start({ ...people, ...options });

/** To the third party and back to the shop. */
async function enterBy(fake: FakeAuthCenter, provider: string) {
  const client_id = fake.client('shop').id;
  const query = new URLSearchParams({
    client_id,
    redirect_uri: REDIRECT,
    state: 's',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  });
  const { headers, body } = await rest(fake, 'GET', `/auth/oauth/${provider}/authorize?${query}`);
  if (body) return body;
  const code = new URL(headers.get('location') ?? '').searchParams.get('code');
  const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, client_id, code_verifier: VERIFIER };
  return (await rest(fake, 'POST', '/auth/token', { body: grant })).body;
}

describe('third parties', () => {
  test('who is named in the options is linked, unlinks, and is somebody else there from then on', async () => {
    const { fake, signIn } = start();
    const { api, auth } = await signIn();
    expect((await api.auth.oauth.identities.query()).items).toMatchObject([{ provider: 'wechat' }]);
    await api.auth.oauth.unlink.mutate({ provider: 'wechat' });
    expect((await api.auth.oauth.identities.query()).items).toEqual([]);
    const { user } = await enterBy(fake, 'wechat');
    expect(user.username).toMatch(/^u_[a-z2-7]{10}$/);
    expect((await enterBy(fake, 'wechat')).user.id).toBe(user.id);
    expect(auth.user?.id).not.toBe(user.id);
  });

  test('linking leads back to the application, and says what came of it', async () => {
    const { fake, signIn } = startWith({ providers: { wechat: 'li.lei', github: null } });
    const { api } = await signIn();
    const link = async (provider: string, redirect_uri = REDIRECT) => {
      const { url } = await api.auth.oauth.link.mutate({ provider, client_id: fake.client('shop').id, redirect_uri });
      return Object.fromEntries(new URL(url).searchParams);
    };
    expect(await codeOf(link('wechat'))).toBe('ALREADY_EXISTS');
    expect(await codeOf(link('qq'))).toBe('NOT_FOUND');
    expect(await codeOf(link('github', 'https://elsewhere.example.com'))).toBe('INVALID_REDIRECT_URI');
    expect(await link('github')).toEqual({ linked: 'github' });
    expect((await enterBy(fake, 'github')).user.username).toBe('li.lei');
    const [input, root] = [{ client_id: fake.client('shop').id, redirect_uri: REDIRECT }, await signIn('root')];
    const { url } = await root.api.auth.oauth.link.mutate({ provider: 'github', ...input });
    expect(new URL(url).searchParams.get('error')).toBe('access_denied');
  });

  test('the last way in stays', async () => {
    const { fake, open } = startWith({ providers: { github: null } });
    const { access_token: token } = await enterBy(fake, 'github');
    expect((await rest(fake, 'DELETE', '/auth/oauth/github/link', { token })).body.code).toBe('LAST_CREDENTIAL');
    const { api } = open();
    expect(await codeOf(api.auth.oauth.callback.mutate({ provider: 'github', state: 'x' }))).toBe('INVALID_CODE');
  });

  test('somebody who was named and never known is the test’s mistake', async () => {
    const { fake } = startWith({ providers: { wechat: 'li.leii' } });
    expect((await enterBy(fake, 'wechat')).detail).toContain('Nobody is called li.leii');
    fake.addUser({ username: 'li.leii' });
    expect((await enterBy(fake, 'wechat')).user.username).toBe('li.leii');
  });
});

describe('leaving', () => {
  test('signing in calls it off; without it the account goes after 15 days', async () => {
    const { fake, signIn, open } = start();
    const first = await signIn();
    expect((await first.api.auth.account.delete.mutate()).deletion_due_at).toEqual(expect.any(Date));
    expect(await codeOf(first.api.auth.me.query())).toBe('SESSION_REVOKED');
    fake.advance(14 * DAY);
    const again = await signIn();
    fake.advance(2 * DAY);
    expect(fake.user('li.lei').username).toBe('li.lei');
    await again.auth.stepUp({ password });
    await again.api.auth.account.delete.mutate();
    fake.advance(15 * DAY);
    expect(await codeOf(open().auth.login({ username: 'li.lei', password }))).toBe('INVALID_CREDENTIALS');
    expect(() => fake.user('li.lei')).toThrow('knows no user li.lei');
  });
});

test('a mail brings a link beside its code where links are on', async () => {
  const { fake, open } = startWith({ settings: { 'auth.magic_link': true } });
  const { api, auth } = open();
  await api.auth.otp.send.mutate({ email: 'li.lei@example.com', purpose: 'login' });
  const [mail] = fake.outbox;
  expect(mail).toMatchObject({ code: expect.stringMatching(/^\d{6}$/), token: expect.any(String) });
  expect(await auth.login({ magic_token: mail?.token ?? '' })).toMatchObject({ status: 'ok' });
  expect(await codeOf(open().auth.login({ email: 'li.lei@example.com', code: mail?.code ?? '' }))).toBe('INVALID_CODE');
});

test('an application with a secret of its own exchanges the tokens made for it', async () => {
  const id = 'c'.repeat(24);
  const { fake } = startWith({
    clients: [
      { id, name: 'chat', secret: 'of the chat', exchangeSecret: SECRET },
      { name: 'shop', kind: 'spa', redirectUris: [REDIRECT], audiences: [id] },
    ],
  });
  const exchange = async (subject_token: string) => {
    const body = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: id,
      client_secret: 'of the chat',
      subject_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    return (await rest(fake, 'POST', '/auth/token', { body })).body;
  };
  expect((await exchange((await fake.signIn('li.lei')).access_token)).code).toBe('INVALID_GRANT');
  const { access_token } = await exchange((await enterBy(fake, 'wechat')).access_token);
  const { payload } = await jwtVerify(access_token, new TextEncoder().encode(SECRET), { audience: id });
  expect(payload).toMatchObject({ username: 'li.lei', email: 'li.lei@example.com', provider: 'openid', role: 'USER' });
});
