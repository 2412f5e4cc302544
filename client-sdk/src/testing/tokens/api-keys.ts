// API keys of the fake: how they are kept, and whose one is.
import type { ApiKey } from '@authcenter/shared/schemas';
import type { UserRecord } from '../people/users.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';

export interface ApiKeyRecord extends ApiKey {
  readonly user_id: string;
  last_used_at: Date | null;
}

/** @throws Refusal TOKEN_INVALID, TOKEN_EXPIRED */
export function readApiKey({ apiKeys, users, clock }: World, key: string): { record: ApiKeyRecord; owner: UserRecord } {
  const record = apiKeys.get(key) ?? refuse('TOKEN_INVALID');
  const owner = users.get(record.user_id);
  if (owner?.status !== 'active') return refuse('TOKEN_INVALID');
  if (record.expires_at && record.expires_at <= clock.now()) return refuse('TOKEN_EXPIRED');
  record.last_used_at = clock.now();
  return { record, owner };
}
