// What follows when a factor was added: the first one brings backup codes, a sign-in that waited for it goes on.
import type { FactorActivated } from '@authcenter/shared/schemas';
import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { Call } from '../call.ts';
import { refuse } from '../refusal.ts';
import { endSessions } from '../sign-in/sessions.ts';
import { proceed, requireUnlocked } from '../sign-in/sign-in.ts';
import { consume } from '../sign-in/tickets.ts';
import type { World } from '../world.ts';
import { changeFactors } from './factor-changes.ts';
import { type Factors, newBackupCodes, readBackupCode } from './factors.ts';
import type { Holder } from './holder.ts';

export interface AddedFactor {
  readonly kind: 'totp' | 'passkey';
  /** What the session says of it. */
  readonly method: 'otp' | 'passkey';
  /** The factors as they are with it. */
  readonly factors: Factors;
  /** What else it brings; may refuse by throwing. */
  alongside?(): void;
}

/** @throws Refusal INVALID_CODE; ACCOUNT_LOCKED for a sign-in that waits */
export async function addFactor(
  world: World,
  call: Call,
  { user, waiting }: Holder,
  { kind, method, factors, alongside }: AddedFactor,
): Promise<FactorActivated> {
  // First: who is locked out would have a factor whose backup codes nobody was shown.
  if (waiting) requireUnlocked(world, user.id);
  alongside?.();
  if (waiting) consume(world, waiting);
  const own = !waiting && call.caller?.kind === 'user' ? world.sessions.get(call.caller.sid) : undefined;
  const backup_codes = factors.backupCodes.length > 0 ? null : newBackupCodes();
  // Others were opened before there was a factor: by a password, perhaps, that somebody else knows.
  if (backup_codes) endSessions(world, 'factor_added', ({ id, user_id }) => user_id === user.id && id !== own?.id);
  if (own) own.methods = [...new Set([...own.methods, method, TWO_FACTORS])];
  const backupCodes = backup_codes?.map(readBackupCode) ?? factors.backupCodes;
  changeFactors(world, call, user, { ...factors, backupCodes }, { act: 'auth.factor_added', factor: kind });
  if (!waiting) return { status: 'active', backup_codes };
  const { methods, wishes, clientId } = waiting.ticket;
  const result = await proceed(world, call, { user, methods: [...methods, method, TWO_FACTORS], wishes, clientId });
  // With two factors shown, neither is asked for any more.
  if (result.status !== 'ok' && result.status !== 'password_change_required') return refuse('INVALID_CODE');
  return { ...result, backup_codes };
}
