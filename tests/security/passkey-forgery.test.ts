// Ceremonies that are not what they claim to be: another page, another domain, another challenge, another key, nobody at the device.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authenticator, createAuthenticator, type Quirks } from '../support/authenticator.ts';
import { assert, beginSignIn, expectOk, refresh, registerPasskey, signInByPasskey } from '../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../support/server.ts';

const APP = 'http://localhost:5173';
let server: TestServer;
let user: TestUser;
let tokens: Tokens;
let authenticator: Authenticator;
let stranger: Authenticator;
let strangerTokens: Tokens;
beforeAll(async () => {
  server = await startTestServer({
    config: {
      server: { cors_origins: [APP, 'https://app.example.com', 'http://localhost.example.com'] },
      // Refused answers that count as failures do not lock here.
      security: { max_login_attempts: 50 },
    },
  });
  [user, tokens, authenticator] = await createOwner();
  [, strangerTokens, stranger] = await createOwner();
});
afterAll(() => server.close());

async function createOwner(): Promise<[TestUser, Tokens, Authenticator]> {
  const owner = await server.createUser();
  const signedIn = await server.signIn(owner);
  const key = createAuthenticator(APP);
  expectOk(await registerPasskey(server, signedIn.access, key));
  return [owner, await refresh(server, signedIn), key];
}

const post = (path: string, body: object, token?: string) => server.rest('POST', path, { body, token });
const login = (assertion: object) => post('/auth/login', { assertion });
/** A passkey that the server never heard of. */
const createKey = () => {
  const other = createAuthenticator(APP);
  other.create({ rp: { id: 'localhost' }, user: { id: 'eA' }, challenge: 'eA' });
  return other.credentials[0];
};

/** A key against computers to come, which the library could verify. */
const ML_DSA_44 = new Map<number, number | Uint8Array>([
  [1, 7],
  [3, -48],
  [-1, new Uint8Array(1312)],
]);

const FORGERIES: [string, () => Quirks][] = [
  ['made on a page of another site', () => ({ origin: 'https://evil.example' })],
  ['made on another port of this machine', () => ({ origin: 'http://localhost:6666' })],
  ['made on a page whose name only looks like ours', () => ({ origin: 'http://localhost.example.com' })],
  ['made on a page of another scheme', () => ({ origin: APP.replace('http', 'https') })],
  ['made for another domain', () => ({ rpId: 'evil.example' })],
  ['made for another challenge', () => ({ challenge: Buffer.from('a challenge of my own').toString('base64url') })],
  ['made with no challenge', () => ({ challenge: '' })],
  ['of another ceremony', () => ({ ceremony: 'payment.get' })],
  ['made with nobody at the device', () => ({ userPresent: false })],
];

describe('an answer to a sign-in is refused', () => {
  test.each([
    ...FORGERIES,
    ['made without PIN or finger', () => ({ userVerified: false })],
    ['of the registration', () => ({ ceremony: 'webauthn.create' })],
    ['with a counter that stands still', () => ({ counter: authenticator.credentials[0]?.counter ?? 0 })],
    ['with a counter that goes backwards', () => ({ counter: 0 })],
    ['signed by another person’s key', () => ({ signer: stranger.credentials[0] })],
    ['by a passkey that nobody knows', () => ({ credential: createKey() })],
  ] as [string, () => Quirks][])('%s', async (_, quirks) => {
    // One use, so that its counter has something to fall behind.
    expect((await signInByPasskey(server, authenticator)).status).toBe(200);
    const { status, body } = await signInByPasskey(server, authenticator, quirks());
    expect([status, body.code, body.access_token]).toEqual([401, 'INVALID_CREDENTIALS', undefined]);
    expect((await signInByPasskey(server, authenticator)).status).toBe(200);
  });

  test('changed after it was signed', async () => {
    const assertion = await assert(server, authenticator);
    const { response } = assertion;
    const flip = (text: string) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);
    for (const [field, value] of Object.entries<string>(response)) {
      const { status } = await login({ ...assertion, response: { ...response, [field]: flip(value) } });
      expect([field, status]).toEqual([field, 401]);
    }
  });

  test('that names another person, though signed by a passkey that is known', async () => {
    const assertion = await assert(server, authenticator);
    const { response } = assertion;
    const userHandle = stranger.credentials[0]?.userHandle;
    expect((await login({ ...assertion, response: { ...response, userHandle } })).status).toBe(401);
    const silent = await assert(server, authenticator);
    expect((await login({ ...silent, response: { ...silent.response, userHandle: null } })).status).toBe(200);
  });

  test.each([
    ['no JSON', Buffer.from('no JSON').toString('base64url')],
    ['null', Buffer.from('null').toString('base64url')],
    ['an object for a challenge', Buffer.from('{"challenge":{"$ne":null}}').toString('base64url')],
  ])('with %s for client data', async (_, clientDataJSON) => {
    const assertion = await assert(server, authenticator);
    expect((await login({ ...assertion, response: { ...assertion.response, clientDataJSON } })).status).toBe(401);
  });

  test.each([
    ['id', { $ne: null }],
    ['rawId', ['x']],
    ['type', 'password'],
    ['response', null],
  ])('with nonsense for %s', async (field, value) => {
    const assertion = await assert(server, authenticator);
    expect((await login({ ...assertion, [field]: value })).body.code).toBe('VALIDATION_FAILED');
  });
});

