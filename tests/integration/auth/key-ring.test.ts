// The key ring: its sources and algorithms, what instances share, and what a lost key-encryption key means.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { OVERLAP } from '../../support/signing-key.ts';
import { soon } from '../../support/soon.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const verifyLikeAnApplication = (one: TestServer, token: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${one.url}/.well-known/jwks.json`)), {
    issuer: one.url,
    audience: 'authcenter',
    typ: 'at+jwt',
  });

describe('the published keys', () => {
  test('are public, cacheable, and good for verifying', async () => {
    const response = await fetch(`${server.url}/.well-known/jwks.json`);
    expect(response.headers.get('cache-control')).toContain('max-age=300');
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    expect(keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        kid: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        x: expect.any(String),
        y: expect.any(String),
      },
    ]);
    const { access } = await server.signIn(await server.createUser());
    expect((await verifyLikeAnApplication(server, access)).protectedHeader.kid).toBe(keys[0]?.['kid']);
  });

  test('do not hold the key of refresh tokens', async () => {
    const { refresh } = await server.signIn(await server.createUser());
    const kids = server.deps.keys.jwks().keys.map(({ kid }) => kid);
    expect(kids).not.toContain(decodeProtectedHeader(refresh).kid);
    await expect(verifyLikeAnApplication(server, refresh)).rejects.toThrow();
  });

  test('rest encrypted', async () => {
    const stored = await server.deps.database.db.collection('signing_keys').find().toArray();
    expect(stored.map(({ use }) => use).sort()).toEqual(['access', 'refresh']);
    for (const { private_jwk } of stored) expect(private_jwk).toMatch(/^ey[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

describe.each(['RS256', 'EdDSA', 'ES256'] as const)('%s', (algorithm) => {
  test('generated', async () => {
    const one = await startTestServer({ config: { jwt: { algorithm } } });
    try {
      const { access } = await one.signIn(await one.createUser());
      expect((await verifyLikeAnApplication(one, access)).protectedHeader.alg).toBe(algorithm);
      expect((await one.rest('GET', '/auth/me', { token: access })).status).toBe(200);
    } finally {
      await one.close();
    }
  });

  test('from a PEM file, which stays the only place of its private part', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'authcenter-pem-'));
    const path = join(folder, 'key.pem');
    const { privateKey } = {
      RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
      EdDSA: () => generateKeyPairSync('ed25519'),
      ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    }[algorithm]();
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const one = await startTestServer({ config: { jwt: { algorithm, private_key_path: path } } });
    try {
      const { access } = await one.signIn(await one.createUser());
      expect((await verifyLikeAnApplication(one, access)).protectedHeader.alg).toBe(algorithm);
      const stored = await one.deps.database.db.collection('signing_keys').findOne({ use: 'access' });
      expect(stored).toMatchObject({ source: 'pem', private_jwk: null });
      // A second instance with the same file has the same key.
      const other = await startTestServer({ sharedWith: one, config: { jwt: { algorithm, private_key_path: path } } });
      try {
        expect((await other.rest('GET', '/auth/me', { token: access })).status).toBe(200);
        expect(other.deps.keys.jwks()).toEqual(one.deps.keys.jwks());
      } finally {
        await other.close();
      }
    } finally {
      await one.close();
      rmSync(folder, { recursive: true });
    }
  });
});

test('instances that start at once on an empty database sign with one key', async () => {
  const config = {
    mongodb: { database: `test_${randomBytes(6).toString('hex')}` },
    server: { public_url: 'https://auth.example.com' },
  };
  const instances = await Promise.all(Array.from({ length: 4 }, () => startTestServer({ config })));
  try {
    for (const use of ['access', 'refresh'] as const)
      expect(new Set(instances.map(({ deps }) => deps.keys.signingKey(use).kid)).size).toBe(1);
    const [first] = instances as [TestServer];
    expect(await first.deps.database.db.collection('signing_keys').countDocuments()).toBe(2);
    const user = await first.createUser();
    for (const instance of instances) {
      const { access } = await instance.signIn(user);
      for (const other of instances) expect((await other.rest('GET', '/auth/me', { token: access })).status).toBe(200);
    }
  } finally {
    for (const instance of instances) await instance.close();
  }
});

test('a change of the algorithm brings a key that is published at once and signs later; one that left the ring verifies nothing', async () => {
  const user = await server.createUser();
  const old = await server.signIn(user);
  const { kid } = server.deps.keys.signingKey('access');
  const other = await startTestServer({ sharedWith: server, config: { jwt: { algorithm: 'EdDSA' } } });
  try {
    await vi.waitFor(() => expect(server.deps.keys.jwks().keys).toHaveLength(2), soon);
    for (const instance of [server, other]) expect(instance.deps.keys.signingKey('access').kid).toBe(kid);
    server.clock.advance(OVERLAP);
    const fresh = await other.signIn(user);
    expect(decodeProtectedHeader(fresh.access).alg).toBe('EdDSA');
    for (const instance of [server, other]) {
      expect(instance.deps.keys.signingKey('access').alg).toBe('EdDSA');
      expect((await instance.rest('GET', '/auth/me', { token: fresh.access })).status).toBe(200);
      expect((await instance.rest('GET', '/auth/me', { token: old.access })).body.code).toBe('TOKEN_EXPIRED');
    }

    await server.deps.database.db.collection<{ _id: string }>('signing_keys').deleteOne({ _id: kid });
    for (const instance of [server, other]) {
      await vi.waitFor(async () => {
        expect((await instance.rest('GET', '/auth/me', { token: old.access })).body.code).toBe('TOKEN_INVALID');
      }, soon);
      expect((await instance.rest('GET', '/auth/me', { token: fresh.access })).status).toBe(200);
    }
    // The session goes on: its refresh token is of another key.
    expect((await server.rest('POST', '/auth/refresh', { body: { refresh_token: old.refresh } })).status).toBe(200);
  } finally {
    await other.close();
  }
});

describe('the key-encryption key', () => {
  const start = (env: Record<string, string>) => startTestServer({ sharedWith: server, env });
  const newKey = () => randomBytes(32).toString('base64');

  test('that is not the one the ring was sealed with is told at start, before anything is written', async () => {
    const keys = server.deps.database.db.collection('signing_keys');
    const before = await keys.find().toArray();
    for (const algorithm of ['ES256', 'EdDSA'] as const) {
      const failure = startTestServer({
        sharedWith: server,
        env: { KEY_ENCRYPTION_KEY: newKey() },
        config: { jwt: { algorithm } },
      });
      await expect(failure).rejects.toThrow(
        /^signing key \S+ does not open: KEY_ENCRYPTION_KEY is not the one .*_PREVIOUS\)$/,
      );
    }
    expect(await keys.find().toArray()).toEqual(before);
  });

  test('before it still opens the ring when given as the previous one', async () => {
    const tokens = await server.signIn(await server.createUser());
    const other = await start({ KEY_ENCRYPTION_KEY: newKey(), KEY_ENCRYPTION_KEY_PREVIOUS: server.keyEncryptionKey });
    try {
      expect((await other.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
      const { status } = await other.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
      expect(status).toBe(200);
    } finally {
      await other.close();
    }
  });
});
