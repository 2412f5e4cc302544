// Forged and misused tokens (RFC 8725 §2): each attack a test, over the guard and over auth.verify.
import { createHmac, createPublicKey } from 'node:crypto';
import {
  CompactSign,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer, type Tokens } from '../support/server.ts';
import { readSigningKey, type StolenKey } from '../support/signing-key.ts';

let server: TestServer;
let own: StolenKey;
let tokens: Tokens;
let claims: JWTPayload;
let header: JWTHeaderParameters;
let attacker: Awaited<ReturnType<typeof generateKeyPair>>;
let attackerJwk: JWK;

beforeAll(async () => {
  server = await startTestServer();
  own = await readSigningKey(server, 'access');
  tokens = await server.signIn(await server.createUser([{ name: 'Admin' }]));
  claims = decodeJwt(tokens.access);
  header = decodeProtectedHeader(tokens.access) as JWTHeaderParameters;
  attacker = await generateKeyPair('ES256', { extractable: true });
  attackerJwk = await exportJWK(attacker.publicKey);
});
afterAll(() => server.close());

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const split = (token: string) => token.split('.') as [string, string, string];

/** Signed with the server's own key: what a fault in the server, not in the attacker's means, would let through. */
const signAsServer = (payload: JWTPayload, changes: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT(payload).setProtectedHeader({ ...header, ...changes }).sign(own.key);

const signAsAttacker = (changes: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT(claims).setProtectedHeader({ ...header, ...changes }).sign(attacker.privateKey);

async function expectRefused(token: string): Promise<void> {
  const me = await server.rest('GET', '/auth/me', { token });
  expect([me.status, me.body.code]).toEqual([401, 'TOKEN_INVALID']);
  expect(me.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  const overTrpc = await server.trpc('auth.me', undefined, { token, method: 'GET' });
  expect([overTrpc.status, overTrpc.body.error.json.data.code]).toEqual([401, 'TOKEN_INVALID']);
  const verified = await server.rest('POST', '/auth/verify', { body: { token } });
  expect([verified.status, verified.body]).toEqual([200, { valid: false, allowed: false }]);
}

test('the real token is accepted, and so is one signed like it', async () => {
  for (const token of [tokens.access, await signAsServer(claims)])
    expect((await server.rest('GET', '/auth/me', { token })).status).toBe(200);
});

test.each(['none', 'None', 'NONE', ''])('no signature: alg %j', async (alg) => {
  const unsigned = `${encode({ ...header, alg })}.${encode(claims)}.`;
  await expectRefused(unsigned);
  await expectRefused(`${unsigned}${split(tokens.access)[2]}`);
  await expectRefused(`${encode(header)}.${encode(claims)}.`);
});

test('HS256 with the public key as secret: as JWK and as PEM', async () => {
  const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  const [jwk] = keys as [JWK];
  const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const { kty, crv, x, y } = jwk;
  const secrets = [
    JSON.stringify(jwk),
    JSON.stringify({ kty, crv, x, y }),
    pem,
    pem.trimEnd(),
    publicKey.export({ format: 'der', type: 'spki' }),
    Buffer.from(x as string, 'base64url'),
  ];
  for (const secret of secrets) {
    const signed = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
    await expectRefused(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`);
  }
});

test('another key under the right kid', async () => {
  await expectRefused(await signAsAttacker());
});

test('a kid that is not in the ring, is no text, or is missing', async () => {
  await expectRefused(await signAsAttacker({ kid: 'unknown' }));
  await expectRefused(await signAsServer(claims, { kid: 'unknown' }));
  await expectRefused(await signAsServer(claims, { kid: '' }));
  const { kid: _kid, ...withoutKid } = header;
  await expectRefused(await new SignJWT(claims).setProtectedHeader(withoutKid as JWTHeaderParameters).sign(own.key));
  for (const kid of ['__proto__', 'constructor', '../../etc/passwd', "' or 1=1"])
    await expectRefused(await signAsAttacker({ kid }));
});

test('the kid of the refresh key', async () => {
  await expectRefused(await signAsAttacker({ kid: server.deps.keys.signingKey('refresh').kid }));
});

test.each(['JWT', 'rt+jwt', 'at+JWT', 'application/jwt', 'logout+jwt'])('another type: typ %s', async (typ) => {
  await expectRefused(await signAsServer(claims, { typ }));
});

test('no type', async () => {
  const { typ: _typ, ...untyped } = header;
  await expectRefused(await new SignJWT(claims).setProtectedHeader(untyped as JWTHeaderParameters).sign(own.key));
});

test('for another audience', async () => {
  for (const aud of ['elsewhere', ['elsewhere'], [], '', `${server.url}/api/v1/auth/refresh`])
    await expectRefused(await signAsServer({ ...claims, aud }));
  const { aud: _aud, ...without } = claims;
  await expectRefused(await signAsServer(without));
});

test('of another issuer', async () => {
  for (const iss of ['https://evil.example', `${server.url}/`, `${server.url}.evil.example`, ''])
    await expectRefused(await signAsServer({ ...claims, iss }));
});

test('expired', async () => {
  const token = await signAsServer({ ...claims, exp: claims.iat as number });
  const me = await server.rest('GET', '/auth/me', { token });
  expect([me.status, me.body.code]).toEqual([401, 'TOKEN_EXPIRED']);
  const verified = await server.rest('POST', '/auth/verify', { body: { token } });
  expect(verified.body).toEqual({ valid: false, allowed: false, reason: 'TOKEN_EXPIRED' });
});

test('without expiry, or with one that is no number', async () => {
  const { exp: _exp, ...endless } = claims;
  await expectRefused(await signAsServer(endless));
  const [head] = split(tokens.access);
  await expectRefused(`${head}.${encode({ ...claims, exp: '9999999999' })}.${split(tokens.access)[2]}`);
});

test('from the future: iat or nbf over 30 s ahead', async () => {
  const now = Math.floor(server.clock.now().getTime() / 1000);
  await expectRefused(await signAsServer({ ...claims, iat: now + 60, exp: now + 900 }));
  await expectRefused(await signAsServer({ ...claims, nbf: now + 60 }));
});

test('with a tampered payload', async () => {
  const [head, , signature] = split(tokens.access);
  for (const change of [{ sub: '0'.repeat(24) }, { roles: ['Admin', 'Root'] }, { exp: (claims.exp as number) + 1 }])
    await expectRefused(`${head}.${encode({ ...claims, ...change })}.${signature}`);
});

test('with a tampered header', async () => {
  const [, payload, signature] = split(tokens.access);
  await expectRefused(`${encode({ ...header, extra: true })}.${payload}.${signature}`);
});

test('with a tampered, shortened, foreign or zero signature', async () => {
  const [head, payload, signature] = split(tokens.access);
  const flipped = Buffer.from(signature, 'base64url');
  flipped[10] = (flipped[10] as number) ^ 1;
  const other = await signAsServer({ ...claims, jti: 'another' });
  // All zeros verify under a broken ECDSA (CVE-2022-21449).
  for (const forged of [flipped, Buffer.alloc(64), flipped.subarray(0, 32), Buffer.from(split(other)[2], 'base64url')])
    await expectRefused(`${head}.${payload}.${forged.toString('base64url')}`);
});

test('that is none: garbage in any form', async () => {
  for (const token of [
    'a',
    '..',
    'a.b',
    'a.b.c',
    '{}.{}.{}',
    `${tokens.access}.x`,
    `${tokens.access}.a.b`,
    'null.null.null',
  ])
    await expectRefused(token);
});

test('with a critical extension (RFC 7515 §4.1.11)', async () => {
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ ...header, crit: ['urn:example:x'], 'urn:example:x': 1 })
    .sign(own.key, { crit: { 'urn:example:x': true } });
  await expectRefused(token);
});

test("with the attacker's key in the header, or a place to fetch it from", async () => {
  const { alg } = header;
  for (const changes of [
    { jwk: attackerJwk },
    { jwk: attackerJwk, kid: 'mine' },
    { jku: 'https://evil.example/jwks.json' },
    { x5u: 'https://evil.example/cert.pem' },
    { x5c: ['MIIB'], x5t: 'abc' },
  ])
    await expectRefused(await signAsAttacker({ ...changes, alg }));
});

test('a refresh token where an access token belongs', async () => {
  await expectRefused(tokens.refresh);
  const [, payload, signature] = split(tokens.refresh);
  await expectRefused(`${encode(header)}.${payload}.${signature}`);
});

test("a refresh token's claims under the access key, and the other way round", async () => {
  await expectRefused(await signAsServer(decodeJwt(tokens.refresh)));
  const { kid, key } = await readSigningKey(server, 'refresh');
  const forged = [
    tokens.access,
    await signAsServer(decodeJwt(tokens.refresh), { typ: 'rt+jwt' }),
    await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid, typ: 'rt+jwt' }).sign(key),
    await new SignJWT(decodeJwt(tokens.refresh)).setProtectedHeader({ alg: 'HS256', kid, typ: 'at+jwt' }).sign(key),
    await new SignJWT(decodeJwt(tokens.refresh))
      .setProtectedHeader({ alg: 'HS256', kid, typ: 'rt+jwt' })
      .sign(Buffer.from('a secret that somebody guessed, of 32 bytes')),
  ];
  for (const refresh_token of forged) {
    const { status, body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token } });
    expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
  }
  expect((await server.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
});

test("a client's own token is no session", async () => {
  const token = await server.mintClientToken(['users:read', 'rbac:check']);
  for (const [method, path] of [
    ['GET', '/auth/me'],
    ['GET', '/auth/sessions'],
    ['POST', '/auth/logout-all'],
  ] as const) {
    const { status, body, headers } = await server.rest(method, path, { token });
    expect([status, body.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"');
  }
  const verified = await server.rest('POST', '/auth/verify', { body: { token } });
  expect(verified.body).toEqual({ valid: false, allowed: false });
  const refreshed = await server.rest('POST', '/auth/refresh', { body: { refresh_token: token } });
  expect(refreshed.body.code).toBe('UNAUTHENTICATED');
});
