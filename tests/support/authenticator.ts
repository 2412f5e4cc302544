// A software authenticator (WebAuthn Level 3 §6) in the place of a browser with a key: makes passkeys and signs with them, or misbehaves as told.
import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** Where it departs from what it was asked. */
export interface Quirks {
  readonly origin?: string;
  readonly rpId?: string;
  /** Signed in place of the one that was asked for. */
  readonly challenge?: string;
  /** `webauthn.create` or `webauthn.get`, in place of its own. */
  readonly ceremony?: string;
  /** No button pressed. */
  readonly userPresent?: boolean;
  /** Neither PIN nor finger asked for. */
  readonly userVerified?: boolean;
  /** What it says of its make: a signature by the passkey itself, or by its maker, with a certificate (§8.2). */
  readonly attestation?: 'self' | 'certified';
  /** COSE, in place of the passkey's own. */
  readonly publicKey?: ReadonlyMap<number, number | Uint8Array>;
  /** Told in place of the next one. */
  readonly counter?: number;
  /** The passkey to answer with: to make it known once more, or to claim its id. */
  readonly credential?: Credential;
  /** Whose key signs, whatever passkey it claims to be. */
  readonly signer?: Credential;
}

export interface Credential {
  /** Base64url. */
  readonly id: string;
  readonly rpId: string;
  /** Base64url, as the server named the person. */
  readonly userHandle: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  counter: number;
}

interface CreationOptions {
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
  readonly challenge: string;
}

interface RequestOptions {
  readonly rpId?: string;
  readonly challenge: string;
  readonly allowCredentials?: readonly { readonly id: string }[];
}

export interface Authenticator {
  readonly credentials: readonly Credential[];
  /** What `navigator.credentials.create` answers, as JSON. */
  create(options: CreationOptions, quirks?: Quirks): ReturnType<typeof describe>;
  /** What `navigator.credentials.get` answers, as JSON: by a passkey of the list, or, when it is empty, the newest of the domain. */
  get(options: RequestOptions, quirks?: Quirks): ReturnType<typeof describe>;
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
const toBase64Url = (data: string | Buffer | Uint8Array) => Buffer.from(data).toString('base64url');

/**
 * @param origin - of the page that its browser shows
 * @param backedUp - whether its passkeys are synchronised: such count nothing (§6.1.1)
 */
export function createAuthenticator(origin: string, { backedUp = false } = {}): Authenticator {
  const credentials: Credential[] = [];

  function writeClientData(ceremony: string, challenge: string, quirks: Quirks): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: quirks.ceremony ?? ceremony,
        challenge: quirks.challenge ?? challenge,
        origin: quirks.origin ?? origin,
        crossOrigin: false,
      }),
    );
  }

  /** §6.1: hash of the domain, flags, counter. */
  function writeAuthenticatorData(credential: Credential, quirks: Quirks, attested?: Buffer): Buffer {
    if (!backedUp) credential.counter++;
    const { userPresent = true, userVerified = true } = quirks;
    const flags =
      (userPresent ? 0x01 : 0) |
      (userVerified ? 0x04 : 0) |
      (backedUp ? 0x18 : 0) |
      (attested === undefined ? 0 : 0x40);
    const tail = Buffer.alloc(5);
    tail.writeUInt8(flags, 0);
    tail.writeUInt32BE(quirks.counter ?? credential.counter, 1);
    return Buffer.concat([sha256(quirks.rpId ?? credential.rpId), tail, attested ?? Buffer.alloc(0)]);
  }

  return {
    credentials,
    create({ rp, user, challenge }, quirks = {}) {
      const credential = quirks.credential ?? newCredential(rp.id ?? new URL(origin).hostname, user.id);
      if (!quirks.credential) credentials.push(credential);
      const clientData = writeClientData('webauthn.create', challenge, quirks);
      const authData = writeAuthenticatorData(credential, quirks, describeKey(credential, quirks.publicKey));
      const signature = Uint8Array.from(sign(credential, authData, clientData));
      const attestation = new Map<string, string | Uint8Array | Statement>([
        ['fmt', quirks.attestation ? 'packed' : 'none'],
        ['attStmt', writeStatement(quirks.attestation, signature)],
        ['authData', Uint8Array.from(authData)],
      ]);
      return describe(credential, {
        clientDataJSON: toBase64Url(clientData),
        attestationObject: toBase64Url(isoCBOR.encode(attestation)),
        transports: ['internal'],
      });
    },
    get({ rpId = new URL(origin).hostname, challenge, allowCredentials = [] }, quirks = {}) {
      const isOffered = ({ id }: Credential) =>
        allowCredentials.length === 0 || allowCredentials.some((one) => one.id === id);
      const credential = quirks.credential ?? credentials.findLast((one) => one.rpId === rpId && isOffered(one));
      if (!credential) throw new Error('the authenticator holds no passkey that was asked for');
      const clientData = writeClientData('webauthn.get', challenge, quirks);
      const authData = writeAuthenticatorData(credential, quirks);
      const signature = sign(quirks.signer ?? credential, authData, clientData);
      return describe(credential, {
        clientDataJSON: toBase64Url(clientData),
        authenticatorData: toBase64Url(authData),
        signature: toBase64Url(signature),
        userHandle: credential.userHandle,
      });
    },
  };
}

/** §6.3.2: over the authenticator's data and the hash of the browser's. */
const sign = ({ privateKey }: Credential, authData: Buffer, clientData: Buffer): Buffer =>
  createSign('sha256')
    .update(Buffer.concat([authData, sha256(clientData)]))
    .sign(privateKey);

type Statement = Map<string, number | Uint8Array | Uint8Array[]>;

/** §8.2; the certificate is none that anybody could read. */
function writeStatement(attestation: Quirks['attestation'], signature: Uint8Array): Statement {
  if (!attestation) return new Map();
  const signed: [string, number | Uint8Array | Uint8Array[]][] = [
    ['alg', -7],
    ['sig', signature],
  ];
  return new Map(attestation === 'self' ? signed : [...signed, ['x5c', [Uint8Array.of(0x30, 0)]]]);
}

const describe = <Response extends object>({ id }: Credential, response: Response) => ({
  id,
  rawId: id,
  type: 'public-key' as const,
  authenticatorAttachment: 'platform' as const,
  clientExtensionResults: {},
  response,
});

function newCredential(rpId: string, userHandle: string): Credential {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { id: toBase64Url(randomBytes(16)), rpId, userHandle, publicKey, privateKey, counter: 0 };
}

/** §6.5.1: a model without a name, the passkey's id, its public key in COSE (RFC 9053 §7.1.1: EC2, ES256, P-256). */
function describeKey({ id, publicKey }: Credential, otherKey?: Quirks['publicKey']): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const cose = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
    [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
  ]);
  const rawId = Buffer.from(id, 'base64url');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(rawId.length);
  return Buffer.concat([Buffer.alloc(16), length, rawId, isoCBOR.encode(new Map(otherKey ?? cose))]);
}
