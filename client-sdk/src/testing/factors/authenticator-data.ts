// What authenticators say of themselves (WebAuthn Level 3 §6.1): for which domain, whether somebody was there, how often they have signed.
import { base64url } from 'jose';

export interface AuthenticatorData {
  /** Somebody pressed the button. */
  readonly isPresent: boolean;
  /** A PIN or a finger was asked for. */
  readonly isVerified: boolean;
  /** It is synchronised to other devices. */
  readonly isBackedUp: boolean;
  readonly counter: number;
  /** Base64url, of a new passkey. */
  readonly credentialId: string | null;
}

/** The hash of the domain, flags, and the counter. */
const LENGTH = 37;

/** Shorter than any authenticator's: a test's own, of a browser that has none. */
const OF_A_TEST: AuthenticatorData = {
  isPresent: true,
  isVerified: true,
  isBackedUp: false,
  counter: 0,
  credentialId: null,
};

const hash = async (domain: string): Promise<string> =>
  toText(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(domain))));

/** A byte a character. */
const toText = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** @returns null for what is no base64url */
export function decodeBytes(encoded: string): Uint8Array | null {
  try {
    return base64url.decode(encoded);
  } catch {
    return null;
  }
}

/** @returns null for what was made for another domain */
export async function readAuthenticatorData(encoded: string, domain: string): Promise<AuthenticatorData | null> {
  const bytes = decodeBytes(encoded);
  if (!bytes) return null;
  if (bytes.length < LENGTH) return OF_A_TEST;
  return toText(bytes).startsWith(await hash(domain)) ? read(bytes) : null;
}

/** Within an attestation, of which all else is left unread: it is found by what it begins with. */
export async function findAuthenticatorData(attestation: string, domain: string): Promise<AuthenticatorData | null> {
  const bytes = decodeBytes(attestation);
  if (!bytes) return null;
  if (bytes.length < LENGTH) return OF_A_TEST;
  const start = toText(bytes).indexOf(await hash(domain));
  return start === -1 || bytes.length < start + LENGTH ? null : read(bytes.slice(start));
}

function read(bytes: Uint8Array): AuthenticatorData {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(32);
  // After the counter: 16 bytes of the model, two of a length, the passkey's id (§6.5.1).
  const isNew = (flags & 0x40) !== 0 && bytes.length > 55;
  return {
    isPresent: (flags & 0x01) !== 0,
    isVerified: (flags & 0x04) !== 0,
    isBackedUp: (flags & 0x10) !== 0,
    counter: view.getUint32(33),
    credentialId: isNew ? base64url.encode(bytes.slice(55, 55 + view.getUint16(53))) : null,
  };
}
