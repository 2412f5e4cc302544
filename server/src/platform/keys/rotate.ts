// Rotation by command: a new key is published, and takes over when verifiers know it; or at once, in an emergency.
import { signsFrom } from './lifecycle.ts';
import { handOver, publishGenerated, type RingChanges } from './publish.ts';
import type { KeySource, KeyUse, SigningKeyDocument } from './repository.ts';

export interface Rotation {
  readonly use: KeyUse;
  /**
   * `waiting`: a key is published already, and another one would only take its place. `elsewhere`: the file or service that
   * brings the key is where it is rotated.
   */
  readonly outcome: 'published' | 'signing' | 'waiting' | 'elsewhere';
  readonly kid: string;
  readonly source: KeySource;
  readonly signs_from: Date;
}

export interface RotateOptions {
  readonly uses: readonly KeyUse[];
  /** Without the time for which a key is only published: verifiers that have not read it yet refuse what it signs. */
  readonly immediately: boolean;
}

/** What comes from a file or a service is rotated there. */
export const isRotatedHere = (newest: SigningKeyDocument): boolean => newest.source === 'generated';

export async function rotateKeys(changes: RingChanges, { uses, immediately }: RotateOptions): Promise<Rotation[]> {
  const rotations: Rotation[] = [];
  for (const use of uses) rotations.push(await rotate(changes, use, immediately));
  return rotations;
}

async function rotate(changes: RingChanges, use: KeyUse, immediately: boolean): Promise<Rotation> {
  const now = changes.clock.now();
  const newest = await changes.repository.findNewest(use);
  if (newest && signsFrom(newest) > now.getTime())
    return immediately ? beginTurn(changes, newest, now) : describe(newest, 'waiting');
  if (newest && !isRotatedHere(newest)) return describe(newest, 'elsewhere');
  const signs = immediately ? now : handOver(now, newest);
  const published = await publishGenerated(changes, use, newest, signs);
  // Somebody else has rotated in this moment: what they published is as new.
  if (!published) return rotate(changes, use, immediately);
  return describe(published, immediately ? 'signing' : 'published');
}

async function beginTurn(changes: RingChanges, newest: SigningKeyDocument, now: Date): Promise<Rotation> {
  const begun = await changes.transact(async (tx) => {
    if (!(await changes.repository.beginTurn(tx, newest._id, now))) return false;
    await changes.record(tx, {
      act: 'system.key_begun',
      target: { kind: 'signing_key', id: newest._id },
      details: { use: newest.use, alg: newest.alg },
    });
    return true;
  });
  if (!begun) return rotate(changes, newest.use, true);
  return describe({ ...newest, signs_from: now }, 'signing');
}

const describe = (key: SigningKeyDocument, outcome: Rotation['outcome']): Rotation => ({
  use: key.use,
  outcome,
  kid: key._id,
  source: key.source,
  signs_from: new Date(signsFrom(key)),
});
