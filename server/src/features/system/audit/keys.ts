// The keys that the audit is sealed with: never in the database, where whoever could change lines would find them.
import { createHash, hkdfSync } from 'node:crypto';
import type { Config, Secrets } from '../../../config.ts';
import { StartError } from '../../../start-error.ts';

export interface AuditKey {
  /** Tells keys apart and nothing else of them. */
  readonly id: string;
  readonly key: Uint8Array;
}

export interface AuditKeys {
  /** What new blocks are sealed with. */
  readonly current: AuditKey;
  byId(id: string): Uint8Array | undefined;
}

/**
 * Without a key of its own the audit takes one that is derived from the key-encryption key. Either stays known, so that what
 * it sealed can still be verified: `audit.previous_keys` may name former keys of both kinds.
 *
 * @throws StartError for what is no key
 */
export function createAuditKeys({ audit }: Pick<Config, 'audit'>, secrets: Secrets): AuditKeys {
  const own = audit.key === undefined ? [] : [decode('audit.key', audit.key)];
  const previous = (audit.previous_keys ?? []).map((text) => decode('audit.previous_keys', text));
  const { keyEncryptionKey, keyEncryptionKeyPrevious } = secrets;
  const masters = [keyEncryptionKey, ...(keyEncryptionKeyPrevious ? [keyEncryptionKeyPrevious] : []), ...previous];
  const keys = [...own, ...masters.map(derive), ...previous].map(nameKey);
  const [current] = keys;
  if (!current) throw new Error('there is no key to seal the audit with');
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  return { current, byId: (id) => byId.get(id) };
}

function decode(name: string, text: string): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text) && bytes.length === 32) return bytes;
  throw new StartError(`${name} is not 32 bytes in base64.`, 'Make one: openssl rand -base64 32');
}

/** RFC 5869, with a label of its own. */
const derive = (key: Uint8Array): Uint8Array => new Uint8Array(hkdfSync('sha256', key, '', 'authcenter audit', 32));

const nameKey = (key: Uint8Array): AuditKey => ({
  id: createHash('sha256').update('authcenter audit key id').update(key).digest('base64url').slice(0, 12),
  key,
});
