// Revocation: refused at once on every instance, replaced at once, and told of when somebody comes with such a token.
import { decodeProtectedHeader, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSigningKeysRepository } from '../../../server/src/platform/keys/repository.ts';
import { createClient, getClientToken } from '../../support/clients.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
import { manageKeys, OVERLAP, readSigningKey, readStoredKeys } from '../../support/signing-key.ts';
import { soon } from '../../support/soon.ts';

let one: TestServer;
let two: TestServer;
let user: TestUser;
let tokens: Tokens;

beforeEach(async () => {
  one = await startTestServer();
  two = await startTestServer({ sharedWith: one });
  user = await one.createUser();
  tokens = await one.signIn(user);
});
afterEach(async () => {
  await two.close();
  await one.close();
});

const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? '';
const codeOf = async (server: TestServer, token: string) =>
  (await server.rest('GET', '/auth/me', { token })).body.code ?? 'ok';
const refresh = (server: TestServer, refresh_token: string) =>
  server.rest('POST', '/auth/refresh', { body: { refresh_token } });
const countEvents = async ({ deps }: TestServer) =>
  (await deps.metrics.securityEvents.get()).values.find(({ labels }) => labels.type === 'retired_key_used')?.value ?? 0;
const everywhere = (check: (server: TestServer) => Promise<void>) =>
  Promise.all([one, two].map((server) => vi.waitFor(() => check(server), soon)));

test('the key that signs: its tokens are refused, a new one signs, sessions go on', async () => {
  const kid = kidOf(tokens.access);
  const revocation = await manageKeys(one).revoke(kid);
  expect(revocation).toMatchObject({ kid, use: 'access', signs: expect.any(String) });
  await everywhere(async (server) => expect(await codeOf(server, tokens.access)).toBe('TOKEN_INVALID'));
  for (const server of [one, two]) {
    const { body } = await refresh(server, tokens.refresh);
    expect(kidOf(body.access_token)).toBe(revocation?.signs);
    for (const verifier of [one, two]) expect(await codeOf(verifier, body.access_token)).toBe('ok');
    expect(server.deps.keys.jwks().keys.map((key) => key.kid)).toEqual([revocation?.signs]);
  }
  const stored = (await readStoredKeys(one, 'access')).find(({ _id }) => _id === kid);
  expect(stored).toMatchObject({ private_jwk: null, signing: false, revoked_at: expect.any(Date) });
});

test('is told in the revocation feed, as the publication of the next key is', async () => {
  const kid = kidOf(tokens.access);
  const admin = (await one.signIn(await one.createUser([{ name: 'Admin' }]))).access;
  const feedToken = await getClientToken(one, await createClient(one, admin, { scopes: ['feed:read'] }));
  const poll = async (cursor?: string) =>
    (await two.rest('GET', `/auth/revocations${cursor ? `?cursor=${cursor}` : ''}`, { token: feedToken })).body;
  const { cursor } = await poll();
  const [published] = await manageKeys(one).rotate({ uses: ['access'], immediately: false });
  // Not the key that the reader's own token is signed with.
  await manageKeys(one).revoke(published?.kid ?? '');
  await vi.waitFor(async () => {
    const { records } = await poll(cursor);
    const told = records.filter(
      ({ type, id }: { type: string; id: string }) => type === 'key' && id === published?.kid,
    );
    expect(told.at(-1)).toMatchObject({ value: null });
    expect(records.some(({ id, value }: { id: string; value: unknown }) => id === kid && value === null)).toBe(false);
  }, soon);
});

test('the key of refresh tokens: everybody signs in anew', async () => {
  await manageKeys(one).revoke(kidOf(tokens.refresh));
  await everywhere(async (server) => expect((await refresh(server, tokens.refresh)).body.code).toBe('UNAUTHENTICATED'));
  expect(await codeOf(two, tokens.access)).toBe('ok');
  const again = await two.signIn(user);
  expect((await refresh(one, again.refresh)).status).toBe(200);
});

test('a key that was revoked comes back by no hand, though an instance was about to publish it', async () => {
  const kid = kidOf(tokens.access);
  const [before] = (await readStoredKeys(one, 'access')).filter(({ _id }) => _id === kid);
  await manageKeys(one).revoke(kid);
  const keys = createSigningKeysRepository(one.deps.database);
  if (before) await expect(one.deps.transact((tx) => keys.put(tx, before))).rejects.toMatchObject({ code: 11000 });
  const [after] = (await readStoredKeys(one, 'access')).filter(({ _id }) => _id === kid);
  expect([before?.revoked_at, after?.revoked_at]).toEqual([undefined, expect.any(Date)]);
});

