// users.renewRole: another end for a grant that lives.
import { ADMIN_ROLE, isLive, type RenewRoleInput, type User } from '@authcenter/shared';
import { fail } from '../../errors.ts';
import { requireFreshProof } from '../../proof.ts';
import { requireOwnTime } from '../rbac/acting.ts';
import { isLonger } from '../rbac/policy.ts';
import { readForChange } from './acting.ts';
import { requireNotFourEyes } from './four-eyes.ts';
import { requireMayGrant } from './grant-checks.ts';
import { newTerm } from './grant-term.ts';
import { change, type GrantCtx, readExpiry } from './grants.ts';
import { requireAnotherAdmin } from './last-admin.ts';
import { toUser } from './wire.ts';

/**
 * Sooner or later than before, and at once. One's own grant only sooner: else whoever has a right for an hour has it for good.
 *
 * @throws AppError NOT_FOUND also for a role that is not held, or no longer; PERMISSION_DENIED by the level rule, for more time of
 *   one's own and of a role that takes two people; STEP_UP_REQUIRED for Admin; LAST_ADMIN where the last lasting one would end; VALIDATION_FAILED for a date that is past
 */
export async function renewRole(ctx: GrantCtx, input: RenewRoleInput): Promise<User> {
  const now = ctx.clock.now();
  const expiresAt = readExpiry(input.expires_at, now);
  const user = await ctx.transact(async (tx) => {
    const { target, ...acting } = await readForChange(ctx, tx, input.id, 'role:MANAGE');
    const role = acting.roles.byId.get(input.role_id) ?? fail('NOT_FOUND', { detail: 'There is no such role' });
    const held =
      target.roles.find((grant) => grant.role_id.toHexString() === role.id && isLive(grant, now)) ??
      fail('NOT_FOUND', { detail: 'The user does not hold this role' });
    requireMayGrant(ctx, acting, role);
    const isMore = isLonger(expiresAt, held.expires_at);
    if (isMore && input.id === ctx.caller.id) denyOwn();
    if (isMore) requireOwnTime(ctx, acting, role, expiresAt);
    if (role.name === ADMIN_ROLE) requireFreshProof(ctx);
    if (isMore) await requireNotFourEyes(ctx, tx, role, target);
    if (role.name === ADMIN_ROLE && expiresAt !== null) await requireAnotherAdmin(ctx, tx, target);
    const { due_at: _, ...grant } = held;
    const renewed = { ...grant, ...newTerm(now, expiresAt, ctx.config.rbac.grant_reminder) };
    const roles = target.roles.map((one) => (one === held ? renewed : one));
    const details = { role_id: role.id, role: role.name, from: held.expires_at, expires_at: expiresAt };
    return change(ctx, tx, target, { roles }, { act: 'users.renew_role', details });
  });
  return toUser(user, now);
}

const denyOwn = (): never =>
  fail('PERMISSION_DENIED', {
    permission: 'role:MANAGE',
    detail: 'Nobody gives themselves more time: ask another administrator',
  });
