// The session as an application sees it: who is signed in, what they may do, signing in and out.
import type { PermissionName } from './can.ts';
import type { SessionUser } from './record.ts';
import type { RedirectOptions } from './redirect.ts';
import type { RouterInputs } from './router.ts';
import type {
  FactorResult,
  LoginInput,
  LoginResult,
  Opening,
  RegisterInput,
  RegisterResult,
  VerifyMfaInput,
} from './sign-in.ts';
import type { StepUpProof } from './step-up.ts';

/**
 * The session of one client: `createAuthCenter(…).auth`.
 *
 * @example
 * import type { Auth } from '@authcenter/client';
 *
 * export const nameOf = (auth: Auth) => auth.user?.username ?? 'nobody';
 */
export interface Auth {
  /**
   * Who is signed in, as of the last sign-in or refresh; null: nobody, or not known yet (see `ready`).
   *
   * @example
   * console.log(auth.user?.roles);
   */
  readonly user: SessionUser | null;

  /**
   * Whether somebody is signed in; `loading`: not known yet (see `ready`).
   *
   * @example
   * console.log(auth.status);
   */
  readonly status: 'loading' | 'signed-in' | 'signed-out';

  /**
   * Resolves once it is known who is signed in: the storage has been read or, with the cookie, the server asked.
   *
   * @returns the user, null when nobody is signed in
   * @throws AuthCenterError `NETWORK_ERROR` and the server's 429 and 5xx, when the server had to be asked and could not be; the next
   *   call asks again
   * @example
   * const user = await auth.ready();
   * if (!user) console.log('Sign in first');
   */
  ready(): Promise<SessionUser | null>;

  /**
   * Signs in: by a password (`email`, `username` or `phone`), by a code (`phone` or `email`, asked for by `api.auth.otp.send`), by the
   * token of a mailed link, by a passkey's answer (see `@authcenter/client/passkeys`). A phone number that nobody has becomes an account.
   * While the server is too busy to check passwords it is asked again for `retryFor`.
   *
   * @param input - one of these ways, optionally `device: { device_type, device_name }`
   * @param options - `signal` gives up
   * @returns `ok` with the user; `mfa_required`: go on with `verifyMfa`; `mfa_setup_required`: enroll a factor with the `setup_token`
   *   (`activateMfa`, `addPasskey`); `password_change_required`: `api.auth.password.reset` with the `change_token`, then sign in
   * @throws AuthCenterError `INVALID_CREDENTIALS`, `INVALID_CODE`, `ACCOUNT_LOCKED` (with `retryAfter`), `ACCOUNT_DISABLED`,
   *   `EMAIL_NOT_VERIFIED`, `RATE_LIMITED`, `OVERLOADED`, `VALIDATION_FAILED`, `ORIGIN_REFUSED` (storage `cookie`), `NETWORK_ERROR`
   * @example
   * await api.auth.otp.send.mutate({ phone: '13800138000', purpose: 'login' });
   * const result = await auth.login({ phone: '13800138000', code: '123456' });
   * if (result.status === 'ok') console.log(result.user.permissions); // ['ai:USE', 'knowledge:READ', …]
   * else if (result.status === 'mfa_required') console.log('Your authenticator app, please', result.methods);
   */
  login(input: LoginInput, options?: { signal?: AbortSignal }): Promise<LoginResult>;

  /**
   * Finishes a sign-in that answered `mfa_required`.
   *
   * @param input - its `mfa_token`, one of its `methods`, and the `code` or `assertion`
   * @param options - `signal` gives up
   * @returns as `login`
   * @throws AuthCenterError `INVALID_CODE` (also when it took too long: begin again), `ACCOUNT_LOCKED`, `RATE_LIMITED`, `NETWORK_ERROR`
   * @example
   * const begun = await auth.login({ email: 'li.lei@example.com', password: 'correct horse battery staple' });
   * if (begun.status === 'mfa_required')
   *   await auth.verifyMfa({ mfa_token: begun.mfa_token, method: 'totp', code: '123456' });
   */
  verifyMfa(input: VerifyMfaInput, options?: { signal?: AbortSignal }): Promise<LoginResult>;

