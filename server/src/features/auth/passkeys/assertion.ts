// Whether an assertion is good: its challenge ours and not answered before, its signature by a passkey we know.
import type { Assertion } from '@authcenter/shared';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';
import { readRelyingParty } from './relying-party.ts';
import type { PasskeyDocument } from './repository.ts';

export type AssertionCtx = Ctx<'passkeys' | 'passkeyChallenges' | 'clock' | 'config' | 'publicUrl', Caller | null>;

export interface GoodAssertion {
  readonly passkey: PasskeyDocument;
  /** Notes the use, in the transaction of what it opens. */
  spend(tx: Tx): Promise<void>;
}

interface Expected {
  readonly purpose: 'login' | 'mfa' | 'step_up';
  /** Who must have made it; null where it tells who it is. */
  readonly user: UserDocument | null;
}

/** @returns null when it is not good, whatever the reason; its challenge is spent in any case */
export async function checkAssertion(
  ctx: AssertionCtx,
  assertion: Assertion,
  { purpose, user }: Expected,
): Promise<GoodAssertion | null> {
  const now = ctx.clock.now();
  const challengeId = readChallenge(assertion.response.clientDataJSON);
  const challenge = challengeId === null ? null : await ctx.passkeyChallenges.take(challengeId, purpose, now);
  const passkey = await ctx.passkeys.findByCredential(assertion.id);
  if (!challenge || !passkey) return null;
  if (challenge.user_id && !challenge.user_id.equals(passkey.user_id)) return null;
  if (user && !user._id.equals(passkey.user_id)) return null;
  if (!namesOwner(assertion.response.userHandle, passkey)) return null;
  const counter = await verifySignature(ctx, assertion, passkey, challenge._id, purpose !== 'mfa');
  if (counter === null) return null;
  return {
    passkey,
    async spend(tx) {
      if (!(await ctx.passkeys.noteUse(passkey, counter, now, tx))) fail('INVALID_CODE');
    },
  };
}

/** Where the authenticator says whose passkey it is, it must be its owner's (§7.2, step 6); one without storage cannot say. */
const namesOwner = (userHandle: string | null | undefined, { user_id }: PasskeyDocument): boolean =>
  !userHandle || Buffer.from(userHandle, 'base64url').toString() === user_id.toHexString();

/** As a second factor possession is enough; alone, the authenticator must have asked for a PIN or a finger. */
async function verifySignature(
  ctx: AssertionCtx,
  assertion: Assertion,
  passkey: PasskeyDocument,
  challenge: string,
  requireUserVerification: boolean,
): Promise<number | null> {
  const { id: expectedRPID, origins } = readRelyingParty(ctx);
  const { userHandle, ...response } = assertion.response;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: assertion.id,
        rawId: assertion.rawId,
        type: assertion.type,
        response: { ...response, ...(userHandle ? { userHandle } : {}) },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: [...origins],
      expectedRPID,
      requireUserVerification,
      credential: {
        id: passkey.credential_id,
        publicKey: new Uint8Array(passkey.public_key.buffer),
        counter: passkey.counter,
      },
    });
    return verified ? authenticationInfo.newCounter : null;
  } catch {
    // It says what is wrong with it; whoever sent it is told nothing.
    return null;
  }
}

/** The challenge as the browser says it was signed; the signature over it is checked afterwards. */
export function readChallenge(clientDataJson: string): string | null {
  try {
    const { challenge }: { challenge?: unknown } = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString());
    return typeof challenge === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(challenge) ? challenge : null;
  } catch {
    return null;
  }
}
