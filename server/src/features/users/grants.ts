// Granting and removing roles, and setting the status: the acts that change what a user may do, each effective at once.
import {
  ADMIN_ROLE,
  type AssignRoleInput,
  type RemoveRoleInput,
  type SetUserStatusInput,
  type User,
} from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import { transactOnce } from '../../platform/idempotency.ts';
import { announceEpoch, endAllSessions, staleTokens } from '../../platform/live/effects.ts';
import type { RoleEntry } from '../../platform/live/role-table.ts';
import { requireFreshProof } from '../../proof.ts';
import { readForChange } from './acting.ts';
import type { UserDocument } from './document.ts';
import { requireMayAssign, requireMayRemove, requireMaySetStatus, requireNotHeld } from './grant-checks.ts';
import { recordEndOfRemoved } from './grant-end.ts';
import { newGrant } from './new-user.ts';
import { toUser } from './wire.ts';

export type GrantCtx = Ctx<
  | 'users'
  | 'roles'
  | 'sessions'
  | 'live'
  | 'clock'
  | 'config'
  | 'takeGuard'
  | 'transact'
  | 'idempotency'
  | 'audit'
  | 'log'
>;

/** @throws AppError NOT_FOUND for user or role; ALREADY_EXISTS for a live grant; PERMISSION_DENIED by the level rule and for a role that takes two people; STEP_UP_REQUIRED for Admin; VALIDATION_FAILED for a date that is past */
export async function assignRole(ctx: GrantCtx, input: AssignRoleInput): Promise<User> {
  const now = ctx.clock.now();
  const expiresAt = readExpiry(input.expires_at ?? null, now);
  return transactOnce(ctx, 'users.assignRole', input, async (tx) => {
    const { target, ...acting } = await readForChange(ctx, tx, input.id, 'role:MANAGE');
    const role = acting.roles.byId.get(input.role_id);
    if (role?.id !== input.role_id) fail('NOT_FOUND', { detail: 'There is no such role' });
    await requireMayAssign(ctx, tx, acting, { target, role, expiresAt });
    if (role.name === ADMIN_ROLE) requireFreshProof(ctx);
    return toUser(await grantRole(ctx, tx, target, role, expiresAt), now);
  });
}

/**
 * The one way in which a role comes to a user, under the guard of rights. A grant of it that has ended is replaced.
 *
 * @param because - what stands in the record beside role and end
 * @throws AppError ALREADY_EXISTS for a live grant
 */
export async function grantRole(
  ctx: GrantCtx,
  tx: Tx,
  target: UserDocument,
  role: RoleEntry,
  expiresAt: Date | null,
  because: Readonly<Record<string, unknown>> = {},
): Promise<UserDocument> {
  const now = ctx.clock.now();
  const held = requireNotHeld(target, role, now);
  const granted = newGrant(role, ctx.caller.id, now, expiresAt, ctx.config.rbac.grant_reminder);
  const roles = [...target.roles.filter((grant) => !held.includes(grant)), granted];
  const details = { role_id: role.id, role: role.name, expires_at: expiresAt, ...because };
  return change(ctx, tx, target, { roles }, { act: 'users.assign_role', details });
}

/** @throws AppError NOT_FOUND also for a role not held; LAST_ADMIN; PERMISSION_DENIED by the level rule */
export async function removeRole(ctx: GrantCtx, input: RemoveRoleInput): Promise<void> {
  await ctx.transact(async (tx) => {
    const { target, ...acting } = await readForChange(ctx, tx, input.id, 'role:MANAGE');
    const wanted = acting.roles.byId.get(input.role_id);
    const { role, remaining } = await requireMayRemove(ctx, tx, acting, { target, role: wanted });
    return change(
      ctx,
      tx,
      target,
      { roles: remaining },
      { act: 'users.remove_role', details: { role_id: role.id, role: role.name } },
    );
  });
}

/** @throws AppError NOT_FOUND; LAST_ADMIN; PERMISSION_DENIED by the level rule */
export async function setStatus(ctx: GrantCtx, { id, status }: SetUserStatusInput): Promise<User> {
  const user = await ctx.transact(async (tx) => {
    const { target } = await readForChange(ctx, tx, id, 'user:UPDATE');
    if (target.status === status) return target;
    await requireMaySetStatus(ctx, tx, target, status);
    if (status !== 'active') await endAllSessions(ctx, tx, id, 'user_disabled');
    return change(
      ctx,
      tx,
      target,
      { status },
      { act: 'users.set_status', details: { from: target.status, to: status } },
    );
  });
  return toUser(user, ctx.clock.now());
}

/** Kept in whole seconds, as tokens tell time; a date that has passed grants nothing. */
export function readExpiry(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null) return null;
  const whole = new Date(Math.floor(expiresAt.getTime() / 1000) * 1000);
  return whole.getTime() > now.getTime()
    ? whole
    : fail('VALIDATION_FAILED', { errors: [{ path: 'expires_at', message: 'must lie in the future' }] });
}

/** Whatever an administrator does to an account says that it is meant to be. */
const KEEP = { $unset: { unverified_until: '' as const } };

/** Changes grants or status, makes tokens stale and writes the record; of a grant that goes after its end, that it ended. */
export async function change(
  ctx: GrantCtx,
  tx: Tx,
  target: UserDocument,
  fields: Partial<Pick<UserDocument, 'roles' | 'status'>>,
  record: { act: string; details: Record<string, unknown> },
): Promise<UserDocument> {
  const id = target._id.toHexString();
  const { $set, $inc } = staleTokens(ctx.clock.now());
  const changed =
    (await ctx.users.update(id, {}, { $set: { ...fields, ...$set }, $inc, ...KEEP }, tx)) ?? fail('NOT_FOUND');
  announceEpoch(ctx, tx, changed);
  await recordEndOfRemoved(ctx, tx, target, fields.roles ?? target.roles);
  await recordAct(ctx, tx, { act: record.act, target: { kind: 'user', id }, details: record.details });
  return changed;
}
