// The ring as an operator sees it: each key with its state, and nothing secret.
import { type KeyState, signsFrom, stateOf, verifiesUntil } from './lifecycle.ts';
import type { RingChanges } from './publish.ts';
import type { KeySource, KeyUse } from './repository.ts';

export interface ListedKey {
  readonly kid: string;
  readonly use: KeyUse;
  readonly alg: string;
  readonly source: KeySource;
  readonly state: KeyState;
  readonly published_at: Date;
  readonly signs_from: Date;
  /** Null while no other key is to take over. */
  readonly verifies_until: Date | null;
  readonly revoked_at: Date | null;
}

/** Newest first. */
export async function listKeys({
  repository,
  life,
  clock,
}: Pick<RingChanges, 'repository' | 'life' | 'clock'>): Promise<ListedKey[]> {
  const now = clock.now().getTime();
  const keys = await repository.list();
  return keys
    .map((key) => ({
      kid: key._id,
      use: key.use,
      alg: key.alg,
      source: key.source,
      state: stateOf(key, keys, life, now),
      published_at: key.created_at,
      signs_from: new Date(signsFrom(key)),
      verifies_until: key.retired_at ? new Date(verifiesUntil(key, life)) : null,
      revoked_at: key.revoked_at ?? null,
    }))
    .toReversed();
}
