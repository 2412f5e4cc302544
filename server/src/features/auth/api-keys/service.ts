// auth.apiKeys: a person's keys for programs that act for them.
import {
  type ApiKey,
  type CreateApiKeyInput,
  type CreatedApiKey,
  type FieldError,
  formatPair,
  type ListApiKeysInput,
  type Pair,
} from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx, UserCaller } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import { afterCommit } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { newApiKey } from '../../../platform/api-keys.ts';
import { recordAct } from '../../../platform/audit.ts';
import { resolvePair } from '../../../platform/live/role-table.ts';
import { decideOn } from '../../../rights.ts';
import { tellOfChange } from '../../users/tell.ts';
import { requireProven } from '../mfa/holder.ts';
import type { ApiKeyDocument } from './repository.ts';

type KeysCtx = Ctx<
  'apiKeys' | 'users' | 'config' | 'clock' | 'live' | 'transact' | 'takeGuard' | 'audit' | 'log' | 'queueMessage',
  UserCaller
>;

/** In ms. */
const DEFAULT_LIFE = 90 * 86_400_000;
const MOST_KEYS = 100;

export async function listApiKeys(
  ctx: Ctx<'apiKeys', UserCaller>,
  { limit, cursor, with_total: withTotal }: ListApiKeysInput,
) {
  return toPage(await ctx.apiKeys.listOfUser(new ObjectId(ctx.caller.id), { limit, cursor, withTotal }), toApiKey);
}

/**
 * A key outlives sessions: who has not proven an address may have registered with somebody else's, and the owner is told of each.
 *
 * @throws AppError EMAIL_NOT_VERIFIED; VALIDATION_FAILED for scopes that are none, or not the caller's to give, and for an end that is past or too many keys
 */
export async function createApiKey(
  ctx: KeysCtx,
  { name, scopes, expires_at }: CreateApiKeyInput,
): Promise<CreatedApiKey> {
  const now = ctx.clock.now();
  const userId = new ObjectId(ctx.caller.id);
  requireProven(ctx, (await ctx.users.findById(ctx.caller.id)) ?? fail('NOT_FOUND'));
  const { key, prefix, hash } = newApiKey();
  if (expires_at && expires_at.getTime() <= now.getTime())
    fail('VALIDATION_FAILED', { errors: [{ path: 'expires_at', message: 'must be in the future' }] });
  const document: ApiKeyDocument = {
    _id: new ObjectId(),
    user_id: userId,
    name,
    prefix,
    hash,
    scopes: readScopes(ctx, scopes),
    created_at: now,
    expires_at: expires_at === undefined ? new Date(now.getTime() + DEFAULT_LIFE) : expires_at,
    last_used_at: null,
  };
  const id = document._id.toHexString();
  await ctx.transact(async (tx) => {
    // Two at once must not pass the limit together.
    await ctx.takeGuard(tx, `api keys of ${ctx.caller.id}`);
    if ((await ctx.apiKeys.countOfUser(userId, now, tx)) >= MOST_KEYS)
      fail('VALIDATION_FAILED', { detail: `There are ${MOST_KEYS} keys already: revoke one first` });
    await ctx.apiKeys.insert(document, tx);
    await tellOfChange(ctx, tx, ctx.caller.id, 'api_key', 'added');
    await recordAct(ctx, tx, {
      act: 'auth.api_key_created',
      target: { kind: 'api_key', id },
      details: { name, prefix, scopes: document.scopes, expires_at: document.expires_at },
    });
  });
  return { key, api_key: toApiKey(document) };
}

/** Nobody gives what they do not have; what they lose later, their keys lose with them. */
function readScopes(ctx: KeysCtx, scopes: readonly string[]): string[] {
  const roles = ctx.live.roles();
  const known = new Set([...roles.byId.values()].flatMap(({ pairs }) => [...pairs]));
  const errors: FieldError[] = [];
  const pairs = scopes.map((scope, index) => {
    const pair = resolvePair(roles, scope);
    const path = `scopes.${index}`;
    if (!pair || !(known.has(formatPair(pair)) || isCovered(ctx, pair)))
      errors.push({ path, message: 'is no permission' });
    else if (!isCovered(ctx, pair)) errors.push({ path, message: 'is not yours to give' });
    return pair ? formatPair(pair) : '';
  });
  return errors.length > 0 ? fail('VALIDATION_FAILED', { errors }) : [...new Set(pairs)];
}

const isCovered = ({ caller, live, clock }: KeysCtx, pair: Pair): boolean =>
  decideOn(caller, pair, live.roles(), clock.now()).allowed;

/** @throws AppError NOT_FOUND also for another's: its existence is not told */
export async function revokeApiKey(ctx: KeysCtx & Ctx<'apiKeyReader'>, { id }: { id: string }): Promise<void> {
  await ctx.transact(async (tx) => {
    const removed = (await ctx.apiKeys.remove(id, new ObjectId(ctx.caller.id), tx)) ?? fail('NOT_FOUND');
    afterCommit(tx, () => ctx.apiKeyReader.forget(id));
    await recordAct(ctx, tx, {
      act: 'auth.api_key_revoked',
      target: { kind: 'api_key', id },
      details: { name: removed.name, prefix: removed.prefix },
    });
  });
}

function toApiKey({ _id, name, prefix, scopes, created_at, expires_at, last_used_at }: ApiKeyDocument): ApiKey {
  return { id: _id.toHexString(), name, prefix, scopes, created_at, expires_at, last_used_at };
}
