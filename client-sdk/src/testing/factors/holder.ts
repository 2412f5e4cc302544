// Who enrolls a factor: the signed-in, or who holds the setup token of a sign-in that waits for one.
import type { Call } from '../call.ts';
import { callingUser } from '../people/calling-user.ts';
import type { UserRecord } from '../people/users.ts';
import { requireProven } from '../people/ways-in.ts';
import { refuse } from '../refusal.ts';
import { type OpenTicket, openTicket } from '../sign-in/tickets.ts';
import type { World } from '../world.ts';

export interface Holder {
  readonly user: UserRecord;
  /** The sign-in that waits; null where somebody is signed in. */
  readonly waiting: OpenTicket | null;
}

/** @throws Refusal UNAUTHENTICATED with neither; INVALID_CODE for a token that is void; EMAIL_NOT_VERIFIED while nothing of the account is proven */
export function readHolder(
  world: World,
  call: Call,
  setupToken: string | undefined,
  options: { readonly takeTry: boolean },
): Holder {
  const waiting = setupToken === undefined ? null : openTicket(world, call, 'mfa_setup', setupToken, options);
  const user = waiting?.user ?? world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
  requireProven(world, user);
  return { user, waiting };
}
