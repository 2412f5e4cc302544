// The keys of a server from outside: the command line's side of them, and a thief's, who has database and key-encryption key.
import { type CryptoKey, importJWK } from 'jose';
import { createKeyManagement, type KeyManagement } from '../../server/src/key-management.ts';
import { openPrivate } from '../../server/src/platform/keys/load-ring.ts';
import type { KeyUse, SigningKeyDocument } from '../../server/src/platform/keys/repository.ts';
import type { TestServer } from './server.ts';

export interface StolenKey {
  readonly kid: string;
  readonly key: CryptoKey | Uint8Array;
}

/** The ring as it is stored, oldest first. */
export const readStoredKeys = ({ deps }: TestServer, use?: KeyUse): Promise<SigningKeyDocument[]> =>
  deps.database.db
    .collection<SigningKeyDocument>('signing_keys')
    .find(use === undefined ? {} : { use })
    .sort({ created_at: 1 })
    .toArray();

/** The key that signs now. */
export async function readSigningKey(server: TestServer, use: KeyUse): Promise<StolenKey> {
  const { kid } = server.deps.keys.signingKey(use);
  const document = (await readStoredKeys(server, use)).find(({ _id }) => _id === kid);
  if (!document) throw new Error(`${kid} is not stored`);
  return { kid, key: await importJWK(await openPrivate(server.deps.envelope, document), document.alg) };
}

/** `authcenter keys`, by the clock of the test. */
export const manageKeys = ({ deps, clock, keyEncryptionKey }: TestServer, previous?: string): KeyManagement =>
  createKeyManagement(deps.database, {
    config: deps.config,
    secrets: {
      keyEncryptionKey: Buffer.from(keyEncryptionKey, 'base64'),
      ...(previous === undefined ? {} : { keyEncryptionKeyPrevious: Buffer.from(previous, 'base64') }),
    },
    clock,
  });

/** A new key is published so long before it signs, in ms. */
export const OVERLAP = 15 * 60_000;
