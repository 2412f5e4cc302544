// Public procedures that some inputs make ones for the signed-in: who that is, or what is wrong with their credentials.
import { type AuthenticateCtx, authenticate } from '../../../authenticate.ts';
import type { Caller, UserCaller } from '../../../context.ts';
import { fail } from '../../../errors.ts';

/**
 * A bearer that is not good is ignored on public procedures; here it must be told why: who holds a stale token refreshes it, and
 * who is told UNAUTHENTICATED is signed out.
 *
 * @throws AppError UNAUTHENTICATED without credentials, or with a client's; TOKEN_STALE, TOKEN_EXPIRED, TOKEN_INVALID, SESSION_REVOKED
 */
export async function requireUser(ctx: AuthenticateCtx & { readonly caller: Caller | null }): Promise<UserCaller> {
  const caller = ctx.caller ?? (await authenticate(ctx));
  return caller?.kind === 'user' ? caller : fail('UNAUTHENTICATED');
}
