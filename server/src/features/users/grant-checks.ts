// What giving and taking a role, and setting a status, ask for: the acts and their simulation ask alike.
import { ADMIN_ROLE, isLive } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import type { RoleEntry } from '../../platform/live/role-table.ts';
import { type Acting, requireOwnTime } from '../rbac/acting.ts';
import { mayGrant } from '../rbac/policy.ts';
import type { UserDocument } from './document.ts';
import { requireNotFourEyes } from './four-eyes.ts';
import { requireAnotherAdmin } from './last-admin.ts';

type CheckCtx = Ctx<'users' | 'live' | 'clock' | 'config'>;

/** @throws AppError PERMISSION_DENIED */
export function requireMayGrant({ clock }: Ctx<'clock'>, { actor, roles }: Acting, role: RoleEntry): void {
  if (!mayGrant(actor, role, roles, clock.now()))
    fail('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'This role stands above your own level, or holds a permission you do not',
    });
}

/** @throws AppError PERMISSION_DENIED, also for a role that takes two people */
export async function requireMayAssign(
  ctx: CheckCtx,
  tx: Tx,
  acting: Acting,
  { target, role, expiresAt }: { target: UserDocument; role: RoleEntry; expiresAt: Date | null },
): Promise<void> {
  requireMayGrant(ctx, acting, role);
  requireOwnTime(ctx, acting, role, expiresAt);
  await requireNotFourEyes(ctx, tx, role, target);
}

/** The grants of a role that a user has, ended ones too. @throws AppError ALREADY_EXISTS for a live one */
export function requireNotHeld({ roles }: UserDocument, role: RoleEntry, now: Date): UserDocument['roles'] {
  const held = roles.filter(({ role_id }) => role_id.toHexString() === role.id);
  if (held.some((grant) => isLive(grant, now))) fail('ALREADY_EXISTS', { detail: 'The user holds this role already' });
  return held;
}

/**
 * @returns the grants that remain
 * @throws AppError NOT_FOUND for a role not held; PERMISSION_DENIED; LAST_ADMIN
 */
export async function requireMayRemove(
  ctx: CheckCtx,
  tx: Tx,
  acting: Acting,
  { target, role }: { target: UserDocument; role: RoleEntry | undefined },
): Promise<{ role: RoleEntry; remaining: UserDocument['roles'] }> {
  const remaining = target.roles.filter(({ role_id }) => role_id.toHexString() !== role?.id);
  if (!role || remaining.length === target.roles.length)
    fail('NOT_FOUND', { detail: 'The user does not hold this role' });
  requireMayGrant(ctx, acting, role);
  if (role.name === ADMIN_ROLE) await requireAnotherAdmin(ctx, tx, target);
  return { role, remaining };
}

/** @throws AppError LAST_ADMIN */
export async function requireMaySetStatus(
  ctx: CheckCtx,
  tx: Tx,
  target: UserDocument,
  status: UserDocument['status'],
): Promise<void> {
  if (target.status !== status && status !== 'active') await requireAnotherAdmin(ctx, tx, target);
}