describe('a registration is refused', () => {
  test.each([
    ...FORGERIES,
    ['of a sign-in', () => ({ ceremony: 'webauthn.get' })],
    ['with certificates, which nobody asked for', () => ({ attestation: 'certified' })],
    ['with a key of a kind that was not offered', () => ({ publicKey: ML_DSA_44 })],
    ['with a key that is none', () => ({ publicKey: new Map([[1, 2]]) })],
  ] as [string, () => Quirks][])('%s', async (_, quirks) => {
    const answer = await registerPasskey(server, tokens.access, createAuthenticator(APP), quirks());
    expect([answer.status, answer.body.code]).toEqual([401, 'INVALID_CODE']);
    expect(expectOk(await server.rest('GET', '/auth/passkeys', { token: tokens.access })).items).toHaveLength(1);
  });
});

describe('a registration by hand', () => {
  const register = async (change: (attestation: ReturnType<Authenticator['create']>) => object) => {
    const options = expectOk(await post('/auth/passkeys/register-options', {}, tokens.access));
    const attestation = change(createAuthenticator(APP).create(options));
    return (await post('/auth/passkeys', { attestation }, tokens.access)).body.code;
  };

  test('under another name than the one inside', async () => {
    expect(await register((one) => ({ ...one, id: 'AQIDBAUG', rawId: 'AQIDBAUG' }))).toBe('INVALID_CODE');
    expect(await register((one) => ({ ...one, rawId: 'AQIDBAUG' }))).toBe('INVALID_CODE');
  });

  test.each(['', 'AAAA', Buffer.from('no CBOR').toString('base64url')])('with %s inside', async (attestationObject) => {
    const code = await register((one) => ({ ...one, response: { ...one.response, attestationObject } }));
    expect(['INVALID_CODE', 'VALIDATION_FAILED']).toContain(code);
  });

  test('signed by the passkey itself is as good as not signed: some browsers let that through', async () => {
    const [, owner] = await createOwner();
    const key = createAuthenticator(APP);
    expectOk(await registerPasskey(server, owner.access, key, { attestation: 'self' }));
    expect((await signInByPasskey(server, key)).status).toBe(200);
  });
});

