// Second factors of a test: an authenticator app, passkeys, and the sign-ins that use them.
import { Secret, TOTP } from 'otpauth';
import type { Authenticator, Quirks } from './authenticator.ts';
import type { Answer, RestAnswer, TestClock, TestServer, TestUser, Tokens } from './server.ts';

const STEP = 30_000;

/** What the app shows so many steps of 30 s away from now. */
export const readApp = (clock: TestClock, secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.now().getTime() + steps * STEP });

/** The next code of the app that was not used yet. */
export function nextCode({ clock }: TestServer, secret: string): string {
  clock.advance(STEP);
  return readApp(clock, secret);
}

/** Moves the clock to a few seconds into a step, so that none ends while a test counts them. */
export const enterStep = (clock: TestClock): void => clock.advance(STEP - (clock.now().getTime() % STEP) + STEP / 6);

export interface App {
  readonly secret: string;
  readonly backupCodes: readonly string[];
}

/** Enrolls an app and proves it. Tokens are stale afterwards: refresh. */
export async function enrollApp(server: TestServer, token: string): Promise<App> {
  const { secret } = expectOk(await server.rest('POST', '/auth/mfa/enroll', { token }));
  const code = readApp(server.clock, secret);
  const { backup_codes } = expectOk(await server.rest('POST', '/auth/mfa/activate', { token, body: { code } }));
  return { secret, backupCodes: backup_codes };
}

export interface Holder extends TestUser {
  readonly tokens: Tokens;
  readonly app: App;
}

/** A user with an authenticator app, signed in. */
export async function createHolder(
  server: TestServer,
  roles?: Parameters<TestServer['createUser']>[0],
): Promise<Holder> {
  const user = await server.createUser(roles);
  const tokens = await server.signIn(user);
  const app = await enrollApp(server, tokens.access);
  return { ...user, app, tokens: await refresh(server, tokens) };
}

export async function refresh(server: TestServer, tokens: Tokens): Promise<Tokens> {
  const body = expectOk(await server.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } }));
  return { access: body.access_token, refresh: body.refresh_token };
}

/** The right password of who has a second factor. */
export async function beginSignIn(
  server: TestServer,
  { email, password }: TestUser,
  wishes: object = {},
): Promise<Answer> {
  return expectOk(await server.rest('POST', '/auth/login', { body: { email, password, ...wishes } }));
}

export const verify = (server: TestServer, mfa_token: string, method: string, code: string): Promise<RestAnswer> =>
  server.rest('POST', '/auth/mfa/verify', { body: { mfa_token, method, code } });

/** The whole of it, by password and app. */
export async function signInByApp(server: TestServer, user: TestUser, { secret }: App): Promise<Tokens> {
  const { mfa_token } = await beginSignIn(server, user);
  const body = expectOk(await verify(server, mfa_token, 'totp', nextCode(server, secret)));
  return { access: body.access_token, refresh: body.refresh_token };
}

/** Options, ceremony and registration; `label` as the person calls it. */
export async function registerPasskey(
  server: TestServer,
  token: string,
  authenticator: Authenticator,
  { label, ...quirks }: Quirks & { readonly label?: string } = {},
): Promise<RestAnswer> {
  const options = expectOk(await server.rest('POST', '/auth/passkeys/register-options', { token }));
  const attestation = authenticator.create(options, quirks);
  return server.rest('POST', '/auth/passkeys', { token, body: { attestation, ...(label ? { label } : {}) } });
}

/** Asks what is to be signed, and signs it. */
export async function assert(
  server: TestServer,
  authenticator: Authenticator,
  { body = {}, token, quirks = {} }: { body?: object; token?: string; quirks?: Quirks } = {},
): Promise<Answer> {
  const options = expectOk(await server.rest('POST', '/auth/passkeys/login-options', { token, body }));
  return authenticator.get(options, quirks);
}

/** Signs in by a passkey alone. */
export const signInByPasskey = async (
  server: TestServer,
  authenticator: Authenticator,
  quirks: Quirks = {},
): Promise<RestAnswer> =>
  server.rest('POST', '/auth/login', { body: { assertion: await assert(server, authenticator, { quirks }) } });

/** The body of an answer that must be one of success. */
export function expectOk({ status, body }: RestAnswer): Answer {
  if (status >= 300) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** The claims of a token, as whoever holds it reads them. */
export const claimsOf = (token: string): Answer =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
