// Who is signed in, for procedures that the guard lets nobody else to.
import type { Call, FakeCaller, UserCaller } from './call.ts';
import { refuse } from './refusal.ts';

export const callingUser = ({ caller }: Call): UserCaller =>
  caller?.kind === 'user' ? caller : refuse('UNAUTHENTICATED');

/** A person, by a session or by a key of theirs. */
export const callingPerson = ({ caller }: Call): Exclude<FakeCaller, { kind: 'client' }> =>
  caller && caller.kind !== 'client' ? caller : refuse('UNAUTHENTICATED');
