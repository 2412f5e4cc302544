// Rotation over two instances: published first, then signing everywhere at one time, the old key verifying as long as its tokens live.
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { manageKeys, OVERLAP, readStoredKeys } from '../../support/signing-key.ts';
import { soon } from '../../support/soon.ts';

const LIFE = 15 * 60_000;
let one: TestServer;
let two: TestServer;
let user: TestUser;

beforeEach(async () => {
  one = await startTestServer();
  two = await startTestServer({ sharedWith: one });
  user = await one.createUser();
});
afterEach(async () => {
  await two.close();
  await one.close();
});

const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? '';
const statusOf = async (server: TestServer, token: string) =>
  (await server.rest('GET', '/auth/me', { token })).body.code ?? 'ok';
const refresh = async (server: TestServer, refresh_token: string) =>
  (await server.rest('POST', '/auth/refresh', { body: { refresh_token } })).body;
const jwksOf = async ({ url }: TestServer): Promise<string[]> => {
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};

async function rotate(immediately = false): Promise<{ access: string; refresh: string }> {
  const rotations = await manageKeys(one).rotate({ uses: ['access', 'refresh'], immediately });
  const kidFor = (use: string) => rotations.find((rotation) => rotation.use === use)?.kid ?? '';
  return { access: kidFor('access'), refresh: kidFor('refresh') };
}

test('a new key is in the JWKS of every instance 15 minutes before any of them signs with it', async () => {
  const before = await one.signIn(user);
  const fresh = await rotate();
  for (const server of [one, two])
    await vi.waitFor(async () => expect(await jwksOf(server)).toEqual([kidOf(before.access), fresh.access]), soon);
  one.clock.advance(OVERLAP - 2_000);
  for (const server of [one, two]) {
    const tokens = await server.signIn(user);
    expect([kidOf(tokens.access), kidOf(tokens.refresh)]).toEqual([kidOf(before.access), kidOf(before.refresh)]);
  }
  one.clock.advance(2_000);
  for (const server of [one, two]) {
    const tokens = await server.signIn(user);
    expect([kidOf(tokens.access), kidOf(tokens.refresh)]).toEqual([fresh.access, fresh.refresh]);
    for (const verifier of [one, two]) expect(await statusOf(verifier, tokens.access)).toBe('ok');
  }
});

test('the old key verifies until the last token it signed has expired, then leaves JWKS and ring', async () => {
  await rotate();
  one.clock.advance(OVERLAP - 1_500);
  const last = await one.signIn(user);
  one.clock.advance(1_500);
  expect(kidOf((await two.signIn(user)).access)).not.toBe(kidOf(last.access));
  one.clock.advance(LIFE - 4_000);
  for (const server of [one, two]) {
    expect(await statusOf(server, last.access)).toBe('ok');
    expect(await jwksOf(server)).toContain(kidOf(last.access));
  }
  one.clock.advance(4_000);
  for (const server of [one, two]) {
    // Expired like every token of its time; its key is known no more.
    expect(await statusOf(server, last.access)).toBe('TOKEN_INVALID');
    expect(await jwksOf(server)).not.toContain(kidOf(last.access));
  }
  // The key of refresh tokens lives as long as those.
  expect((await refresh(two, last.refresh)).status).toBe('ok');
});

test('a refresh token of the key before is good on every instance, and its successor is of the new one', async () => {
  const before = await one.signIn(user);
  const fresh = await rotate();
  one.clock.advance(OVERLAP);
  const after = await refresh(two, before.refresh);
  expect(kidOf(after.refresh_token)).toBe(fresh.refresh);
  // The successor is the same whichever instance is asked for it again.
  expect((await refresh(one, before.refresh)).refresh_token).toBe(after.refresh_token);
});

test('a second rotation waits for the first; --now begins at once', async () => {
  const { access } = await rotate();
  const keys = manageKeys(two);
  const [again] = await keys.rotate({ uses: ['access'], immediately: false });
  expect(again).toMatchObject({ outcome: 'waiting', kid: access });
  expect(kidOf((await one.signIn(user)).access)).not.toBe(access);
  expect(await keys.rotate({ uses: ['access'], immediately: true })).toMatchObject([
    { outcome: 'signing', kid: access },
  ]);
  await one.deps.keys.reload();
  expect(kidOf((await one.signIn(user)).access)).toBe(access);
  const { access: third } = await rotate(true);
  await one.deps.keys.reload();
  expect(kidOf((await one.signIn(user)).access)).toBe(third);
  expect((await keys.list()).filter(({ use }) => use === 'access').map(({ state }) => state)).toEqual([
    'signing',
    'verifying',
    'verifying',
  ]);
});

test('an instance that hears nothing of the rotation verifies with the new key, and hands over in time', async () => {
  const deaf = await startTestServer({ sharedWith: one });
  try {
    await deaf.deps.live.close();
    const before = await deaf.signIn(user);
    const { access } = await rotate(true);
    await one.deps.keys.reload();
    const tokens = await one.signIn(user);
    expect(kidOf(tokens.access)).toBe(access);
    // Known by nothing but the token.
    expect(await statusOf(deaf, tokens.access)).toBe('ok');
    expect(await statusOf(deaf, before.access)).toBe('ok');

    const { access: next } = await rotate();
    one.clock.advance(OVERLAP);
    expect(kidOf((await deaf.signIn(user)).access)).toBe(next);
  } finally {
    await deaf.close();
  }
});

test('clocks that differ by seconds: whoever is ahead signs with the new key, whoever is behind verifies it', async () => {
  const behind = { now: () => new Date(one.clock.now().getTime() - 5_000), advance: () => undefined };
  const late = await startTestServer({ sharedWith: one, clock: behind });
  try {
    const fresh = await rotate();
    one.clock.advance(OVERLAP);
    const ahead = await one.signIn(user);
    const last = await late.signIn(user);
    expect(kidOf(ahead.access)).toBe(fresh.access);
    expect(kidOf(last.access)).not.toBe(fresh.access);
    for (const server of [one, late]) {
      expect(await statusOf(server, ahead.access)).toBe('ok');
      expect(await statusOf(server, last.access)).toBe('ok');
    }
    expect((await refresh(late, ahead.refresh)).status).toBe('ok');
    expect((await refresh(one, last.refresh)).status).toBe('ok');
  } finally {
    await late.close();
  }
});

test('applications that keep the JWKS verify through a rotation without a gap', async () => {
  const jwks = createRemoteJWKSet(new URL(`${one.url}/.well-known/jwks.json`), { cooldownDuration: 0 });
  const verify = (token: string) => jwtVerify(token, jwks, { currentDate: one.clock.now(), typ: 'at+jwt' });
  await verify((await one.signIn(user)).access);
  await rotate();
  one.clock.advance(OVERLAP);
  await verify((await two.signIn(user)).access);
});

test('a key that is gone is kept without its private part, and forgotten after a year and more', async () => {
  await rotate();
  one.clock.advance(OVERLAP + LIFE + 61 * 60_000);
  await one.deps.keyKeeper.run();
  const [oldest] = await readStoredKeys(one, 'access');
  expect(oldest).toMatchObject({ private_jwk: null, signing: false });
  one.clock.advance(401 * 86_400_000);
  await two.deps.keyKeeper.run();
  expect((await readStoredKeys(one, 'access')).map(({ _id }) => _id)).not.toContain(oldest?._id);
});