  /**
   * Proves an authenticator app by its first code, after `api.auth.mfa.enroll`.
   *
   * @param input - `code`, and the `setup_token` of a sign-in that waits for a factor
   * @param options - `signal` gives up
   * @returns the backup codes, to be shown this once; with a `setup_token` the sign-in goes on: `ok` or `password_change_required`
   * @throws AuthCenterError `INVALID_CODE`, `STEP_UP_REQUIRED`, `EMAIL_NOT_VERIFIED`, `ACCOUNT_LOCKED`, `NETWORK_ERROR`
   * @example
   * const { otpauth_url } = await api.auth.mfa.enroll.mutate();
   * console.log('Show this as a QR code:', otpauth_url);
   * const { backup_codes } = await auth.activateMfa({ code: '123456' });
   * console.log('Keep these:', backup_codes);
   */
  activateMfa(
    input: RouterInputs['auth']['mfa']['activate'],
    options?: { signal?: AbortSignal },
  ): Promise<FactorResult>;

  /**
   * Makes a passkey known that the browser has made; `registerPasskey` of `@authcenter/client/passkeys` does all of it.
   *
   * @param input - the `attestation`, a `label`, and the `setup_token` of a sign-in that waits for a factor
   * @param options - `signal` gives up
   * @returns as `activateMfa`
   * @throws AuthCenterError `INVALID_CODE`, `ALREADY_EXISTS`, `STEP_UP_REQUIRED`, `EMAIL_NOT_VERIFIED`, `NETWORK_ERROR`
   * @example
   * import { createAuthCenter } from '@authcenter/client';
   * import { registerPasskey } from '@authcenter/client/passkeys';
   *
   * const center = createAuthCenter({ url: 'https://auth.example.com' });
   * await registerPasskey(center, { label: 'My laptop' });
   */
  addPasskey(
    input: RouterInputs['auth']['passkeys']['register'],
    options?: { signal?: AbortSignal },
  ): Promise<FactorResult>;

  /**
   * Takes the session that a phone has confirmed; `signInByQr` of `@authcenter/client/qr` does all of it.
   *
   * @param input - `qr_id` and `qr_secret` of `api.auth.qr.create`, optionally `device`
   * @param options - `signal` gives up
   * @returns as `login`
   * @throws AuthCenterError `INVALID_CODE` (not confirmed, claimed before, too late), `ACCOUNT_LOCKED`, `NETWORK_ERROR`
   * @example
   * const { qr_id, qr_secret, qr_url, number } = await api.auth.qr.create.mutate();
   * console.log('Show this as a QR code, and the number beside it:', qr_url, number);
   * const result = await auth.claimQr({ qr_id, qr_secret });
   * console.log(result.status);
   */
  claimQr(
    input: Opening<RouterInputs['auth']['qr']['claim']>,
    options?: { signal?: AbortSignal },
  ): Promise<LoginResult>;

  /**
   * Proves again who the person is, for calls that demand a fresh proof; with `onStepUp` it is asked for when a call does.
   *
   * @param proof - the password, a code of the authenticator app, a backup code, a sent code with its `challenge_id`, or an assertion
   * @throws AuthCenterError `INVALID_CREDENTIALS`, `INVALID_CODE`, `ACCOUNT_LOCKED`, `RATE_LIMITED`, `NETWORK_ERROR`
   * @example
   * await auth.stepUp({ password: 'correct horse battery staple' });
   * await api.auth.contact.remove.mutate({ contact: 'phone' });
   */
  stepUp(proof: StepUpProof): Promise<void>;

  /**
   * Leaves this page for a sign-in provider; it comes back to `redirectUri`, where `handleRedirectCallback` finishes. Browsers only.
   *
   * @param options - `provider`, `clientId`, `redirectUri`
   * @throws AuthCenterError never; TypeError outside of web pages, and on pages that are not from https or localhost
   * @example
   * await auth.signInWithRedirect({
   *   provider: 'wechat',
   *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
   *   redirectUri: 'https://app.example.com/callback',
   * });
   */
  signInWithRedirect(options: RedirectOptions): Promise<void>;

