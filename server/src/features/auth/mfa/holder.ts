// Who enrolls a factor: the signed-in, or who holds the setup token of a sign-in that waits for one.
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { requireFreshProof } from '../../../proof.ts';
import type { UserDocument } from '../../users/document.ts';
import { type OpenTicket, openTicket } from '../sign-in/ticket.ts';

export interface Holder {
  readonly user: UserDocument;
  /** The sign-in that waits. */
  readonly waiting: OpenTicket | null;
}

type HolderCtx = Ctx<'users' | 'tickets' | 'clients' | 'hashLink' | 'clock' | 'config' | 'publicUrl', Caller | null>;

/**
 * @throws AppError UNAUTHENTICATED with neither; STEP_UP_REQUIRED; INVALID_CODE for a token that is void; EMAIL_NOT_VERIFIED while nothing
 *   of the account is proven: its maker may be waiting for the owner of the address
 */
export async function readHolder(
  ctx: HolderCtx,
  setupToken: string | undefined,
  options: { takeTry: boolean },
): Promise<Holder> {
  if (setupToken !== undefined) {
    const waiting = await openTicket(ctx, 'mfa_setup', setupToken, options);
    requireProven(ctx, waiting.user);
    return { user: waiting.user, waiting };
  }
  const { caller } = ctx;
  if (caller?.kind !== 'user') return fail('UNAUTHENTICATED');
  requireFreshProof(ctx);
  const user = (await ctx.users.findById(caller.id)) ?? fail('NOT_FOUND');
  requireProven(ctx, user);
  return { user, waiting: null };
}

/** @throws AppError EMAIL_NOT_VERIFIED */
export function requireProven({ config }: Ctx<'config', Caller | null>, user: UserDocument): void {
  if (config.registration.email_verification !== 'off' && user.email !== undefined && user.proven_at === undefined)
    fail('EMAIL_NOT_VERIFIED');
}
