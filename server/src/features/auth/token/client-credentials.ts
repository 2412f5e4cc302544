// The client credentials grant (RFC 6749 §4.4): a service acts as itself, within the scopes it was given.
import { randomUUID } from 'node:crypto';
import { type ClientToken, keepsSecret, type TokenInput } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { toSeconds } from '../../../platform/clock.ts';
import { type AuthenticateCtx, authenticateClient } from './client.ts';

type GrantCtx = AuthenticateCtx & Ctx<'tokens' | 'config' | 'log' | 'metrics', Caller | null>;

/** @throws AppError INVALID_CLIENT; UNAUTHORIZED_CLIENT for a client that keeps no secret; INVALID_SCOPE for one it was not given */
export async function grantClientToken(ctx: GrantCtx, input: TokenInput): Promise<ClientToken> {
  const client = await authenticateClient(ctx, input);
  if (!keepsSecret(client.kind))
    return fail('UNAUTHORIZED_CLIENT', { detail: `A ${client.kind} client cannot act as itself` });
  const scope = chooseScopes(client.scopes, input.scope).join(' ');
  const id = client._id.toHexString();
  const now = toSeconds(ctx.clock.now());
  const expires_in = toSeconds(new Date(ctx.config.jwt.access_token_expire));
  const claims = {
    sub: id,
    client_id: id,
    scope,
    epoch: client.token_epoch ?? 0,
    jti: randomUUID(),
    iat: now,
    exp: now + expires_in,
  };
  const access_token = await ctx.tokens.signAccess(claims, [id, ...(client.audiences ?? [])]);
  ctx.log.auth.info({ client_id: id, scope, ip: ctx.request.ip, request_id: ctx.request.id }, 'client token issued');
  return { access_token, token_type: 'Bearer', expires_in, scope };
}

/** RFC 6749 §3.3: all that it has, unless it asks for less. */
function chooseScopes(has: readonly string[], asked: string | undefined): readonly string[] {
  if (asked === undefined) return has;
  const wanted = [...new Set(asked.split(' ').filter((scope) => scope !== ''))];
  const foreign = wanted.find((scope) => !has.includes(scope));
  return foreign === undefined
    ? wanted
    : fail('INVALID_SCOPE', { detail: `This client does not have the scope ${foreign}` });
}
