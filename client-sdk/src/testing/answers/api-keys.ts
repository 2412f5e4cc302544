// auth.apiKeys: a person's keys for programs that act for them.
import type { FieldError } from '@authcenter/shared/errors';
import { formatPair } from '@authcenter/shared/permissions';
import type { Answers } from '../answers.ts';
import type { UserCaller } from '../call.ts';
import { newestFirst, toPage } from '../page.ts';
import { callingUser } from '../people/calling-user.ts';
import { requireProven } from '../people/ways-in.ts';
import { newSecret, newUuid } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse, refuseField } from '../refusal.ts';
import { decideOn } from '../rights/access.ts';
import { isKnownPair, resolvePair } from '../rights/roles.ts';
import type { ApiKeyRecord } from '../tokens/api-keys.ts';
import type { World } from '../world.ts';

/** In ms. */
const DEFAULT_LIFE = 90 * 86_400_000;

export const apiKeyAnswers = {
  'auth.apiKeys.list': ({ apiKeys }, input, call) => {
    const { id } = callingUser(call);
    return toPage(newestFirst([...apiKeys.values()].filter(({ user_id }) => user_id === id)), input, (key) => key);
  },

  'auth.apiKeys.create': (world, { name, scopes, expires_at }, call) => {
    const caller = callingUser(call);
    const now = world.clock.now();
    const owner = world.users.get(caller.id) ?? refuse('NOT_FOUND');
    requireProven(world, owner);
    if (expires_at && expires_at <= now) refuseField('expires_at', 'must be in the future');
    const prefix = `ac_${newUuid().replaceAll('-', '').slice(0, 12)}`;
    const key = `${prefix}_${newSecret()}`;
    const record: ApiKeyRecord = {
      id: world.newId(),
      user_id: caller.id,
      name,
      prefix,
      scopes: readScopes(world, caller, scopes),
      created_at: now,
      expires_at: expires_at === undefined ? new Date(now.getTime() + DEFAULT_LIFE) : expires_at,
      last_used_at: null,
    };
    world.apiKeys.set(key, record);
    recordAct(world, call, {
      act: 'auth.api_key_created',
      target: { kind: 'api_key', id: record.id },
      details: { name, prefix, scopes: record.scopes, expires_at: record.expires_at },
    });
    return { key, api_key: record };
  },

  'auth.apiKeys.revoke': (world, input, call) => {
    const { id } = callingUser(call);
    const [key, record] = [...world.apiKeys].find(([, one]) => one.id === input.id && one.user_id === id) ?? [];
    if (!key || !record) return refuse('NOT_FOUND');
    world.apiKeys.delete(key);
    const { name, prefix } = record;
    recordAct(world, call, {
      act: 'auth.api_key_revoked',
      target: { kind: 'api_key', id: record.id },
      details: { name, prefix },
    });
  },
} satisfies Answers;

/** Nobody gives what they do not have. */
function readScopes(world: World, caller: UserCaller, scopes: readonly string[]): string[] {
  const errors: FieldError[] = [];
  const pairs = scopes.map((scope, index) => {
    const pair = resolvePair(world.roles.table, scope);
    const isCovered = pair !== null && decideOn(world, caller, pair).allowed;
    const path = `scopes.${index}`;
    if (!pair || !(isCovered || isKnownPair(world.roles.table, pair)))
      errors.push({ path, message: 'is no permission' });
    else if (!isCovered) errors.push({ path, message: 'is not yours to give' });
    return pair ? formatPair(pair) : '';
  });
  return errors.length > 0 ? refuse('VALIDATION_FAILED', { errors }) : [...new Set(pairs)];
}
