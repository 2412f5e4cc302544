// What signing in takes and answers, without the tokens, which stay with the SDK.
import type { SessionUser } from './record.ts';
import type { RouterInputs, RouterOutputs } from './router.ts';

/** How the refresh token travels follows from the storage chosen. */
export type Opening<T> = T extends unknown ? Omit<T, 'refresh_transport'> : never;
/** The tokens stay with the SDK. */
type Opened<T> = T extends { status: 'ok' } ? { status: 'ok'; user: SessionUser } : T;

/**
 * What `auth.login` takes: one of the ways to sign in, and optionally the device's name.
 *
 * @example
 * import type { LoginInput } from '@authcenter/client';
 *
 * const input: LoginInput = { username: 'li.lei', password: 'correct horse battery staple', device: { device_type: 'web' } };
 */
export type LoginInput = Opening<RouterInputs['auth']['login']>;

/**
 * What `auth.login` answers, told apart by `status`; with `ok` the person is signed in.
 *
 * @example
 * import type { LoginResult } from '@authcenter/client';
 *
 * export const isSignedIn = (result: LoginResult) => result.status === 'ok';
 */
export type LoginResult = Opened<RouterOutputs['auth']['login']>;

/**
 * What finishes a sign-in that answered `mfa_required`.
 *
 * @example
 * import type { VerifyMfaInput } from '@authcenter/client';
 *
 * const input: VerifyMfaInput = { mfa_token: 'from auth.login', method: 'totp', code: '123456' };
 */
export type VerifyMfaInput = RouterInputs['auth']['mfa']['verify'];

/**
 * What `auth.activateMfa` and `auth.addPasskey` answer: backup codes with the first factor, to be shown this once; and for a sign-in
 * that waited for a factor (`setup_token`) how it goes on.
 *
 * @example
 * import type { FactorResult } from '@authcenter/client';
 *
 * export const codesOf = (result: FactorResult) => result.backup_codes ?? [];
 */
export type FactorResult = Opened<RouterOutputs['auth']['mfa']['activate']> & {
  readonly backup_codes: string[] | null;
};

/**
 * What `auth.register` takes.
 *
 * @example
 * import type { RegisterInput } from '@authcenter/client';
 *
 * const input: RegisterInput = { username: 'li.lei', email: 'li.lei@example.com', password: 'correct horse battery staple' };
 */
export type RegisterInput = Opening<RouterInputs['auth']['register']>;

/**
 * What `auth.register` answers: signed in at once (`ok`), or first the link in the mail (`verification_required`), or a second
 * factor (`mfa_setup_required`).
 *
 * @example
 * import type { RegisterResult } from '@authcenter/client';
 *
 * export const mustReadMail = (result: RegisterResult) => result.status === 'verification_required';
 */
export type RegisterResult = Opened<RouterOutputs['auth']['register']>;
