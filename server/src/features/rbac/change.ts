// What every change of roles and permissions goes through: under the guards, by who may, in force at once.
import type { Pair, RightsHolder } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import { type Acting, readActor } from './acting.ts';
import { holdsAll, mayReach } from './policy.ts';
import { ROLE_TABLE_GUARD, type RoleDocument } from './repository.ts';

export type ChangeCtx = Ctx<
  'users' | 'roles' | 'live' | 'clock' | 'config' | 'takeGuard' | 'transact' | 'idempotency' | 'audit' | 'log'
>;

export interface Change extends Acting {
  readonly now: Date;
  /** The role table's counter from now on. */
  readonly counter: number;
}

/** @throws AppError PERMISSION_DENIED for who has lost role:MANAGE in the meantime */
export async function beginChange(ctx: ChangeCtx, tx: Tx): Promise<Change> {
  const acting = await readActor(ctx, tx, 'role:MANAGE');
  return { ...acting, now: ctx.clock.now(), counter: await ctx.takeGuard(tx, ROLE_TABLE_GUARD) };
}

/** @throws AppError NOT_FOUND; PERMISSION_DENIED for a role above the caller's own level */
export async function beginRoleChange(ctx: ChangeCtx, tx: Tx, id: string): Promise<Change & { role: RoleDocument }> {
  const change = await beginChange(ctx, tx);
  const role = (await ctx.roles.findRole(id, tx)) ?? fail('NOT_FOUND');
  requireReach(change, role.level);
  return { ...change, role };
}

export interface Judged {
  readonly actor: RightsHolder;
  readonly roles: Acting['roles'];
  readonly now: Date;
}

/** @throws AppError PERMISSION_DENIED */
export function requireReach({ actor, roles, now }: Judged, level: number): void {
  if (!mayReach(actor, level, roles, now))
    fail('PERMISSION_DENIED', { permission: 'role:MANAGE', detail: 'This level is above your own' });
}

/** @throws AppError PERMISSION_DENIED */
export function requireHeld({ actor, roles, now }: Judged, pairs: readonly Pair[]): void {
  if (!holdsAll(actor, pairs, roles, now))
    fail('PERMISSION_DENIED', { permission: 'role:MANAGE', detail: 'You do not hold every permission this is about' });
}

/**
 * What was committed is in force on this instance before it is answered; the change stream tells the others, and this one too
 * where the table could not be read now.
 */
export async function inForce<T>(ctx: ChangeCtx, committing: Promise<T>): Promise<T> {
  const result = await committing;
  await ctx.live
    .reloadRoles()
    .catch((error: unknown) => ctx.log.root.warn({ error }, 'the role table could not be read again'));
  return result;
}
