// createTestIssuer: what it signs the server's own verifier takes, and has exactly the server's claims.
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTestIssuer, type TestIssuer } from '../../../../client-sdk/src/testing.ts';
import type { KeyRing } from '../../../../server/src/platform/keys/ring.ts';
import { ClientClaims, UserClaims } from '../../../../server/src/platform/tokens/claims.ts';
import { createTokens } from '../../../../server/src/platform/tokens/tokens.ts';

/** The server's own verifier, over the issuer's published keys. */
async function createServersVerifier(issuer: TestIssuer) {
  const keys = new Map(
    await Promise.all(
      (await issuer.jwks()).keys.map(
        async (jwk) => [jwk.kid, { kid: jwk.kid, alg: jwk.alg, key: await importJWK(jwk) }] as const,
      ),
    ),
  );
  const ring = {
    verifyingKey: (_use: string, kid: string) => keys.get(kid),
    findVerifyingKey: async (_use: string, kid: string) => keys.get(kid),
    findGone: () => undefined,
  } as unknown as KeyRing;
  const clock = { now: () => new Date() };
  return createTokens({
    keys: ring,
    clock,
    issuer: () => issuer.issuer,
    audience: ['authcenter'],
    accessLife: 900_000,
    onGoneKey: () => undefined,
  });
}

describe('a token of a test issuer', () => {
  test('is taken by the server’s own verifier, with every claim', async () => {
    const issuer = createTestIssuer();
    const token = await issuer.mintToken({ username: 'han.meimei', roles: ['Editor'], amr: ['pwd', 'totp', 'mfa'] });
    const { claims } = (await (await createServersVerifier(issuer)).verifyAccess(token)) ?? {};
    expect(claims).toMatchObject({
      username: 'han.meimei',
      email: 'han.meimei@example.com',
      roles: ['Editor'],
      permissions: expect.arrayContaining(['knowledge:DELETE', 'category:MANAGE']),
      amr: ['pwd', 'totp', 'mfa'],
    });
    expect(UserClaims.strict().parse(decodeJwt(token))).toEqual(claims);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
  });

  test('of a service bears its scopes and no session', async () => {
    const issuer = createTestIssuer();
    const token = await issuer.mintClientToken({ scopes: ['rbac:check', 'feed:read'] });
    const { claims } = (await (await createServersVerifier(issuer)).verifyAccess(token)) ?? {};
    expect(claims).toMatchObject({ scope: 'rbac:check feed:read', epoch: 0 });
    expect(ClientClaims.strict().parse(decodeJwt(token))).toEqual(claims);
  });

  test('says what it is told to say', async () => {
    const issuer = createTestIssuer({ issuer: 'https://auth.example.com', now: () => new Date(1_700_000_000_000) });
    const token = await issuer.mintToken({
      sub: 'a'.repeat(24),
      email: null,
      roles: ['Approver'],
      permissions: ['invoice:APPROVE'],
      expiresIn: -1,
      audience: ['reports'],
      authTime: new Date(1_699_999_000_000),
    });
    expect(decodeJwt(token)).toMatchObject({
      iss: 'https://auth.example.com',
      sub: 'a'.repeat(24),
      user_id: 'a'.repeat(24),
      email: null,
      email_verified: false,
      permissions: ['invoice:APPROVE'],
      aud: ['authcenter', 'reports'],
      auth_time: 1_699_999_000,
      iat: 1_700_000_000,
      exp: 1_699_999_999,
    });
    expect(decodeJwt(await issuer.mintToken({ permissions: null }))).not.toHaveProperty('permissions');
  });

  test('is verified by whoever fetches the keys, until its key is revoked', async () => {
    const issuer = createTestIssuer();
    const verify = (token: string) =>
      jwtVerify(
        token,
        createRemoteJWKSet(new URL(`${issuer.issuer}/.well-known/jwks.json`), { [customFetch]: issuer.fetch }),
      );
    const token = await issuer.mintToken();
    const [{ kid = '' } = {}] = (await issuer.jwks()).keys;
    await issuer.rotateKeys();
    await expect(verify(token)).resolves.toBeTruthy();
    await expect(verify(await issuer.mintToken())).resolves.toBeTruthy();
    await issuer.revokeKey(kid);
    await expect(verify(token)).rejects.toThrow(/no applicable key/);
    expect((await issuer.fetch(`${issuer.issuer}/elsewhere`)).status).toBe(404);
  });
});
