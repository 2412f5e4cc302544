// What of second factors an account has, whether it must have one, and what a change of them does.
import { isLive } from '@authcenter/shared/evaluator';
import type { Call } from '../call.ts';
import { raiseEpoch, type UserRecord } from '../people/users.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { removeTickets } from '../sign-in/tickets.ts';
import type { World } from '../world.ts';
import type { Factors } from './factors.ts';
import { listPasskeys } from './passkeys.ts';

export function listFactors(world: World, { id, factors }: UserRecord): ('totp' | 'passkey')[] {
  return [
    ...(factors.app ? ['totp' as const] : []),
    ...(listPasskeys(world, id).length > 0 ? ['passkey' as const] : []),
  ];
}

/** A role of theirs demands a second factor. */
export function mustHaveFactor({ settings, roles, clock }: World, { grants }: UserRecord): boolean {
  const demanding = settings.get('security.mfa_required_roles');
  const nameOf = (id: string) => roles.table.byId.get(id)?.name ?? '';
  return grants.some((grant) => isLive(grant, clock.now()) && demanding.includes(nameOf(grant.role_id)));
}

/**
 * @param left - whether without what is to go there is another factor
 * @throws Refusal LAST_CREDENTIAL when there is none, and a role demands one
 */
export function requireFactorLeft(world: World, user: UserRecord, left: boolean): void {
  if (!left && mustHaveFactor(world, user))
    refuse('LAST_CREDENTIAL', { detail: 'A role of yours demands a second factor, and there is no other' });
}

export interface FactorChange {
  readonly act: 'auth.factor_added' | 'auth.factor_removed' | 'auth.backup_codes_renewed';
  readonly factor: 'totp' | 'passkey' | 'backup_codes';
}

/** Passkeys are added and removed before: without any factor there are no backup codes either. Sign-ins that wait are void by it. */
export function changeFactors(
  world: World,
  call: Call,
  user: UserRecord,
  factors: Factors,
  { act, factor }: FactorChange,
): void {
  user.factors = factors;
  if (listFactors(world, user).length === 0) user.factors = { ...factors, backupCodes: [] };
  removeTickets(world, user.id);
  raiseEpoch(world, user);
  recordAct(world, call, {
    act,
    target: { kind: 'user', id: user.id },
    ...(call.caller ? {} : { actor: { kind: 'user', id: user.id, sid: null } }),
    details: { factor },
  });
}