describe('a challenge', () => {
  test('is answered once, also when the answer was wrong', async () => {
    const options = expectOk(await post('/auth/passkeys/login-options', {}));
    expect((await login(authenticator.get(options, { userVerified: false }))).status).toBe(401);
    expect((await login(authenticator.get(options))).status).toBe(401);
  });

  test('lives 5 minutes', async () => {
    const [early, late] = [await assert(server, authenticator), await assert(server, authenticator)];
    server.clock.advance(5 * 60_000 - 1_000);
    expect((await login(early)).status).toBe(200);
    server.clock.advance(2_000);
    expect((await login(late)).status).toBe(401);
  });

  test('is for one purpose', async () => {
    tokens = await refresh(server, tokens);
    const { mfa_token } = await beginSignIn(server, user);
    const forStepUp = { body: { purpose: 'step_up' }, token: tokens.access };
    const stepUp = (assertion: object) => post('/auth/step-up', { assertion }, tokens.access);
    const finish = (assertion: object) => post('/auth/mfa/verify', { mfa_token, method: 'passkey', assertion });
    expect((await login(await assert(server, authenticator, forStepUp))).status).toBe(401);
    expect((await login(await assert(server, authenticator, { body: { mfa_token } }))).status).toBe(401);
    expect((await finish(await assert(server, authenticator))).body.code).toBe('INVALID_CODE');
    expect((await finish(await assert(server, authenticator, forStepUp))).body.code).toBe('INVALID_CODE');
    expect((await stepUp(await assert(server, authenticator))).body.code).toBe('INVALID_CODE');
    expect((await stepUp(await assert(server, authenticator, { body: { mfa_token } }))).body.code).toBe('INVALID_CODE');
    const creation = expectOk(await post('/auth/passkeys/register-options', {}, tokens.access));
    expect((await login(authenticator.get({ challenge: creation.challenge, rpId: 'localhost' }))).status).toBe(401);
    const request = expectOk(await post('/auth/passkeys/login-options', {}));
    const attestation = createAuthenticator(APP).create({ ...creation, challenge: request.challenge });
    expect((await post('/auth/passkeys', { attestation }, tokens.access)).body.code).toBe('INVALID_CODE');
  });

  test('is for one person', async () => {
    strangerTokens = await refresh(server, strangerTokens);
    const creation = expectOk(await post('/auth/passkeys/register-options', {}, strangerTokens.access));
    const attestation = createAuthenticator(APP).create(creation);
    expect((await post('/auth/passkeys', { attestation }, tokens.access)).body.code).toBe('INVALID_CODE');
    // A signature for another's step-up, by a passkey of one's own, and the other way round.
    for (const signer of [authenticator, stranger]) {
      const asked = expectOk(await post('/auth/passkeys/login-options', { purpose: 'step_up' }, strangerTokens.access));
      const assertion = signer.get({ ...asked, allowCredentials: [] });
      expect((await post('/auth/step-up', { assertion }, tokens.access)).body.code).toBe('INVALID_CODE');
    }
  });

  test('for a step-up is made for the signed-in alone; for a sign-in to be finished by its token', async () => {
    expect((await post('/auth/passkeys/login-options', { purpose: 'step_up' })).body.code).toBe('UNAUTHENTICATED');
    const guess = await post('/auth/passkeys/login-options', { mfa_token: 'x'.repeat(43) });
    expect(guess.body.code).toBe('INVALID_CODE');
    const client = await server.mintClientToken(['users:read']);
    const asked = await post('/auth/passkeys/login-options', { purpose: 'step_up' }, client);
    expect(asked.body.code).toBe('UNAUTHENTICATED');
  });
});

describe('the pages that may use passkeys', () => {
  test('of a server on an address of this machine: by the machine’s name, and applications there', async () => {
    const own = server.url.replace('127.0.0.1', 'localhost');
    for (const origin of [own, APP])
      expect([origin, (await signInByPasskey(server, authenticator, { origin })).status]).toEqual([origin, 200]);
    for (const origin of [server.url, 'https://app.example.com'])
      expect([origin, (await signInByPasskey(server, authenticator, { origin })).status]).toEqual([origin, 401]);
  });

  test('of a server with a domain: its own, and those of the applications within it', async () => {
    const company = await startTestServer({
      sharedWith: server,
      config: {
        server: {
          public_url: 'https://auth.example.com',
          cors_origins: ['https://app.example.com', 'https://notexample.com', APP],
        },
        auth: {
          passkeys: { rp_id: 'example.com', origins: ['https://shop.example.com:8443', 'https://elsewhere.org'] },
        },
      },
    });
    try {
      const owner = await company.createUser();
      const { access } = await company.signIn(owner);
      const key = createAuthenticator('https://auth.example.com');
      expectOk(await registerPasskey(company, access, key));
      for (const origin of ['https://auth.example.com', 'https://app.example.com', 'https://shop.example.com:8443'])
        expect([origin, (await signInByPasskey(company, key, { origin })).status]).toEqual([origin, 200]);
      for (const origin of ['https://notexample.com', 'https://elsewhere.org', APP, 'https://example.com'])
        expect([origin, (await signInByPasskey(company, key, { origin })).status]).toEqual([origin, 401]);
    } finally {
      await company.close();
    }
  });
});
