// The key ring: one key signs access tokens, the others still verify; refresh tokens have a symmetric key of their own that is in no JWKS.
import { createPublicKey, randomBytes } from 'node:crypto';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  importPKCS8,
  type JWK,
} from 'jose';
import { duplicateKey } from '../../database/errors.ts';
import type { Tx } from '../../database/transaction.ts';
import type { Clock } from '../clock.ts';
import type { Envelope } from './envelope.ts';
import type { KeyUse, SigningKeyDocument, SigningKeysRepository } from './repository.ts';

/** Algorithms of access tokens (RFC 7518 §3.1, RFC 8037). Fixed by the key, never by the token. */
export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

/** The refresh key never leaves AuthCenter, so a MAC serves: the same claims give the same token, byte for byte. */
const REFRESH_ALGORITHM = 'HS256';

export interface RingKey {
  readonly kid: string;
  readonly alg: string;
  readonly key: CryptoKey | Uint8Array;
}

export interface KeyRing {
  signingKey(use: KeyUse): RingKey;
  verifyingKey(use: KeyUse, kid: string): RingKey | undefined;
  /** The public keys as RFC 7517 wants them. */
  jwks(): { keys: JWK[] };
  /** Reads the ring again: after a rotation on another instance. */
  reload(): Promise<void>;
}

export interface KeyRingOptions {
  readonly repository: SigningKeysRepository;
  readonly envelope: Envelope;
  readonly clock: Clock;
  readonly algorithm: SigningAlgorithm;
  readonly privateKeyPem: string | undefined;
  /** How long a retired key still verifies, in ms: the life of what it signed. */
  readonly life: Readonly<Record<KeyUse, number>>;
  readonly transact: (work: (tx: Tx) => Promise<void>) => Promise<void>;
}

interface LoadedRing {
  readonly signing: Readonly<Record<KeyUse, RingKey>>;
  readonly verifying: Readonly<Record<KeyUse, ReadonlyMap<string, RingKey>>>;
  readonly jwks: { keys: JWK[] };
}

export async function createKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  await requireOpenable(options);
  await ensureSigningKey(options, 'access');
  await ensureSigningKey(options, 'refresh');
  let ring = await loadRing(options);
  return {
    signingKey: (use) => ring.signing[use],
    verifyingKey: (use, kid) => ring.verifying[use].get(kid),
    jwks: () => ring.jwks,
    async reload() {
      ring = await loadRing(options);
    },
  };
}

/** An instance with the wrong key-encryption key must not put a key into the ring that the others cannot open. */
async function requireOpenable(options: KeyRingOptions): Promise<void> {
  for (const document of await options.repository.list())
    if (document.signing && document.private_jwk !== null) await importPrivate(options, document);
}

/** Makes a signing key where there is none that fits; of several instances doing so at once, one wins and the others take its key. */
async function ensureSigningKey(options: KeyRingOptions, use: KeyUse): Promise<void> {
  const current = await options.repository.findSigning(use);
  const wanted = use === 'refresh' ? REFRESH_ALGORITHM : options.algorithm;
  const pem = use === 'access' ? options.privateKeyPem : undefined;
  if (current && current.alg === wanted && !pem && current.source === 'generated') return;
  const made = pem ? await readPem(pem, wanted) : await generate(use, wanted);
  if (current?._id === made.kid) return;
  const document: SigningKeyDocument = {
    _id: made.kid,
    use,
    alg: wanted,
    source: pem ? 'pem' : 'generated',
    signing: true,
    public_jwk: made.publicJwk ? { ...made.publicJwk } : null,
    private_jwk: made.privateJwk
      ? await options.envelope.seal(new TextEncoder().encode(JSON.stringify(made.privateJwk)))
      : null,
    created_at: options.clock.now(),
    retired_at: null,
  };
  try {
    await options.transact(async (tx) => {
      const now = await options.repository.findSigning(use, tx);
      // Another instance was first: its key it is.
      if (now?._id !== current?._id) return;
      await options.repository.replaceSigning(tx, document);
    });
  } catch (error) {
    if (duplicateKey(error) === null) throw error;
  }
}

interface MadeKey {
  readonly kid: string;
  readonly publicJwk: JWK | null;
  readonly privateJwk: JWK | null;
}

async function generate(use: KeyUse, alg: string): Promise<MadeKey> {
  if (use === 'refresh') {
    const privateJwk: JWK = { kty: 'oct', k: randomBytes(32).toString('base64url') };
    return { kid: randomBytes(16).toString('base64url'), publicJwk: null, privateJwk };
  }
  const pair = await generateKeyPair(alg, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  return { kid: await calculateJwkThumbprint(publicJwk), publicJwk, privateJwk: await exportJWK(pair.privateKey) };
}

async function readPem(pem: string, alg: string): Promise<MadeKey> {
  await importPKCS8(pem, alg);
  const publicJwk: JWK = createPublicKey(pem).export({ format: 'jwk' });
  return { kid: await calculateJwkThumbprint(publicJwk), publicJwk, privateJwk: null };
}

async function loadRing(options: KeyRingOptions): Promise<LoadedRing> {
  const now = options.clock.now().getTime();
  const documents = (await options.repository.list()).filter(
    (one) => one.retired_at === null || one.retired_at.getTime() + options.life[one.use] > now,
  );
  const verifying = { access: new Map<string, RingKey>(), refresh: new Map<string, RingKey>() };
  const signing: Partial<Record<KeyUse, RingKey>> = {};
  const keys: JWK[] = [];
  for (const document of documents) {
    const { _id: kid, alg, use } = document;
    if (use === 'access' && document.public_jwk) {
      verifying.access.set(kid, { kid, alg, key: await importJWK(document.public_jwk, alg) });
      keys.push({ ...document.public_jwk, kid, alg, use: 'sig' });
    }
    if (use === 'refresh' || document.signing) {
      const key = { kid, alg, key: await importPrivate(options, document) };
      if (use === 'refresh') verifying.refresh.set(kid, key);
      if (document.signing) signing[use] = key;
    }
  }
  const { access, refresh } = signing;
  if (!access || !refresh) throw new Error('signing_keys holds no signing key; start the server once more to make one');
  return { signing: { access, refresh }, verifying, jwks: { keys } };
}

async function importPrivate(options: KeyRingOptions, document: SigningKeyDocument): Promise<CryptoKey | Uint8Array> {
  if (document.private_jwk === null) {
    if (!options.privateKeyPem)
      throw new Error(`signing key ${document._id} came from a PEM file: set JWT_PRIVATE_KEY_PATH to it`);
    return importPKCS8(options.privateKeyPem, document.alg);
  }
  let plain: Uint8Array;
  try {
    plain = await options.envelope.open(document.private_jwk);
  } catch (cause) {
    throw new Error(
      `signing key ${document._id} does not open: KEY_ENCRYPTION_KEY is not the one it was sealed with (set the old one as KEY_ENCRYPTION_KEY_PREVIOUS)`,
      { cause },
    );
  }
  return importJWK(JSON.parse(new TextDecoder().decode(plain)), document.alg);
}
