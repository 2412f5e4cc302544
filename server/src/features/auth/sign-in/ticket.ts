// Going on with an unfinished sign-in by its token: whose it is, whether it still holds, what was wished for.
import type { SessionWishes } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';
import { requireOwnOrigin } from '../origin.ts';
import type { TicketDocument } from './repository.ts';

/** Wrong codes that one unfinished sign-in bears. */
export const MAX_TICKET_TRIES = 5;

export interface OpenTicket {
  readonly ticket: TicketDocument;
  readonly user: UserDocument;
  readonly wishes: SessionWishes;
}

type TicketCtx = Ctx<'tickets' | 'users' | 'clients' | 'hashLink' | 'clock' | 'config' | 'publicUrl', Caller | null>;

const gone = { detail: 'This sign-in has lapsed or was finished already, begin again' };

/**
 * @param takeTry - whether this call is one of the tries that the ticket bears
 * @throws AppError INVALID_CODE for a token that is unknown, lapsed, used up, or whose account has changed since; ORIGIN_REFUSED
 */
export async function openTicket(
  ctx: TicketCtx,
  kind: TicketDocument['kind'],
  token: string,
  { takeTry }: { takeTry: boolean },
): Promise<OpenTicket> {
  const now = ctx.clock.now();
  const hash = ctx.hashLink(token);
  const ticket = takeTry
    ? await ctx.tickets.takeTry(kind, hash, MAX_TICKET_TRIES, now)
    : await ctx.tickets.find(kind, hash, now);
  if (!ticket) fail('INVALID_CODE', gone);
  const user = await ctx.users.findById(ticket.user_id.toHexString());
  if (!user || !hasSameCredentials(ticket, user)) fail('INVALID_CODE', gone);
  // The application it began in was removed meanwhile.
  if (ticket.client_id !== null && !(await ctx.clients.find(ticket.client_id))) fail('INVALID_CODE', gone);
  if (ticket.transport === 'cookie') requireOwnOrigin(ctx);
  return { ticket, user, wishes: readWishes(ticket) };
}

function hasSameCredentials(ticket: TicketDocument, { status, security }: UserDocument): boolean {
  const same = (a: Date | null | undefined, b: Date | null | undefined) =>
    (a?.getTime() ?? null) === (b?.getTime() ?? null);
  return (
    status === 'active' &&
    same(ticket.password_changed_at, security.password_changed_at) &&
    same(ticket.factors_changed_at, security.factors_changed_at)
  );
}

const readWishes = ({ transport, device }: TicketDocument): SessionWishes => ({
  refresh_transport: transport,
  ...(device ? { device } : {}),
});
