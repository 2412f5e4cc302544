// Who is signed in, for procedures that the guard lets nobody else to.

import type { Call, CallInfo, FakeCaller, UserCaller } from '../call.ts';
import { refuse } from '../refusal.ts';
import { authenticate } from '../tokens/authenticate.ts';
import type { World } from '../world.ts';

export const callingUser = ({ caller }: Call): UserCaller =>
  caller?.kind === 'user' ? caller : refuse('UNAUTHENTICATED');

/** A person, by a session or by a key of theirs. */
export const callingPerson = ({ caller }: Call): Exclude<FakeCaller, { kind: 'client' }> =>
  caller && caller.kind !== 'client' ? caller : refuse('UNAUTHENTICATED');

/**
 * Of procedures that anyone may call, and some inputs make ones for the signed-in: what is wrong with their credentials is told.
 *
 * @throws Refusal UNAUTHENTICATED without credentials, or with a client's; TOKEN_STALE, TOKEN_EXPIRED, TOKEN_INVALID, SESSION_REVOKED
 */
export async function requireUser(world: World, info: CallInfo): Promise<UserCaller> {
  const caller = await authenticate(world, info);
  return caller?.kind === 'user' ? caller : refuse('UNAUTHENTICATED');
}