  /**
   * Finishes a sign-in by redirect, on the page that `redirectUri` names; takes code and state out of the address.
   *
   * @returns as `login`; null when nobody comes back to this tab
   * @throws AuthCenterError `ACCESS_DENIED` when the person said no or is no member there; `INVALID_GRANT` when it has to be begun again:
   *   it was not begun in this tab, took too long, or the provider refused; `DEPENDENCY_UNAVAILABLE`, `ACCOUNT_DISABLED`,
   *   `ACCOUNT_LOCKED`, `NETWORK_ERROR`; TypeError outside of web pages
   * @example
   * const result = await auth.handleRedirectCallback();
   * if (result?.status === 'ok') console.log(`Welcome, ${result.user.username}`);
   */
  handleRedirectCallback(): Promise<LoginResult | null>;

  /**
   * Leaves this page to link a sign-in provider to the account that is signed in; it comes back to `redirectUri` with `linked` or
   * `error` in the query. Browsers only, for pages of the server's own site.
   *
   * @param options - `provider`, `clientId`, `redirectUri`
   * @throws AuthCenterError `STEP_UP_REQUIRED`, `ALREADY_EXISTS`, `NOT_FOUND`, `INVALID_REDIRECT_URI`, `NETWORK_ERROR`
   * @example
   * await auth.linkWithRedirect({
   *   provider: 'github',
   *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
   *   redirectUri: 'https://app.example.com/settings',
   * });
   */
  linkWithRedirect(options: RedirectOptions): Promise<void>;

  /**
   * Makes an account; where the server does not ask for a verified address first, it is signed in at once.
   *
   * @param input - `{ username, email, password, name? }`: username 3–32 of `a-z 0-9 _ . -`, password 8–128 characters; or
   *   `{ phone, code, name? }` with a code sent for the purpose `register`
   * @param options - `signal` gives up
   * @returns `{ status: 'ok', user }`; `{ status: 'verification_required' }`: a mail with a link has gone out; or
   *   `mfa_setup_required`, where the role of whoever registers demands a second factor
   * @throws AuthCenterError `ALREADY_EXISTS`, `VALIDATION_FAILED` (with `issues`), `RATE_LIMITED`, `OVERLOADED`, `NETWORK_ERROR`
   * @example
   * const result = await auth.register({ username: 'li.lei', email: 'li.lei@example.com', password: 'correct horse battery staple' });
   * if (result.status === 'ok') console.log(result.user.id);
   */
  register(input: RegisterInput, options?: { signal?: AbortSignal }): Promise<RegisterResult>;

  /**
   * Signs out: here and in the other tabs at once, then on the server. What a refresh under way brings is thrown away.
   *
   * @param options - `everywhere`: all sessions of this person are ended, on all devices; then a failure leaves everything as it was
   * @throws AuthCenterError `NETWORK_ERROR` and the server's 5xx when the server could not be told; this client is signed out even so
   * @example
   * await auth.logout();
   */
  logout(options?: { everywhere?: boolean }): Promise<void>;

  /**
   * Whether the signed-in person may do something, without asking the server; `MANAGE` on a resource covers every action on it.
   * For what to show: the server decides again, and a grant that ended since the last refresh is noticed there first.
   *
   * @param permission - `resource:ACTION` in any case, or the name of a builtin permission; of permissions made at run time only the pair
   * @returns false when nobody is signed in
   * @example
   * if (auth.can('knowledge:CREATE')) console.log('show the button');
   * auth.can('TAG_MANAGE');
   * auth.can('invoice:APPROVE'); // made at run time
   */
  can(permission: PermissionName): boolean;

  /**
   * Tells whenever somebody signs in or out, here or in another tab, and when a refresh brought other roles, permissions or names.
   *
   * @param listener - given the user, null after a sign-out
   * @returns stops the telling
   * @example
   * const stop = auth.onChange((user) => console.log(user ? `Hello ${user.username}` : 'Bye'));
   * stop();
   */
  onChange(listener: (user: SessionUser | null) => void): () => void;

  /**
   * The access token for requests of one's own (`Authorization: Bearer …`), renewed first when it is about to expire. Ask each time.
   *
   * @param options - `refresh`: a new one in any case, for when a service refused this one
   * @returns null when nobody is signed in
   * @throws AuthCenterError when an expired one could not be renewed: `NETWORK_ERROR`, or the server's 429 and 5xx
   * @example
   * const token = await auth.getAccessToken();
   * await fetch('https://api.example.com/orders', { headers: { authorization: `Bearer ${token}` } });
   */
  getAccessToken(options?: { refresh?: boolean }): Promise<string | null>;
}
