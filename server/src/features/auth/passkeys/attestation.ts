// Whether a new passkey is good: made for a challenge of ours by who asked for it, of a kind that was offered.
import type { RegisterPasskeyInput } from '@authcenter/shared';
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers';
import { Binary, ObjectId } from 'mongodb';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';
import { readChallenge } from './assertion.ts';
import { ALGORITHMS } from './options.ts';
import { readRelyingParty } from './relying-party.ts';
import type { PasskeyDocument } from './repository.ts';

type AttestationCtx = Ctx<'passkeyChallenges' | 'clock' | 'config' | 'publicUrl', Caller | null>;

/** @throws AppError INVALID_CODE for what is not good, whatever the reason; its challenge is spent in any case */
export async function readAttestation(
  ctx: AttestationCtx,
  user: UserDocument,
  { attestation, label }: RegisterPasskeyInput,
): Promise<PasskeyDocument> {
  const now = ctx.clock.now();
  const challengeId = readChallenge(attestation.response.clientDataJSON);
  const challenge = challengeId === null ? null : await ctx.passkeyChallenges.take(challengeId, 'register', now);
  if (!challenge?.user_id?.equals(user._id)) return refuse();
  const credential = await verifyCredential(ctx, attestation, challenge._id).catch(refuse);
  return {
    _id: new ObjectId(),
    user_id: user._id,
    credential_id: credential.id,
    public_key: new Binary(credential.publicKey),
    counter: credential.counter,
    transports: attestation.response.transports ?? [],
    backed_up: credential.backedUp,
    label: label ?? (credential.backedUp ? 'Passkey' : 'Security key'),
    created_at: now,
    last_used_at: null,
  };
}

const refuse = (): never => fail('INVALID_CODE', { detail: 'The passkey could not be verified, begin again' });

async function verifyCredential(
  ctx: AttestationCtx,
  { id, rawId, type, response: { clientDataJSON, attestationObject } }: RegisterPasskeyInput['attestation'],
  expectedChallenge: string,
) {
  if (!isUncertified(attestationObject)) return refuse();
  const { id: expectedRPID, origins } = readRelyingParty(ctx);
  const { registrationInfo } = await verifyRegistrationResponse({
    response: { id, rawId, type, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
    expectedChallenge,
    expectedOrigin: [...origins],
    expectedRPID,
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
  });
  // The id that is named is of bounded length (§7.1), the one inside is not.
  if (!registrationInfo || registrationInfo.credential.id !== id) return refuse();
  return { ...registrationInfo.credential, backedUp: registrationInfo.credentialBackedUp };
}

/**
 * None is asked for (WebAuthn Level 3 §8.7), and a browser lets nothing through but what a key says of itself (§5.1.3). The library
 * would follow certificates to where they say they are revoked.
 */
function isUncertified(attestationObject: string): boolean {
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject));
  const format = attestation.get('fmt');
  return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined);
}
