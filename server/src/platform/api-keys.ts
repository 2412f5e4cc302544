// API keys: how they are written and stored, and whose rights one carries at this moment.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RightsHolder } from '@authcenter/shared';
import type { ObjectId } from 'mongodb';
import type { Clock } from './clock.ts';
import type { LiveState } from './live/live-state.ts';

/** What tells an API key from a token; scanners of source code look for it. */
const PREFIX = 'ac_';
const FORM = /^(ac_[0-9a-f]{12})_[\w-]{43}$/;

/** Whether a bearer is meant to be one. */
export const looksLikeApiKey = (bearer: string): boolean => bearer.startsWith(PREFIX);

/** 256 random bits, of which a plain hash is enough; the part before them finds it, and is shown in lists. */
export function newApiKey(): { key: string; prefix: string; hash: string } {
  const prefix = `${PREFIX}${randomBytes(6).toString('hex')}`;
  const key = `${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key, prefix, hash: hashApiKey(key) };
}

const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('base64url');

interface StoredKey {
  readonly _id: ObjectId;
  readonly user_id: ObjectId;
  readonly hash: string;
  readonly scopes: readonly string[];
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

export interface KeyOwner {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly email_verified: boolean;
  /** By role id. */
  readonly rights: RightsHolder;
  readonly epoch: number;
}

export interface ApiKeySources {
  findKey(prefix: string): Promise<StoredKey | null>;
  findOwner(id: string): Promise<KeyOwner | null>;
  noteUse(id: ObjectId, now: Date): Promise<void>;
}

export interface KeyHolder {
  readonly keyId: string;
  readonly owner: Omit<KeyOwner, 'rights' | 'epoch'>;
  /** The owner's, narrowed to the key's scopes. */
  readonly rights: RightsHolder;
}

export interface ApiKeyReader {
  /**
   * Whose rights the key carries now.
   *
   * @param beforeLookUp - asked before the database is: a key can be made up as fast as it can be sent
   */
  read(key: string, beforeLookUp?: () => Promise<void>): Promise<KeyHolder | 'TOKEN_INVALID' | 'TOKEN_EXPIRED'>;
  /** Write-through by the instance that revoked it. */
  forget(keyId: string): void;
}

/** How long what was read is believed, in ms: a key that another instance revoked, or extended, is known within that time. */
const BELIEVED = 1_000;
const KEPT = 5_000;
/** A key's last use is kept to the minute, in ms: a note at each call would cost more than the call. */
const NOTED_EVERY = 60_000;

interface Kept {
  readonly key: StoredKey;
  readonly holder: KeyHolder;
  readonly epoch: number;
  readonly readAt: number;
}

export function createApiKeyReader(sources: ApiKeySources, live: LiveState, clock: Clock): ApiKeyReader {
  const kept = new Map<string, Kept>();

  /** What counts still: a change of the owner's rights or status raises their epoch, of which this instance hears at once. */
  function findKept(hash: string): Kept | undefined {
    const entry = kept.get(hash);
    if (!entry || live.isStalled() || performance.now() - entry.readAt > BELIEVED) return undefined;
    return (live.epochOf(entry.holder.owner.id) ?? 0) > entry.epoch ? undefined : entry;
  }

  async function load(key: string, hash: string, beforeLookUp?: () => Promise<void>): Promise<Kept | null> {
    kept.delete(hash);
    const prefix = FORM.exec(key)?.[1];
    if (prefix === undefined) return null;
    await beforeLookUp?.();
    const readAt = performance.now();
    const found = await sources.findKey(prefix);
    if (!found || !timingSafeEqual(Buffer.from(found.hash), Buffer.from(hash))) return null;
    const owner = await sources.findOwner(found.user_id.toHexString());
    if (owner?.rights.status !== 'active') return null;
    const { rights, epoch, ...rest } = owner;
    const holder = { keyId: found._id.toHexString(), owner: rest, rights: { ...rights, only: new Set(found.scopes) } };
    const entry = { key: found, holder, epoch, readAt };
    if (kept.size >= KEPT) kept.clear();
    kept.set(hash, entry);
    const now = clock.now();
    // That it was used is no fact worth failing a call for.
    if (now.getTime() - (found.last_used_at?.getTime() ?? 0) >= NOTED_EVERY)
      void sources.noteUse(found._id, now).catch(() => undefined);
    return entry;
  }

  return {
    async read(key, beforeLookUp) {
      const hash = hashApiKey(key);
      const entry = findKept(hash) ?? (await load(key, hash, beforeLookUp));
      if (!entry) return 'TOKEN_INVALID';
      const { expires_at: ends } = entry.key;
      return ends !== null && ends.getTime() <= clock.now().getTime() ? 'TOKEN_EXPIRED' : entry.holder;
    },
    forget(keyId) {
      for (const [hash, { holder }] of kept) if (holder.keyId === keyId) kept.delete(hash);
    },
  };
}
