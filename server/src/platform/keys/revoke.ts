// Revocation: a key is refused at once, and another signs where it did.
import type { Tx } from '../../database/transaction.ts';
import { isInRing, pickSigning, signsFrom } from './lifecycle.ts';
import { generateKey, toDocument } from './make-key.ts';
import { type RingChanges, recordPublished } from './publish.ts';
import type { KeyUse, SigningKeyDocument } from './repository.ts';

export interface Revocation {
  readonly kid: string;
  readonly use: KeyUse;
  /** The key that signs in its place; null when it was not the one that signed. */
  readonly signs: string | null;
}

/** @returns null when there is no such key, or it was revoked before */
export async function revokeKey(changes: RingChanges, kid: string): Promise<Revocation | null> {
  const { repository, envelope, clock, algorithm, transact } = changes;
  const found = await repository.find(kid);
  if (!found || found.revoked_at) return null;
  const { use } = found;
  const now = clock.now();
  // The place of what a file or a service brought is taken by a generated key, until there is another.
  const spare = await toDocument(await generateKey(use, algorithm), use, envelope, { now, signsFrom: now });
  return transact(async (tx) => {
    const keys = await listInRing(changes, use, now, tx);
    if (!(await repository.revoke(tx, kid, now))) return null;
    await changes.record(tx, {
      act: 'system.key_revoked',
      target: { kind: 'signing_key', id: kid },
      details: { use, alg: found.alg, source: found.source },
    });
    return { kid, use, signs: await replace(changes, tx, kid, { keys, spare, now }) };
  });
}

async function listInRing({ repository, life }: RingChanges, use: KeyUse, now: Date, tx: Tx) {
  return (await repository.list(tx)).filter((key) => key.use === use && isInRing(key, life, now.getTime()));
}

interface Situation {
  /** As they were before. */
  readonly keys: readonly SigningKeyDocument[];
  readonly spare: SigningKeyDocument;
  readonly now: Date;
}

async function replace(
  changes: RingChanges,
  tx: Tx,
  kid: string,
  { keys, spare, now }: Situation,
): Promise<string | null> {
  const { repository } = changes;
  const signed = pickSigning(keys, now.getTime());
  const revoked = keys.find(({ _id }) => _id === kid);
  if (signed?._id === kid) {
    const published = keys.find((key) => key.signing && key._id !== kid);
    if (published) await repository.beginTurn(tx, published._id, now);
    else {
      await repository.put(tx, spare);
      await recordPublished(changes, tx, spare);
    }
    return (published ?? spare)._id;
  }
  // It was only published: the key that signs stays the one.
  if (revoked?.signing && signed && signsFrom(revoked) > now.getTime()) await repository.restoreNewest(tx, signed._id);
  return null;
}
