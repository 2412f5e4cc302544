// Access tokens signed by a key management service: Vault, AWS and Google, each through a fake that checks what the vendor checks.
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import type { createTestClock, TestServer } from '../../../support/server.ts';
import { manageKeys, OVERLAP, readStoredKeys } from '../../../support/signing-key.ts';
import { type KmsFake, SERVICES, type Service, startKms, startWithKms } from './harness.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(service: Service, algorithm: 'ES256' | 'RS256' | 'EdDSA' = 'ES256') {
  const { kms, clock } = await startKms(service, { algorithm });
  open.push(kms);
  const server = await startWithKms(kms, { clock, config: { jwt: { algorithm } } });
  open.push(server);
  return { kms, clock, server };
}

async function startSecond(kms: KmsFake, server: TestServer) {
  const other = await startWithKms(kms, { sharedWith: server });
  open.push(other);
  return other;
}

const verify = (server: TestServer, token: string, clock: ReturnType<typeof createTestClock>) =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`)), {
    currentDate: clock.now(),
    issuer: server.deps.publicUrl(),
    typ: 'at+jwt',
  });
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const refresh = (server: TestServer, refresh_token: string) =>
  server.rest('POST', '/auth/refresh', { body: { refresh_token } });
const login = (server: TestServer, { email, password }: { email: string; password: string }) =>
  server.rest('POST', '/auth/login', { body: { email, password } });

describe.each([
  ['vault', 'ES256'],
  ['vault', 'RS256'],
  ['vault', 'EdDSA'],
  ['aws', 'ES256'],
  ['aws', 'RS256'],
  ['gcp', 'ES256'],
  ['gcp', 'RS256'],
  ['gcp', 'EdDSA'],
] as const)('%s with %s', (service, algorithm) => {
  test('signs access tokens that everybody can verify, many times over', async () => {
    const { kms, clock, server } = await start(service, algorithm);
    const user = await server.createUser();
    // Of signatures in DER every other one has a leading zero, and one in some hundred is short.
    for (let round = 0; round < 40; round++) {
      const { access } = await server.signIn(user);
      expect((await verify(server, access, clock)).protectedHeader).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
      expect((await server.rest('GET', '/auth/me', { token: access })).status).toBe(200);
    }
    expect([...kms.signatures.values()][0]).toBeGreaterThanOrEqual(40);
    expect(kms.refusals).toEqual([]);
  });
});

describe.each(SERVICES)('%s', (service) => {
  test('keeps the private part; refresh tokens are signed by a generated key', async () => {
    const { kms, server } = await start(service);
    const { access, refresh: token } = await server.signIn(await server.createUser());
    expect(await readStoredKeys(server, 'access')).toMatchObject([
      { _id: kidOf(access), source: service, private_jwk: null, kms_key: [...kms.signatures.keys()][0] },
    ]);
    expect(await readStoredKeys(server, 'refresh')).toMatchObject([{ source: 'generated', _id: kidOf(token) }]);
    expect((await refresh(server, token)).status).toBe(200);
  });

  test('a new version of its key is published at once, and signs 15 minutes later, on every instance', async () => {
    const { kms, clock, server } = await start(service);
    const other = await startSecond(kms, server);
    const user = await server.createUser();
    const before = await server.signIn(user);
    const name = kms.rotate();
    const rounds = await Promise.all([server, other, server].map(({ deps }) => deps.keyKeeper.run()));
    expect(rounds.filter(({ adopted }) => adopted)).toHaveLength(1);
    for (const instance of [server, other]) {
      expect(instance.deps.keys.jwks().keys).toHaveLength(2);
      expect(kidOf((await instance.signIn(user)).access)).toBe(kidOf(before.access));
    }
    clock.advance(OVERLAP);
    for (const instance of [server, other]) {
      const { access } = await instance.signIn(user);
      expect(kidOf(access)).not.toBe(kidOf(before.access));
      await verify(server, access, clock);
    }
    expect(kms.signatures.get(name)).toBeGreaterThanOrEqual(2);
    expect((await server.deps.keyKeeper.run()).adopted).toBe(false);
  });

  test('is rotated there and not here', async () => {
    const { clock, server } = await start(service);
    clock.advance(91 * 86_400_000);
    expect((await server.deps.keyKeeper.run()).rotated).toEqual(['refresh']);
    expect(await manageKeys(server).rotate({ uses: ['access'], immediately: false })).toMatchObject([
      { outcome: 'elsewhere', source: service },
    ]);
  });

  test('a revoked version signs no more; a generated key stands in until there is a new one', async () => {
    const { kms, clock, server } = await start(service);
    const user = await server.createUser();
    const { access } = await server.signIn(user);
    await manageKeys(server).revoke(kidOf(access) ?? '');
    await server.deps.keys.reload();
    expect((await server.rest('GET', '/auth/me', { token: access })).body.code).toBe('TOKEN_INVALID');
    const standIn = await server.signIn(user);
    await verify(server, standIn.access, clock);
    expect((await readStoredKeys(server, 'access')).at(-1)).toMatchObject({ source: 'generated', signing: true });
    // A start with the revoked version goes the same way.
    const other = await startSecond(kms, server);
    expect(kidOf((await other.signIn(user)).access)).toBe(kidOf(standIn.access));

    const name = kms.rotate();
    await server.deps.keyKeeper.run();
    clock.advance(OVERLAP);
    await server.signIn(user);
    expect(kms.signatures.get(name)).toBeGreaterThan(0);
  });

  test.each(['error', 'forbidden', 'garbage', 'forgery'] as const)(
    'that answers with %s: 503 and a retry, nothing lost, no alarm',
    async (how) => {
      const { kms, clock, server } = await start(service);
      const user = await server.createUser();
      const tokens = await server.signIn(user);
      kms.misbehave(how);
      // However long it lasts and however often one tries: the session is not moved on again and again.
      for (let tries = 0; tries < 4; tries++) {
        const { status, body, headers } = await refresh(server, tokens.refresh);
        expect([status, body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE']);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        clock.advance(40_000);
      }
      expect((await login(server, user)).body.code).toBe('DEPENDENCY_UNAVAILABLE');
      // What was signed before is verified here, without the service.
      clock.advance(60_000);
      expect((await server.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
      kms.misbehave(null);
      expect((await refresh(server, tokens.refresh)).status).toBe(200);
      expect((await login(server, user)).status).toBe(200);
    },
  );

  test('a failure of one moment is not noticed', async () => {
    const { kms, server } = await start(service);
    const user = await server.createUser();
    kms.misbehave('error', 1);
    await server.signIn(user);
    expect(kms.refusals).toEqual([]);
  });

  test('that does not answer in time: 503', async () => {
    const { kms, server } = await start(service);
    const user = await server.createUser();
    kms.misbehave('silence');
    expect((await login(server, user)).body.code).toBe('DEPENDENCY_UNAVAILABLE');
    kms.misbehave(null);
    await server.signIn(user);
  });
});

test('while the service is away, three instances and a client that does not give up sign nobody out', async () => {
  const { kms, clock, server } = await start('vault');
  const instances = [server, await startSecond(kms, server), await startSecond(kms, server)];
  const user = await server.createUser();
  for (const instance of instances) await instance.signIn(user);
  const tokens = await server.signIn(user);
  kms.misbehave('error');
  for (let round = 0; round < 3; round++) {
    for (const instance of instances) expect((await refresh(instance, tokens.refresh)).status).toBe(503);
    clock.advance(40_000);
  }
  kms.misbehave(null);
  const { status, body } = await refresh(instances[2] as TestServer, tokens.refresh);
  expect([status, body.status]).toEqual([200, 'ok']);
  expect((await refresh(instances[1] as TestServer, body.refresh_token)).status).toBe(200);
  for (const { deps } of instances) {
    const events = (await deps.metrics.securityEvents.get()).values.map(({ labels }) => labels.type);
    expect(events).not.toContain('refresh_reuse');
  }
});
