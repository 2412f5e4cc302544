// A key enters the ring: at the first start, when the source has another one, by the schedule, by command. One transaction decides who brings it.
import { duplicateKey } from '../../database/errors.ts';
import type { Tx } from '../../database/transaction.ts';
import type { AuditEntry } from '../audit.ts';
import type { Clock } from '../clock.ts';
import { REFRESH_ALGORITHM, type SigningAlgorithm } from './algorithms.ts';
import type { Envelope } from './envelope.ts';
import { PUBLISHED_BEFORE, type TokenLife } from './lifecycle.ts';
import { generateKey, type MadeKey, toDocument } from './make-key.ts';
import { KEY_USES, type KeyUse, type SigningKeyDocument, type SigningKeysRepository } from './repository.ts';
import type { OutsideSource } from './source.ts';

/** What changes of the ring are made with. */
export interface RingChanges {
  readonly repository: SigningKeysRepository;
  readonly envelope: Envelope;
  readonly clock: Clock;
  readonly algorithm: SigningAlgorithm;
  readonly life: TokenLife;
  readonly transact: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** Writes an audit record in the transaction. */
  readonly record: (tx: Tx, entry: Omit<AuditEntry, 'actor'>) => Promise<void>;
}

export interface Publication {
  readonly use: KeyUse;
  readonly made: MadeKey;
  /** The newest key as it was read; the new one takes over from it, or is not needed any more. */
  readonly after: SigningKeyDocument | null;
  readonly signsFrom: Date;
}

/** @returns what is in the ring now; null when somebody else was first */
export async function publishKey(
  changes: RingChanges,
  { use, made, after, signsFrom }: Publication,
): Promise<SigningKeyDocument | null> {
  const { repository, envelope, clock, life, transact } = changes;
  const document = await toDocument(made, use, envelope, { now: clock.now(), signsFrom });
  const retirement = { retired_at: signsFrom, verifies_until: new Date(signsFrom.getTime() + life[use]) };
  try {
    return await transact(async (tx) => {
      const isFirst = after
        ? await repository.retireNewest(tx, use, after._id, retirement)
        : (await repository.findNewest(use, tx)) === null;
      if (!isFirst) return null;
      await repository.put(tx, document);
      // The first keys are nobody's act.
      if (after) await recordPublished(changes, tx, document);
      return document;
    });
  } catch (error) {
    if (duplicateKey(error) === null) throw error;
    return null;
  }
}

export const recordPublished = ({ record }: RingChanges, tx: Tx, document: SigningKeyDocument): Promise<void> =>
  record(tx, {
    act: 'system.key_published',
    target: { kind: 'signing_key', id: document._id },
    details: { use: document.use, alg: document.alg, source: document.source, signs_from: document.signs_from },
  });

/** When a key that is published now may sign: where there is none before it, at once. */
export const handOver = (now: Date, after: SigningKeyDocument | null): Date =>
  after ? new Date(now.getTime() + PUBLISHED_BEFORE) : now;

export const publishGenerated = async (
  changes: RingChanges,
  use: KeyUse,
  after: SigningKeyDocument | null,
  signsFrom: Date,
): Promise<SigningKeyDocument | null> =>
  publishKey(changes, { use, made: await generateKey(use, changes.algorithm), after, signsFrom });

/** What a source offers that the ring would not take. */
export type Offer = 'published' | 'known' | 'revoked';

/** The source's present key becomes the newest. @param unknownOnly - leaves a key alone that was in the ring before: another instance may have a newer one */
export async function publishOffered(
  changes: RingChanges,
  source: OutsideSource,
  { unknownOnly }: { readonly unknownOnly: boolean },
): Promise<Offer> {
  const made = await source.current();
  const [newest, known] = await Promise.all([
    changes.repository.findNewest('access'),
    changes.repository.find(made.kid),
  ]);
  if (known?.revoked_at) return 'revoked';
  if (newest?._id === made.kid || (known && unknownOnly)) return 'known';
  const signsFrom = handOver(changes.clock.now(), newest);
  const published = await publishKey(changes, { use: 'access', made, after: newest, signsFrom });
  return published ? 'published' : 'known';
}

/** Sees to it that each use has a newest key, of the configured source and algorithm. */
export async function ensureKeys(
  changes: RingChanges,
  source: OutsideSource | null,
  onRevoked: (kind: string) => void,
): Promise<void> {
  for (const use of KEY_USES) {
    if (use === 'access' && source) {
      if ((await publishOffered(changes, source, { unknownOnly: false })) !== 'revoked') continue;
      onRevoked(source.kind);
    }
    const newest = await changes.repository.findNewest(use);
    const wanted = use === 'refresh' ? REFRESH_ALGORITHM : changes.algorithm;
    if (newest?.alg === wanted && newest.source === 'generated') continue;
    await publishGenerated(changes, use, newest, handOver(changes.clock.now(), newest));
  }
}
