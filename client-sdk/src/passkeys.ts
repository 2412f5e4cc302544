// Entry `@authcenter/client/passkeys`: the browser's part of passkeys.
import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import type { AuthCenter } from './create-auth-center.ts';
import { AuthCenterError } from './error.ts';
import type { FactorResult, LoginInput, LoginResult } from './sign-in.ts';
import type { StepUpProof } from './step-up.ts';

/**
 * Whether this browser knows passkeys at all.
 *
 * @example
 * import { supportsPasskeys } from '@authcenter/client/passkeys';
 *
 * if (supportsPasskeys()) console.log('show the button');
 */
export const supportsPasskeys = (): boolean => browserSupportsWebAuthn();

/**
 * Makes a passkey on this device, or on one near it, for who is signed in; or for a sign-in that waits for a factor.
 *
 * @param center - of `createAuthCenter`
 * @param options - `label`: what the person calls it; `setup_token`: of a sign-in that answered `mfa_setup_required`
 * @returns the backup codes, to be shown this once (null: there are some already); with a `setup_token` how the sign-in goes on
 * @throws AuthCenterError `ACCESS_DENIED` when the person did not go through with it, `ALREADY_EXISTS` when this device holds one for
 *   them, `STEP_UP_REQUIRED`, `EMAIL_NOT_VERIFIED`, `INVALID_CODE`, `NETWORK_ERROR`
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import { registerPasskey } from '@authcenter/client/passkeys';
 *
 * const center = createAuthCenter({ url: 'https://auth.example.com', storage: 'cookie' });
 * const { backup_codes } = await registerPasskey(center, { label: 'My laptop' });
 * console.log('Keep these:', backup_codes);
 */
export async function registerPasskey(
  center: AuthCenter,
  options: { readonly label?: string; readonly setup_token?: string } = {},
): Promise<FactorResult> {
  const { setup_token } = options;
  const waiting = setup_token === undefined ? {} : { setup_token };
  const optionsJSON = await center.api.auth.passkeys.registerOptions.mutate(waiting);
  const attestation = await ask(() =>
    startRegistration({ optionsJSON: optionsJSON as PublicKeyCredentialCreationOptionsJSON }),
  );
  const label = options.label === undefined ? {} : { label: options.label };
  return center.auth.addPasskey({ attestation, ...label, ...waiting });
}

/**
 * Signs in with a passkey: alone, or as the second factor of a sign-in that answered `mfa_required`.
 *
 * @param center - of `createAuthCenter`
 * @param options - `mfa_token`: of that sign-in; `autofill`: waits until the person picks a passkey in a field with
 *   `autocomplete="username webauthn"`, for five minutes: picked later it is refused with `INVALID_CODE`; `device` as for `login`
 * @returns as `auth.login`
 * @throws AuthCenterError `ACCESS_DENIED` when the person did not go through with it, `INVALID_CREDENTIALS`, `INVALID_CODE`,
 *   `ACCOUNT_LOCKED`, `ACCOUNT_DISABLED`, `NETWORK_ERROR`
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import { loginWithPasskey } from '@authcenter/client/passkeys';
 *
 * const center = createAuthCenter({ url: 'https://auth.example.com', storage: 'cookie' });
 * const result = await loginWithPasskey(center);
 * if (result.status === 'ok') console.log(result.user.username);
 */
export async function loginWithPasskey(
  center: AuthCenter,
  options: { readonly mfa_token?: string; readonly autofill?: boolean; readonly device?: LoginInput['device'] } = {},
): Promise<LoginResult> {
  const { mfa_token, autofill = false, device } = options;
  const asked = mfa_token === undefined ? {} : { mfa_token };
  const assertion = await sign(await center.api.auth.passkeys.loginOptions.mutate(asked), autofill);
  return mfa_token === undefined
    ? center.auth.login({ assertion, ...(device ? { device } : {}) })
    : center.auth.verifyMfa({ mfa_token, method: 'passkey', assertion });
}

/**
 * Proves again by a passkey who is signed in: for `auth.stepUp`, and as the answer of `onStepUp`.
 *
 * @param center - of `createAuthCenter`
 * @returns the proof
 * @throws AuthCenterError `ACCESS_DENIED` when the person did not go through with it, `RATE_LIMITED`, `NETWORK_ERROR`
 * @example
 * import { type AuthCenter, createAuthCenter } from '@authcenter/client';
 * import { proveByPasskey } from '@authcenter/client/passkeys';
 *
 * const center: AuthCenter = createAuthCenter({
 *   url: 'https://auth.example.com',
 *   storage: 'cookie',
 *   onStepUp: () => proveByPasskey(center),
 * });
 * await center.auth.stepUp(await proveByPasskey(center));
 */
export async function proveByPasskey(center: AuthCenter): Promise<StepUpProof> {
  const asked = await center.api.auth.passkeys.loginOptions.mutate({ purpose: 'step_up' });
  return { assertion: await sign(asked, false) };
}

const sign = (optionsJSON: object, useBrowserAutofill: boolean) =>
  ask(() =>
    startAuthentication({
      optionsJSON: optionsJSON as PublicKeyCredentialRequestOptionsJSON,
      useBrowserAutofill,
    }),
  );

/** What is no no: a second passkey of one authenticator, and a page at an address that the relying party's id does not cover. */
const CODES: Readonly<Record<string, 'ALREADY_EXISTS' | 'ORIGIN_REFUSED'>> = {
  InvalidStateError: 'ALREADY_EXISTS',
  SecurityError: 'ORIGIN_REFUSED',
};

/** Browsers tell pages no more than this of a ceremony that came to nothing: a no is like a time-out. */
async function ask<T>(ceremony: () => Promise<T>): Promise<T> {
  try {
    return await ceremony();
  } catch (cause) {
    const { name, message } = cause instanceof Error ? cause : new Error('The passkey was not used');
    throw new AuthCenterError({ code: CODES[name] ?? 'ACCESS_DENIED', detail: message, cause });
  }
}
