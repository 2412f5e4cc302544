// Granting and removing roles, and setting the status: the acts that change what a user may do, each effective at once.
import {
  ADMIN_ROLE,
  type AssignRoleInput,
  isLive,
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
import { readForChange } from './acting.ts';
import { newGrant } from './new-user.ts';
import { mayGrant } from './policy.ts';
import type { UserDocument } from './repository.ts';
import { toUser } from './wire.ts';

type GrantCtx = Ctx<
  'users' | 'sessions' | 'live' | 'clock' | 'takeGuard' | 'transact' | 'idempotency' | 'audit' | 'log'
>;

/** @throws AppError NOT_FOUND for user or role; ALREADY_EXISTS for a live grant; PERMISSION_DENIED by the level rule; VALIDATION_FAILED for a date that is past */
export async function assignRole(ctx: GrantCtx, input: AssignRoleInput): Promise<User> {
  const now = ctx.clock.now();
  const expiresAt = readExpiry(input.expires_at ?? null, now);
  return transactOnce(ctx, 'users.assignRole', input, async (tx) => {
    const { actor, target } = await readForChange(ctx, tx, input.id, 'role:MANAGE');
    const role = ctx.live.roles().byId.get(input.role_id) ?? fail('NOT_FOUND', { detail: 'There is no such role' });
    if (!mayGrant(actor, role, ctx.live.roles(), now))
      fail('PERMISSION_DENIED', {
        permission: 'role:MANAGE',
        detail: 'This role stands above your own level, or holds a permission you do not',
      });
    const held = target.roles.filter(({ role_id }) => role_id.toHexString() === role.id);
    if (held.some((grant) => isLive(grant, now)))
      fail('ALREADY_EXISTS', { detail: 'The user holds this role already' });
    // An expired grant of the role is replaced.
    const roles = [
      ...target.roles.filter((grant) => !held.includes(grant)),
      newGrant(role, ctx.caller.id, now, expiresAt),
    ];
    const changed = await change(
      ctx,
      tx,
      target,
      { roles },
      { act: 'users.assign_role', details: { role: role.name, expires_at: expiresAt } },
    );
    return toUser(changed, now);
  });
}

/** @throws AppError NOT_FOUND also for a role not held; LAST_ADMIN; PERMISSION_DENIED by the level rule */
export async function removeRole(ctx: GrantCtx, input: RemoveRoleInput): Promise<void> {
  const now = ctx.clock.now();
  await ctx.transact(async (tx) => {
    const { actor, target } = await readForChange(ctx, tx, input.id, 'role:MANAGE');
    const roles = target.roles.filter(({ role_id }) => role_id.toHexString() !== input.role_id);
    if (roles.length === target.roles.length) fail('NOT_FOUND', { detail: 'The user does not hold this role' });
    const role = ctx.live.roles().byId.get(input.role_id);
    if (role && !mayGrant(actor, role, ctx.live.roles(), now))
      fail('PERMISSION_DENIED', {
        permission: 'role:MANAGE',
        detail: 'This role stands above your own level, or holds a permission you do not',
      });
    if (role?.name === ADMIN_ROLE) await requireAnotherAdmin(ctx, tx, target);
    return change(
      ctx,
      tx,
      target,
      { roles },
      { act: 'users.remove_role', details: { role: role?.name ?? input.role_id } },
    );
  });
}

/** @throws AppError NOT_FOUND; LAST_ADMIN; PERMISSION_DENIED by the level rule */
export async function setStatus(ctx: GrantCtx, { id, status }: SetUserStatusInput): Promise<User> {
  const user = await ctx.transact(async (tx) => {
    const { target } = await readForChange(ctx, tx, id, 'user:UPDATE');
    if (target.status === status) return target;
    if (status !== 'active') {
      await requireAnotherAdmin(ctx, tx, target);
      await endAllSessions(ctx, tx, id, 'user_disabled');
    }
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
function readExpiry(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null) return null;
  const whole = new Date(Math.floor(expiresAt.getTime() / 1000) * 1000);
  return whole.getTime() > now.getTime()
    ? whole
    : fail('VALIDATION_FAILED', { errors: [{ path: 'expires_at', message: 'must lie in the future' }] });
}

/** Only grants without expiry count, or time would remove the last administrator. */
async function requireAnotherAdmin(ctx: GrantCtx, tx: Tx, target: UserDocument): Promise<void> {
  const admin = ctx.live.roles().byName.get(ADMIN_ROLE);
  const counts =
    admin &&
    target.status === 'active' &&
    target.roles.some(({ role_id, expires_at }) => role_id.toHexString() === admin.id && expires_at === null);
  if (counts && (await ctx.users.countLastingHolders(admin.id, target._id.toHexString(), tx)) === 0) fail('LAST_ADMIN');
}

/** Whatever an administrator does to an account says that it is meant to be. */
const KEEP = { $unset: { unverified_until: '' as const } };

async function change(
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
  await recordAct(ctx, tx, { act: record.act, target: { kind: 'user', id }, details: record.details });
  return changed;
}
