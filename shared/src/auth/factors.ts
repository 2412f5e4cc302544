// Contract of second factors and of proving oneself again: TOTP, backup codes, passkeys, step-up.
import { z } from 'zod';
import { Id, line, Password } from '../ids.ts';
import { ChallengeId, Code } from './codes.ts';

/** What may be enrolled, and the codes that stand in for a lost one. */
export const FACTORS = ['totp', 'passkey', 'backup_code'] as const;

const Base64Url = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+={0,2}$/, 'must be base64url');

const credential = {
  id: Base64Url(1400).meta({ example: 'AQIDBAUGBwgJCgsMDQ4PEA' }),
  rawId: Base64Url(1400).meta({ example: 'AQIDBAUGBwgJCgsMDQ4PEA' }),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
  // What authenticators report beside the proof, of which none is read. Any object by its type: that of browsers has no index.
  clientExtensionResults: z
    .preprocess((value: object) => value, z.record(z.string().regex(/^\w{1,64}$/), z.unknown()))
    .meta({ example: {} }),
};

/** What a browser answers to `navigator.credentials.get`, as JSON (WebAuthn Level 3 §5.1). Fields that browsers come to add are dropped. */
export const Assertion = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: Base64Url(16_384),
      authenticatorData: Base64Url(16_384),
      signature: Base64Url(8_192),
      userHandle: Base64Url(256).nullish(),
    }),
  })
  .meta({ id: 'PasskeyAssertion' });
export type Assertion = z.output<typeof Assertion>;

/** What a browser answers to `navigator.credentials.create`, as JSON. */
export const Attestation = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: Base64Url(16_384),
      attestationObject: Base64Url(16_384),
      authenticatorData: Base64Url(16_384).optional(),
      transports: z.array(z.string().max(32)).max(10).optional(),
      publicKeyAlgorithm: z.int().optional(),
      publicKey: Base64Url(8_192).nullish(),
    }),
  })
  .meta({ id: 'PasskeyAttestation' });
export type Attestation = z.output<typeof Attestation>;

const Descriptor = z.object({
  id: z.string(),
  type: z.literal('public-key'),
  transports: z.array(z.string()).optional(),
});
const UserVerification = z.enum(['required', 'preferred', 'discouraged']);

/** For `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(…) })`. */
export const PasskeyCreationOptions = z.object({
  rp: z.object({ id: z.string().optional(), name: z.string() }),
  user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
  challenge: z.string(),
  pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
  timeout: z.int().optional(),
  excludeCredentials: z.array(Descriptor).optional(),
  authenticatorSelection: z
    .object({
      residentKey: z.enum(['required', 'preferred', 'discouraged']).optional(),
      requireResidentKey: z.boolean().optional(),
      userVerification: UserVerification.optional(),
    })
    .optional(),
  attestation: z.literal('none').optional(),
  extensions: z.object({ credProps: z.boolean().optional() }).optional(),
});

/** For `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(…) })`. */
export const PasskeyRequestOptions = z.object({
  challenge: z.string(),
  timeout: z.int().optional(),
  rpId: z.string().optional(),
  allowCredentials: z.array(Descriptor).optional(),
  userVerification: UserVerification.optional(),
});

/** A token of an unfinished sign-in: `mfa_token`, `setup_token`, `change_token`. */
export const TicketToken = z.string().min(20).max(200).meta({ example: 'Zr0aVb3cXw5nLk7gq8jYp1Zr0aVb3cXw5nLk7gq8jYo' });
const setup = { setup_token: TicketToken.optional().describe('In place of a session, while a role demands a factor') };

/** As typed, also on a Chinese keyboard: in full-width digits and letters. */
const MfaCode = z.string().normalize('NFKC').trim().min(6).max(32).meta({ example: '123456' });

export const EnrollMfaInput = z.strictObject({ method: z.literal('totp').default('totp'), ...setup }).prefault({});
export type EnrollMfaInput = z.output<typeof EnrollMfaInput>;
export const MfaEnrollment = z.object({
  method: z.literal('totp'),
  secret: z.string().describe('Base32, to be typed where no QR code can be read'),
  otpauth_url: z.string().describe('The content of the QR code'),
  expires_in: z.int().describe('Seconds within which a code must activate it'),
});
export type MfaEnrollment = z.output<typeof MfaEnrollment>;

export const ActivateMfaInput = z.strictObject({ code: MfaCode, ...setup });
export type ActivateMfaInput = z.output<typeof ActivateMfaInput>;

export const VerifyMfaInput = z.union([
  z.strictObject({ mfa_token: TicketToken, method: z.enum(['totp', 'backup_code', 'email']), code: MfaCode }),
  z.strictObject({ mfa_token: TicketToken, method: z.literal('passkey'), assertion: Assertion }),
  z.strictObject({ mfa_token: TicketToken, method: z.literal('new_account') }),
]);
export type VerifyMfaInput = z.output<typeof VerifyMfaInput>;

export const DisableMfaInput = z.strictObject({ method: z.literal('totp').default('totp') }).prefault({});
export type DisableMfaInput = z.output<typeof DisableMfaInput>;

export const BackupCodes = z.object({ backup_codes: z.array(z.string()) });

export const PasskeyLabel = line(64).optional().describe('What the person calls it');

export const PasskeyRegisterOptionsInput = z.strictObject(setup).prefault({});
export type PasskeyRegisterOptionsInput = z.output<typeof PasskeyRegisterOptionsInput>;

export const RegisterPasskeyInput = z.strictObject({ attestation: Attestation, label: PasskeyLabel, ...setup });
export type RegisterPasskeyInput = z.output<typeof RegisterPasskeyInput>;

export const Passkey = z
  .object({
    id: Id,
    label: z.string(),
    backed_up: z.boolean().describe('Whether it is synchronised to other devices'),
    created_at: z.date(),
    last_used_at: z.date().nullable(),
  })
  .meta({ id: 'Passkey' });
export type Passkey = z.output<typeof Passkey>;
export const PasskeyList = z.object({ items: z.array(Passkey) });
export const PasskeyIdInput = z.strictObject({ id: Id });

/** Without anything: for signing in with a passkey alone. */
export const PasskeyLoginOptionsInput = z
  .strictObject({
    mfa_token: TicketToken.optional().describe('For finishing a sign-in'),
    purpose: z.enum(['login', 'step_up']).default('login').describe('`step_up`: for auth.stepUp, by who is signed in'),
  })
  .prefault({});
export type PasskeyLoginOptionsInput = z.output<typeof PasskeyLoginOptionsInput>;

export const StepUpInput = z.union([
  z.strictObject({ password: Password }),
  z.strictObject({ code: MfaCode.describe('Of the authenticator app, or a backup code') }),
  z.strictObject({
    code: Code.describe('Sent by auth.otp.send with the purpose step_up'),
    challenge_id: ChallengeId,
  }),
  z.strictObject({ assertion: Assertion }),
]);
export type StepUpInput = z.output<typeof StepUpInput>;

/** A fresh access token of the same session; the refresh token stays as it is. */
export const SteppedUp = z.object({
  status: z.literal('ok'),
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int().describe('Seconds until the access token expires'),
});
export type SteppedUp = z.output<typeof SteppedUp>;
