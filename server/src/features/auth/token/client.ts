// Which application is calling (RFC 6749 §2.3): by HTTP Basic or by its id and secret in the body.
import { keepsSecret, type TokenInput } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { isClientSecret } from '../../../platform/client-secret.ts';
import type { ClientDocument } from '../../system/clients/repository.ts';

export type AuthenticateCtx = Ctx<'clients' | 'clock', Caller | null>;

/**
 * Kinds that keep no secret are known by their id alone: what they bring proves itself (PKCE).
 *
 * @throws AppError INVALID_CLIENT alike for an unknown client and a wrong secret; VALIDATION_FAILED when two ways are used at once
 */
export async function authenticateClient(
  ctx: AuthenticateCtx,
  { client_id, client_secret }: Pick<TokenInput, 'client_id' | 'client_secret'>,
): Promise<ClientDocument> {
  const { basic } = ctx.request;
  if (basic && (client_secret !== undefined || (client_id !== undefined && client_id !== basic.id)))
    fail('VALIDATION_FAILED', { detail: 'Authenticate by HTTP Basic or in the body, not both (RFC 6749 §2.3)' });
  const client = await ctx.clients.find(basic?.id ?? client_id ?? '');
  const secret = basic?.secret ?? client_secret;
  if (!client) return fail('INVALID_CLIENT');
  // A secret from who has none is a mistake worth telling.
  const isGood = keepsSecret(client.kind)
    ? secret !== undefined && isClientSecret(client.secrets, secret, ctx.clock.now())
    : secret === undefined || secret === '';
  return isGood ? client : fail('INVALID_CLIENT');
}
