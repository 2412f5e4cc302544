// How lately a caller must have proven who they are before a dangerous act.
import type { Caller, Ctx } from './context.ts';
import { fail } from './errors.ts';

/** In seconds. */
export const PROOF_AGE = 600;

/**
 * A client proves itself with every call; a user did when they signed in, or by auth.stepUp. A key proves nobody's presence.
 *
 * @throws AppError STEP_UP_REQUIRED; PERMISSION_DENIED for an API key
 */
export function requireFreshProof({ caller, clock }: Ctx<'clock', Caller | null>): void {
  if (caller?.kind === 'api_key')
    fail('PERMISSION_DENIED', { permission: 'session', detail: 'An API key cannot do this: sign in' });
  if (caller?.kind === 'user' && clock.now().getTime() / 1000 - caller.authTime > PROOF_AGE) fail('STEP_UP_REQUIRED');
}
