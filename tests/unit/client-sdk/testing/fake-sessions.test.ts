// Sessions of a fake AuthCenter, and the feed that tells of their end.
import { describe, expect, test } from 'vitest';
import { createAuthCenter } from '../../../../client-sdk/src/index.ts';
import { codeOf, password, rest, start } from './start-fake.ts';

describe('sessions', () => {
  test('refresh gives the same successor within 30 s, a late one once, and ends on reuse', async () => {
    const { fake } = start();
    const { refresh_token: first = '' } = await fake.signIn('li.lei');
    const refresh = (refresh_token: string) => rest(fake, 'POST', '/auth/refresh', { body: { refresh_token } });
    const second = (await refresh(first)).body.refresh_token;
    expect(second).not.toBe(first);
    fake.advance(29_000);
    expect((await refresh(first)).body.refresh_token).toBe(second);
    fake.advance(2_000);
    expect((await refresh(first)).body.refresh_token).toBe(second);
    const third = (await refresh(second)).body.refresh_token;
    fake.advance(31_000);
    expect((await refresh(second)).body).toMatchObject({ status: 401, code: 'SESSION_REVOKED' });
    expect((await refresh(third)).body.code).toBe('SESSION_REVOKED');
  });

  test('the cookie’s refresh token is in no body, and comes from the server’s own pages alone', async () => {
    const { fake } = start();
    const storage = 'cookie' as const;
    const { auth } = createAuthCenter({ url: fake.url, fetch: fake.fetch, storage });
    await auth.login({ username: 'li.lei', password });
    const reloaded = createAuthCenter({ url: fake.url, fetch: fake.fetch, storage });
    expect(await reloaded.auth.ready()).toMatchObject({ username: 'li.lei' });
    const body = { username: 'li.lei', password, refresh_transport: 'cookie' };
    expect((await rest(fake, 'POST', '/auth/login', { body })).body.code).toBe('ORIGIN_REFUSED');
    await reloaded.auth.logout();
    expect(await createAuthCenter({ url: fake.url, fetch: fake.fetch, storage }).auth.ready()).toBeNull();
  });

  test('an expired token is renewed, a stale one too; an ended session is over', async () => {
    const { fake, signIn } = start();
    const { api, auth } = await signIn();
    fake.advance(16 * 60_000);
    expect((await api.auth.me.query()).username).toBe('li.lei');
    fake.staleTokens('li.lei');
    expect((await api.auth.sessions.list.query({})).items).toHaveLength(1);
    expect(fake.countCalls('auth.refresh')).toBe(2);
    fake.endSessions();
    expect(await codeOf(api.auth.me.query())).toBe('SESSION_REVOKED');
    expect(auth.user).toBeNull();
  });

  test('are listed, revoked one by one, and all at once', async () => {
    const { signIn } = start();
    const [one, other] = [await signIn(), await signIn()];
    const { items } = await one.api.auth.sessions.list.query({ with_total: true });
    const [foreign] = items.filter(({ current }) => !current);
    await one.api.auth.sessions.revoke.mutate({ id: foreign?.id ?? '' });
    expect(await codeOf(other.api.auth.me.query())).toBe('SESSION_REVOKED');
    expect(await codeOf(one.api.auth.sessions.revoke.mutate({ id: foreign?.id ?? '' }))).toBe('NOT_FOUND');
    const third = await signIn();
    await one.auth.logout({ everywhere: true });
    expect(await codeOf(third.api.auth.me.query())).toBe('SESSION_REVOKED');
  });

  test('step-up is demanded after ten minutes, and given', async () => {
    const { fake, signIn } = start();
    const { api, auth } = await signIn();
    fake.advance(11 * 60_000);
    const key = { name: 'nightly', scopes: ['knowledge:READ'] };
    expect(await codeOf(api.auth.apiKeys.create.mutate(key))).toBe('STEP_UP_REQUIRED');
    expect(await codeOf(auth.stepUp({ password: 'wrong' }))).toBe('INVALID_CREDENTIALS');
    await auth.stepUp({ password });
    const made = await api.auth.apiKeys.create.mutate(key);
    expect((await rest(fake, 'GET', '/auth/me', { token: made.key })).body).toMatchObject({
      permissions: ['knowledge:READ'],
      roles: [],
    });
    const forwarded = await rest(fake, 'GET', '/auth/forward?resource=knowledge&action=READ', { token: made.key });
    expect([forwarded.status, forwarded.headers.get('x-auth-username')]).toEqual([200, 'li.lei']);
  });
});

describe('the revocation feed', () => {
  test('tells a poller all there is, then what came after its cursor', async () => {
    const { fake, signIn } = start();
    const token = await fake.issuer.mintClientToken({ clientId: fake.client('reports').id, scopes: ['feed:read'] });
    const poll = (cursor = '') => rest(fake, 'GET', `/auth/revocations${cursor && `?cursor=${cursor}`}`, { token });
    const all = (await poll()).body;
    expect(all).toMatchObject({
      reset: true,
      records: expect.arrayContaining([expect.objectContaining({ type: 'key' })]),
    });
    await signIn();
    fake.staleTokens('li.lei');
    fake.endSessions('li.lei');
    const news = (await poll(all.cursor)).body;
    expect(news.records.map(({ type, value }: { type: string; value: unknown }) => [type, value])).toEqual([
      ['user', 1],
      ['session', null],
    ]);
    expect((await poll(news.cursor)).body).toMatchObject({ reset: false, records: [] });
  });

  test('tells a follower by events as they happen', async () => {
    const { fake, signIn } = start();
    await signIn();
    const token = await fake.issuer.mintClientToken({ clientId: fake.client('reports').id, scopes: ['feed:read'] });
    const over = new AbortController();
    const response = await fake.fetch(`${fake.url}/api/v1/auth/revocations`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal: over.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toMatch(/^data: {"cursor":.*"reset":true/);
    fake.endSessions('li.lei');
    expect((await reader?.read())?.value).toMatch(/"type":"session"/);
    over.abort();
    await reader?.cancel().catch(() => {});
  });
});
