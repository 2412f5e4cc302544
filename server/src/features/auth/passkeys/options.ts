// What a browser is asked to do: make a passkey, or sign with one.
import type {
  PasskeyCreationOptions,
  PasskeyLoginOptionsInput,
  PasskeyRegisterOptionsInput,
  PasskeyRequestOptions,
} from '@authcenter/shared';
import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server';
import { ObjectId } from 'mongodb';
import type { z } from 'zod';
import type { Caller, Ctx } from '../../../context.ts';
import { readHolder } from '../mfa/holder.ts';
import { requireUser } from '../sign-in/signed-in.ts';
import { openTicket } from '../sign-in/ticket.ts';
import { readRelyingParty } from './relying-party.ts';
import type { PasskeyChallengeDocument, PasskeyDocument } from './repository.ts';

type OptionsCtx = Ctx<
  | 'users'
  | 'tickets'
  | 'clients'
  | 'passkeys'
  | 'passkeyChallenges'
  | 'hashLink'
  | 'clock'
  | 'config'
  | 'publicUrl'
  | 'tokens'
  | 'apiKeyReader'
  | 'limits'
  | 'live',
  Caller | null
>;

/** COSE names of EdDSA, ES256 and RS256: what authenticators have. */
export const ALGORITHMS = [-8, -7, -257];

/** Within which the browser must answer, in ms. */
const CHALLENGE_LIFE = 5 * 60_000;

async function keepChallenge(
  ctx: OptionsCtx,
  challenge: string,
  purpose: PasskeyChallengeDocument['purpose'],
  userId: ObjectId | null,
): Promise<void> {
  const expires_at = new Date(ctx.clock.now().getTime() + CHALLENGE_LIFE);
  await ctx.passkeyChallenges.insert({ _id: challenge, purpose, user_id: userId, expires_at });
}

const describe = ({ credential_id: id, transports }: PasskeyDocument) => ({ id, transports });

/** @throws AppError UNAUTHENTICATED, STEP_UP_REQUIRED, EMAIL_NOT_VERIFIED; INVALID_CODE for a setup token that is void */
export async function readRegisterOptions(
  ctx: OptionsCtx,
  { setup_token }: PasskeyRegisterOptionsInput,
): Promise<z.input<typeof PasskeyCreationOptions>> {
  const { user } = await readHolder(ctx, setup_token, { takeTry: false });
  const { id: rpID, name: rpName } = readRelyingParty(ctx);
  const options = await generateRegistrationOptions({
    rpID,
    rpName,
    userID: Uint8Array.from(Buffer.from(user._id.toHexString())),
    userName: user.username,
    userDisplayName: user.profile.name ?? user.username,
    timeout: CHALLENGE_LIFE,
    attestationType: 'none',
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: (await ctx.passkeys.listOfUser(user._id)).map(describe),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  });
  await keepChallenge(ctx, options.challenge, 'register', user._id);
  return options as z.input<typeof PasskeyCreationOptions>;
}

/** @throws AppError UNAUTHENTICATED and its kin for a step-up without a session; INVALID_CODE for an mfa_token that is void */
export async function readLoginOptions(
  ctx: OptionsCtx,
  { mfa_token, purpose }: PasskeyLoginOptionsInput,
): Promise<z.input<typeof PasskeyRequestOptions>> {
  const asked = await readAsked(ctx, mfa_token, purpose);
  const { id: rpID } = readRelyingParty(ctx);
  const options = await generateAuthenticationOptions({
    rpID,
    timeout: CHALLENGE_LIFE,
    userVerification: asked.purpose === 'mfa' ? 'preferred' : 'required',
    // Of nobody yet: the authenticator offers what it has, and which accounts there are is told to none.
    allowCredentials: asked.userId ? (await ctx.passkeys.listOfUser(asked.userId)).map(describe) : [],
  });
  await keepChallenge(ctx, options.challenge, asked.purpose, asked.userId);
  return options as z.input<typeof PasskeyRequestOptions>;
}

async function readAsked(
  ctx: OptionsCtx,
  mfaToken: string | undefined,
  purpose: PasskeyLoginOptionsInput['purpose'],
): Promise<{ purpose: 'login' | 'mfa' | 'step_up'; userId: ObjectId | null }> {
  if (mfaToken !== undefined)
    return { purpose: 'mfa', userId: (await openTicket(ctx, 'mfa', mfaToken, { takeTry: false })).user._id };
  if (purpose === 'login') return { purpose, userId: null };
  const { id } = await requireUser(ctx);
  return { purpose, userId: new ObjectId(id) };
}
