// What browsers answer about passkeys, as far as a fake holds it against what was asked: no signature is looked at, nor any public key.
import type { Assertion, RegisterPasskeyInput } from '@authcenter/shared/schemas';
import type { UserRecord } from '../people/users.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import {
  type AuthenticatorData,
  decodeBytes,
  findAuthenticatorData,
  readAuthenticatorData,
} from './authenticator-data.ts';
import { type PasskeyRecord, readRelyingParty, takeChallenge } from './passkeys.ts';

interface Expected {
  readonly purpose: 'login' | 'mfa' | 'step_up';
  /** Who must have made it; null where it tells who it is. */
  readonly user: UserRecord | null;
}

export interface GoodAssertion {
  readonly passkey: PasskeyRecord;
  /** Notes the use. */
  spend(): void;
}

/** @returns null when it is not good, whatever the reason; its challenge is spent in any case */
export async function checkAssertion(
  world: World,
  { id, rawId, response }: Assertion,
  { purpose, user }: Expected,
): Promise<GoodAssertion | null> {
  const client = readClientData(response.clientDataJSON);
  const challenge = client && takeChallenge(world, client.challenge, purpose);
  const passkey = world.passkeys.get(id);
  if (!challenge || !passkey) return null;
  const owners = [challenge.userId ?? passkey.user_id, user?.id ?? passkey.user_id, readHandle(response.userHandle)];
  if (owners.some((owner) => owner !== null && owner !== passkey.user_id)) return null;
  if (id !== rawId || !isOurs(world, client, 'webauthn.get')) return null;
  const data = await readAuthenticatorData(response.authenticatorData, readRelyingParty(world).id);
  // As a second factor possession is enough; alone, the authenticator must have asked for a PIN or a finger.
  if (!data?.isPresent || !(data.isVerified || purpose === 'mfa')) return null;
  const { counter: before } = passkey;
  if ((data.counter > 0 || before > 0) && data.counter <= before) return null;
  return {
    passkey,
    spend() {
      if (world.passkeys.get(id)?.counter !== before) refuse('INVALID_CODE');
      passkey.counter = data.counter;
      passkey.last_used_at = world.clock.now();
    },
  };
}

/** @throws Refusal INVALID_CODE for what is not good, whatever the reason; its challenge is spent in any case */
export async function readAttestation(
  world: World,
  user: UserRecord,
  { attestation: { id, rawId, response }, label }: RegisterPasskeyInput,
): Promise<PasskeyRecord> {
  const client = readClientData(response.clientDataJSON);
  const challenge = client && takeChallenge(world, client.challenge, 'register');
  const isAnswer = challenge?.userId === user.id && id === rawId && isOurs(world, client, 'webauthn.create');
  const data = isAnswer ? await findAuthenticatorData(response.attestationObject, readRelyingParty(world).id) : null;
  if (!data?.isPresent || !isOf(data, id))
    return refuse('INVALID_CODE', { detail: 'The passkey could not be verified, begin again' });
  return {
    id: world.newId(),
    user_id: user.id,
    credential_id: id,
    counter: data.counter,
    transports: response.transports ?? [],
    backed_up: data.isBackedUp,
    label: label ?? (data.isBackedUp ? 'Passkey' : 'Security key'),
    created_at: world.clock.now(),
    last_used_at: null,
  };
}

const isOf = ({ credentialId }: AuthenticatorData, id: string): boolean => credentialId === null || credentialId === id;

/** Where the authenticator says whose passkey it is; one without storage cannot say. */
const readHandle = (handle: string | null | undefined): string | null => (handle ? readText(handle) : null);

const readText = (encoded: string): string => new TextDecoder().decode(decodeBytes(encoded) ?? undefined);

interface ClientData {
  readonly challenge: string;
  readonly type: unknown;
  readonly origin: unknown;
}

/** What the browser says that was signed, on which page (WebAuthn Level 3 §5.8.1); null for what is none. */
function readClientData(json: string): ClientData | null {
  try {
    const { challenge, type, origin }: Partial<Record<keyof ClientData, unknown>> = JSON.parse(readText(json));
    return typeof challenge === 'string' ? { challenge, type, origin } : null;
  } catch {
    return null;
  }
}

const isOurs = (world: World, client: ClientData | null, type: string): boolean =>
  client?.type === type && readRelyingParty(world).origins.some((origin) => origin === client.origin);
