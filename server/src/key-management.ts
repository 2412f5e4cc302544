// What an operator does to the ring, from outside a running server: the command line's side of the keys.
import type { Config, Secrets } from './config.ts';
import type { Database } from './database/client.ts';
import { inTransaction } from './database/transaction.ts';
import { createAuditRepository, recordSystemAct } from './platform/audit.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { createEnvelope } from './platform/keys/envelope.ts';
import { type ListedKey, listKeys } from './platform/keys/list-keys.ts';
import type { RingChanges } from './platform/keys/publish.ts';
import { createSigningKeysRepository } from './platform/keys/repository.ts';
import { requireOpenable } from './platform/keys/require-openable.ts';
import { type Revocation, revokeKey } from './platform/keys/revoke.ts';
import { type Rewrapped, rewrap } from './platform/keys/rewrap.ts';
import { type RotateOptions, type Rotation, rotateKeys } from './platform/keys/rotate.ts';
import { createLogger, createLogStreams, type LogStreams } from './platform/logger.ts';
import { listSealedPlaces } from './sealed-places.ts';

export interface KeyManagement {
  list(): Promise<ListedKey[]>;
  /** @throws Error where the ring does not open by the key-encryption key that is given */
  rotate(options: RotateOptions): Promise<Rotation[]>;
  /** Null when there is no such key, or it was revoked before. */
  revoke(kid: string): Promise<Revocation | null>;
  rewrap(onProgress?: (done: Readonly<Rewrapped>) => void): Promise<Rewrapped[]>;
}

export interface KeyManagementOptions {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly clock?: Clock;
  readonly log?: LogStreams;
}

export function createRingChanges(
  database: Database,
  { config, secrets, clock = systemClock, log = createLogStreams(createLogger('silent')) }: KeyManagementOptions,
  by: 'cli' | null = null,
): RingChanges {
  const audit = createAuditRepository(database);
  return {
    repository: createSigningKeysRepository(database),
    envelope: createEnvelope(secrets.keyEncryptionKey, secrets.keyEncryptionKeyPrevious),
    clock,
    algorithm: config.jwt.algorithm,
    life: { access: config.jwt.access_token_expire, refresh: config.jwt.refresh_token_expire },
    transact: (work) => inTransaction(database, work),
    record: (tx, entry) => recordSystemAct({ audit, clock, log }, tx, entry, by),
  };
}

export function createKeyManagement(database: Database, options: KeyManagementOptions): KeyManagement {
  const changes = createRingChanges(database, options, 'cli');
  return {
    list: () => listKeys(changes),
    async rotate(how) {
      await requireOpenable(changes);
      return rotateKeys(changes, how);
    },
    revoke: (kid) => revokeKey(changes, kid),
    async rewrap(onProgress) {
      const done = await rewrap(changes.envelope, listSealedPlaces(database, changes.repository), onProgress);
      await changes.transact((tx) =>
        changes.record(tx, {
          act: 'system.secrets_rewrapped',
          target: { kind: 'secrets', id: null },
          details: { done },
        }),
      );
      return done;
    },
  };
}
