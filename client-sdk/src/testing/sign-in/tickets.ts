// Going on with an unfinished sign-in by its token: whose it is, whether it still holds, what was wished for.
import type { CallInfo } from '../call.ts';
import type { UserRecord } from '../people/users.ts';
import { refuse } from '../refusal.ts';
import type { Ticket, World } from '../world.ts';
import { requireOwnOrigin } from './sessions.ts';

/** Wrong codes that one unfinished sign-in bears. */
const MOST_TRIES = 5;

export interface OpenTicket {
  readonly token: string;
  readonly ticket: Ticket;
  readonly user: UserRecord;
}

const GONE = { detail: 'This sign-in has lapsed or was finished already, begin again' };

/**
 * @param takeTry - whether this call is one of the tries that it bears
 * @throws Refusal INVALID_CODE for a token that is unknown, lapsed or used up; ORIGIN_REFUSED
 */
export function openTicket(
  world: World,
  call: CallInfo,
  kind: Ticket['kind'],
  token: string,
  { takeTry }: { readonly takeTry: boolean },
): OpenTicket {
  const { tickets, users, clients, clock } = world;
  const ticket = tickets.get(token);
  if (ticket?.kind !== kind || ticket.expiresAt <= clock.now()) return refuse('INVALID_CODE', GONE);
  if (takeTry && ticket.tries++ >= MOST_TRIES) refuse('INVALID_CODE', GONE);
  const user = users.get(ticket.userId);
  // The application it began in was removed meanwhile.
  const isClientGone = ticket.clientId !== null && !clients.has(ticket.clientId);
  if (user?.status !== 'active' || isClientGone) return refuse('INVALID_CODE', GONE);
  if (ticket.wishes.refresh_transport === 'cookie') requireOwnOrigin(world, call);
  return { token, ticket, user };
}

/** Takes it out of the world. @throws Refusal INVALID_CODE when somebody was first */
export function consume({ tickets }: World, { token }: OpenTicket): void {
  if (!tickets.delete(token)) refuse('INVALID_CODE');
}

/** Whose password or factors are others makes what waits void. */
export function removeTickets({ tickets }: World, ofUser: string): void {
  for (const [token, { userId }] of tickets) if (userId === ofUser) tickets.delete(token);
}
