// auth.token: grants in exchange for tokens (RFC 6749 §4, RFC 8693).
import { GRANT_TYPES, type TokenInput, type TokenResult } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { requireOwnOrigin } from '../origin.ts';
import { type ExchangeCtx, exchangeCode } from './authorization-code.ts';
import { grantClientToken } from './client-credentials.ts';
import { exchangeAccessToken } from './token-exchange.ts';

type TokenCtx = ExchangeCtx & Ctx<'envelope', Caller | null>;

/** @throws AppError UNSUPPORTED_GRANT_TYPE; ORIGIN_REFUSED for a cookie from a foreign page; RATE_LIMITED; what the grant throws */
export async function exchangeToken(ctx: TokenCtx, input: TokenInput): Promise<TokenResult> {
  switch (input.grant_type) {
    case GRANT_TYPES.code:
      if (input.refresh_transport === 'cookie') requireOwnOrigin(ctx);
      return exchangeCode(ctx, input);
    case GRANT_TYPES.client:
      return grantClientToken(ctx, input);
    case GRANT_TYPES.exchange:
      return exchangeAccessToken(ctx, input);
    default:
      return fail('UNSUPPORTED_GRANT_TYPE');
  }
}
