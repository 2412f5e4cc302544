// Verifiers of the SDK for tests: on the server's clock, by clients that an administrator made.

import { CompactSign, SignJWT } from 'jose';
import { AuthCenterError } from '../../client-sdk/src/error.ts';
import { createVerifierIn } from '../../client-sdk/src/verifier/create-verifier.ts';
import { readVerifierEnvironment, type VerifierEnvironment } from '../../client-sdk/src/verifier/environment.ts';
import { readOptions, type VerifierOptions } from '../../client-sdk/src/verifier/options.ts';
import type { Verifier } from '../../client-sdk/src/verify.ts';
import { createClient, type TestClient } from './clients.ts';
import type { Answer, TestServer } from './server.ts';
import { readSigningKey } from './signing-key.ts';

export interface VerifierLab {
  readonly admin: string;
  readonly client: TestClient;
  /** What the verifiers have sent by fetch: paths. */
  readonly sent: string[];
  open(options?: Partial<VerifierOptions>, env?: Partial<VerifierEnvironment>): Verifier;
  close(): void;
}

/** @param scopes - of the client that the verifiers are */
export async function openVerifierLab(
  server: TestServer,
  scopes = ['feed:read', 'rbac:check', 'users:read'],
): Promise<VerifierLab> {
  const admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  const client = await createClient(server, admin, { scopes });
  const verifiers: Verifier[] = [];
  const sent: string[] = [];
  return {
    admin,
    client,
    sent,
    open(options = {}, overrides = {}) {
      const env = readVerifierEnvironment();
      const watched: VerifierEnvironment = {
        ...env,
        now: () => server.clock.now().getTime(),
        fetch: (url, init) => {
          sent.push(new URL(url).pathname);
          return env.fetch(url, init);
        },
        ...overrides,
      };
      const own = { clientId: client.id, clientSecret: client.secret };
      const defaults = { url: server.url, issuer: server.deps.publicUrl(), ...own };
      const verifier = createVerifierIn(watched, readOptions({ ...defaults, ...options } as VerifierOptions));
      verifiers.push(verifier);
      return verifier;
    },
    close() {
      for (const verifier of verifiers) verifier.close();
    },
  };
}

/** Without credentials: there is no feed. */
export const anonymous = { clientId: undefined, clientSecret: undefined } as unknown as Partial<VerifierOptions>;

export const catchCode = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AuthCenterError ? error.code : String(error)),
  );

export const readPayload = (token: string): Answer =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

export const sidOf = (token: string): string => readPayload(token).sid;

/** Whatever text with the server's own signature. */
export async function signText(server: TestServer, text: string): Promise<string> {
  const { alg } = server.deps.keys.signingKey('access');
  const { kid, key } = await readSigningKey(server, 'access');
  return new CompactSign(new TextEncoder().encode(text)).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).sign(key);
}

/** A token with the server's own signature: the claims of another, changed. */
export async function forge(
  server: TestServer,
  token: string,
  claims: object = {},
  header: object = {},
): Promise<string> {
  const { alg } = server.deps.keys.signingKey('access');
  const { kid, key } = await readSigningKey(server, 'access');
  const payload = Object.fromEntries(
    Object.entries({ ...readPayload(token), ...claims }).filter(([, value]) => value !== undefined),
  );
  return new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header }).sign(key, {
    crit: { 'urn:example:x': true },
  });
}
