// Reads the ring and makes of each key what this instance can do with it: sign, verify, or know that it is gone.
import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { Log } from '../logger.ts';
import type { Envelope } from './envelope.ts';
import { isInRing, type TokenLife } from './lifecycle.ts';
import type { SigningKeyDocument, SigningKeysRepository } from './repository.ts';
import { createJwkSigner, type Signer } from './signer.ts';
import type { OutsideSource } from './source.ts';

export interface LoadedKey {
  readonly document: SigningKeyDocument;
  /** What signatures are verified with; null for a refresh key that does not open here. */
  readonly verifying: CryptoKey | Uint8Array | null;
  /** Null where the private part is not to be had by this instance. */
  readonly signer: Signer | null;
}

export interface LoadedRing {
  readonly keys: ReadonlyMap<string, LoadedKey>;
  /** Retired and revoked ones. */
  readonly gone: ReadonlyMap<string, SigningKeyDocument>;
  /** By the server's clock. */
  readonly loadedAt: number;
}

export interface RingSources {
  readonly repository: SigningKeysRepository;
  readonly envelope: Envelope;
  readonly source: OutsideSource | null;
  readonly life: TokenLife;
  readonly log: Log;
}

/** @param before - what is known already is taken from it: a key's material never changes under its id */
export async function loadRing(sources: RingSources, now: number, before: LoadedRing | null): Promise<LoadedRing> {
  const keys = new Map<string, LoadedKey>();
  const gone = new Map<string, SigningKeyDocument>();
  for (const document of await sources.repository.list()) {
    const { _id: kid } = document;
    if (!isInRing(document, sources.life, now)) {
      gone.set(kid, document);
      continue;
    }
    const known = before?.keys.get(kid);
    keys.set(kid, known?.verifying && known.signer ? { ...known, document } : await loadKey(sources, document));
  }
  return { keys, gone, loadedAt: now };
}

async function loadKey(sources: RingSources, document: SigningKeyDocument): Promise<LoadedKey> {
  const { _id: kid, alg, use } = document;
  const publicJwk: JWK | null = document.public_jwk;
  if (document.private_jwk === null) {
    const signer = (await sources.source?.signerOf(document)) ?? null;
    return { document, verifying: publicJwk && (await importJWK(publicJwk, alg)), signer };
  }
  let jwk: JWK | null = null;
  try {
    jwk = await openPrivate(sources.envelope, document);
  } catch (error) {
    // The rest of the ring goes on; a start would have refused.
    sources.log.error({ error, kid }, 'a key of the ring does not open');
  }
  const verifyingJwk = use === 'refresh' ? jwk : publicJwk;
  return {
    document,
    verifying: verifyingJwk && (await importJWK(verifyingJwk, alg)),
    signer: jwk && (await createJwkSigner({ kid, alg, publicJwk }, jwk)),
  };
}

/** @throws Error when neither the current nor the previous key-encryption key opens it */
export async function openPrivate(envelope: Envelope, { _id, private_jwk }: SigningKeyDocument): Promise<JWK> {
  try {
    return JSON.parse(new TextDecoder().decode(await envelope.open(private_jwk ?? '')));
  } catch (cause) {
    throw new Error(
      `signing key ${_id} does not open: KEY_ENCRYPTION_KEY is not the one it was sealed with (set the old one as KEY_ENCRYPTION_KEY_PREVIOUS)`,
      { cause },
    );
  }
}