test('while the next key is published already, that one begins at once', async () => {
  const [published] = await manageKeys(one).rotate({ uses: ['access'], immediately: false });
  const revocation = await manageKeys(two).revoke(kidOf(tokens.access));
  expect(revocation?.signs).toBe(published?.kid);
  await everywhere(async (server) => expect(kidOf((await server.signIn(user)).access)).toBe(published?.kid));
  expect(await readStoredKeys(one, 'access')).toHaveLength(2);
});

test('a key that is only published: the one that signs stays', async () => {
  const [published] = await manageKeys(one).rotate({ uses: ['access'], immediately: false });
  expect(await manageKeys(one).revoke(published?.kid ?? '')).toMatchObject({ signs: null });
  one.clock.advance(OVERLAP);
  await everywhere(async (server) => expect(kidOf((await server.signIn(user)).access)).toBe(kidOf(tokens.access)));
  const states = (await manageKeys(one).list()).filter(({ use }) => use === 'access').map(({ state }) => state);
  expect(states).toEqual(['revoked', 'signing']);
  // And it can be rotated as if nothing had been.
  expect(await manageKeys(one).rotate({ uses: ['access'], immediately: false })).toMatchObject([
    { outcome: 'published' },
  ]);
});

test('a key that only verifies: its tokens alone are refused', async () => {
  await manageKeys(one).rotate({ uses: ['access'], immediately: true });
  await Promise.all([one.deps.keys.reload(), two.deps.keys.reload()]);
  const fresh = await two.signIn(user);
  expect(await codeOf(two, tokens.access)).toBe('ok');
  expect(await manageKeys(one).revoke(kidOf(tokens.access))).toMatchObject({ signs: null });
  await everywhere(async (server) => expect(await codeOf(server, tokens.access)).toBe('TOKEN_INVALID'));
  for (const server of [one, two]) expect(await codeOf(server, fresh.access)).toBe('ok');
});

test('is done once, and only to keys there are', async () => {
  const kid = kidOf(tokens.access);
  const results = await Promise.all(Array.from({ length: 5 }, () => manageKeys(one).revoke(kid)));
  expect(results.filter((result) => result !== null)).toHaveLength(1);
  expect(await manageKeys(one).revoke(kid)).toBeNull();
  expect(await manageKeys(one).revoke('nobody')).toBeNull();
  expect(await readStoredKeys(one, 'access')).toHaveLength(2);
  const acts = await one.deps.database.db.collection('audit_logs').find({ act: 'system.key_revoked' }).toArray();
  expect(acts).toMatchObject([{ target: { kind: 'signing_key', id: kid }, actor: { kind: 'system' } }]);
});

test('and a rotation at once leave one key that signs', async () => {
  const keys = manageKeys(one);
  await Promise.all([
    keys.revoke(kidOf(tokens.access)),
    keys.rotate({ uses: ['access'], immediately: false }),
    two.deps.keyKeeper.run(),
  ]);
  const states = (await keys.list()).filter(({ use }) => use === 'access').map(({ state }) => state);
  expect(states.filter((state) => state === 'signing')).toHaveLength(1);
  await everywhere(async (server) => expect(await codeOf(two, (await server.signIn(user)).access)).toBe('ok'));
});

test('whoever comes with a token of a revoked key is counted, of either kind', async () => {
  for (const token of [tokens.access, tokens.refresh]) await manageKeys(one).revoke(kidOf(token));
  await Promise.all([one.deps.keys.reload(), two.deps.keys.reload()]);
  const before = await countEvents(two);
  await codeOf(two, tokens.access);
  await refresh(two, tokens.refresh);
  expect(await countEvents(two)).toBe(before + 2);
  // A token that names the key and was not signed by it proves nothing.
  const [head, , signature] = tokens.access.split('.');
  await codeOf(two, `${head}.${Buffer.from('{"exp":9999999999}').toString('base64url')}.${signature}`);
  expect(await countEvents(two)).toBe(before + 2);
});

test('of a retired key only a token that it should not have signed is counted', async () => {
  const stolen = await readSigningKey(one, 'access');
  await manageKeys(one).rotate({ uses: ['access'], immediately: true });
  await one.deps.keys.reload();
  one.clock.advance(15 * 60_000 + 1_000);
  const before = await countEvents(one);
  expect(await codeOf(one, tokens.access)).toBe('TOKEN_INVALID');
  expect(await countEvents(one)).toBe(before);

  const now = Math.floor(one.clock.now().getTime() / 1000);
  const forged = await new SignJWT({ sub: user.id, iat: now, exp: now + 900 })
    .setProtectedHeader({ alg: 'ES256', kid: stolen.kid, typ: 'at+jwt' })
    .sign(stolen.key);
  expect(await codeOf(one, forged)).toBe('TOKEN_INVALID');
  expect(await countEvents(one)).toBe(before + 1);
});
