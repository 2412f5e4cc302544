// The key ring: one key signs access tokens, the others still verify; refresh tokens have a symmetric key of their own that is in no JWKS.
import type { CryptoKey, JWK } from 'jose';
import { isDatabaseAway } from '../../database/errors.ts';
import { AppError } from '../../errors.ts';
import type { Log } from '../logger.ts';
import { isInRing, pickSigning, verifiesUntil } from './lifecycle.ts';
import { type LoadedKey, type LoadedRing, loadRing } from './load-ring.ts';
import { ensureKeys, type RingChanges } from './publish.ts';
import { createReloader } from './reloader.ts';
import type { KeyUse, SigningKeyDocument } from './repository.ts';
import { requireOpenable } from './require-openable.ts';
import type { Signer } from './signer.ts';
import type { OutsideSource } from './source.ts';

export interface RingKey {
  readonly kid: string;
  readonly alg: string;
  readonly key: CryptoKey | Uint8Array;
}

export interface KeyRing {
  /** The key to sign with now. @throws AppError DEPENDENCY_UNAVAILABLE when there is none for this instance */
  signer(use: KeyUse): Promise<Signer>;
  /** The key whose turn it is, by the ring as it was last read. */
  signingKey(use: KeyUse): { readonly kid: string; readonly alg: string };
  verifyingKey(use: KeyUse, kid: string): RingKey | undefined;
  /** The same, and for a key that is not known here the ring is read again: another instance may have just published it. */
  findVerifyingKey(use: KeyUse, kid: string): Promise<RingKey | undefined>;
  /** A key that was in the ring and has left it. */
  findGone(use: KeyUse, kid: string): SigningKeyDocument | undefined;
  /** The public keys as RFC 7517 wants them. */
  jwks(): { keys: JWK[] };
  /** Reads the ring again: after a rotation on another instance. */
  reload(): Promise<void>;
}

export interface KeyRingOptions extends RingChanges {
  /** Where the key of access tokens comes from; null: it is generated. */
  readonly source: OutsideSource | null;
  readonly log: Log;
}

/** A ring that was read longer ago signs nothing: a third of the time for which a new key is only published. */
const MAX_AGE = 5 * 60_000;
/** A key that an instance signs with after its turn is held so much longer than the token lives, so that it need not be held each time. */
const HOLD_MARGIN = 5 * 60_000;

export async function createKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { repository, clock, life, log, source } = options;
  const now = () => clock.now().getTime();
  await requireOpenable(options);
  await ensureKeys(options, source, (kind) =>
    log.warn({ source: kind }, 'the configured signing key was revoked; a generated one signs until there is another'),
  );
  let ring: LoadedRing = await loadRing(options, now(), null);
  const { reload, reloadSoon } = createReloader(async () => {
    ring = await loadRing(options, now(), ring);
  });

  const listInRing = (use: KeyUse): LoadedKey[] => {
    const at = now();
    return [...ring.keys.values()].filter(({ document }) => document.use === use && isInRing(document, life, at));
  };

  /** Its turn is over, and this instance can sign with no other: what it signs must verify all the same. */
  async function hold(document: SigningKeyDocument): Promise<void> {
    const needed = now() + life[document.use];
    if (verifiesUntil(document, life) >= needed) return;
    log.warn({ kid: document._id }, 'signing with a key whose time is over: this instance has no newer one');
    await repository.hold(document._id, new Date(needed + HOLD_MARGIN));
    await reload();
  }

  const verifyingKey = (use: KeyUse, kid: string): RingKey | undefined => {
    const found = ring.keys.get(kid);
    if (!found?.verifying || found.document.use !== use || !isInRing(found.document, life, now())) return undefined;
    return { kid, alg: found.document.alg, key: found.verifying };
  };

  return {
    async signer(use) {
      if (now() - ring.loadedAt > MAX_AGE) await reload();
      const usable = listInRing(use).filter(({ signer }) => signer !== null);
      const picked = pickSigning(
        usable.map(({ document }) => document),
        now(),
      );
      const signer = picked && ring.keys.get(picked._id)?.signer;
      if (!signer) {
        log.error({ use }, 'this instance can sign with no key of the ring');
        throw new AppError('DEPENDENCY_UNAVAILABLE', { retryAfter: 5 });
      }
      await hold(picked);
      return signer;
    },
    signingKey(use) {
      const picked = pickSigning(
        listInRing(use).map(({ document }) => document),
        now(),
      );
      if (!picked) throw new Error(`no key of the ring signs ${use} tokens`);
      return { kid: picked._id, alg: picked.alg };
    },
    verifyingKey,
    async findVerifyingKey(use, kid) {
      const known = verifyingKey(use, kid);
      if (known || ring.keys.has(kid) || ring.gone.has(kid) || !/^[\w-]{1,100}$/.test(kid)) return known;
      await reloadSoon().catch((error: unknown) => {
        if (isDatabaseAway(error)) throw error;
        log.error({ error }, 'the key ring could not be read again');
      });
      return verifyingKey(use, kid);
    },
    findGone(use, kid) {
      const document = ring.gone.get(kid) ?? ring.keys.get(kid)?.document;
      return document?.use === use && !isInRing(document, life, now()) ? document : undefined;
    },
    jwks: () => ({
      keys: listInRing('access').flatMap(({ document: { _id: kid, alg, public_jwk } }) =>
        public_jwk ? [{ ...public_jwk, kid, alg, use: 'sig' } as JWK] : [],
      ),
    }),
    reload,
  };
}
