// Whether the caller may make the change: the rules of the acts themselves, asked without making it.
import {
  ADMIN_ROLE,
  BUILTIN_PERMISSIONS,
  BUILTIN_ROLES,
  type SimulateInput,
  type Simulation,
} from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { AppError, fail } from '../../../errors.ts';
import type { RoleEntry } from '../../../platform/live/role-table.ts';
import { findActor } from '../../rbac/acting.ts';
import { type Judged, requireHeld, requireReach } from '../../rbac/change.ts';
import { currentGrants } from '../../rbac/grants.ts';
import { mayChangePermission } from '../../rbac/policy.ts';
import { toRightsHolder } from '../../rbac/rights-holder.ts';
import { requireMayInherit } from '../../rbac/roles/heir.ts';
import type { UserDocument } from '../document.ts';
import { requireMayAssign, requireMayRemove, requireMaySetStatus, requireNotHeld } from '../grant-checks.ts';
import { readExpiry } from '../grants.ts';
import { mayEdit } from '../policy.ts';
import { findPermission, findRole, type RoleChange } from './role-change.ts';
import type { UserChange } from './user-change.ts';

type PermitCtx = Ctx<'users' | 'live' | 'clock' | 'config' | 'transact'>;

/** @returns what the act would answer; null where it would be done */
export async function findRefusal(
  ctx: PermitCtx,
  input: SimulateInput,
  target: UserDocument | null,
): Promise<Simulation['refused'] | null> {
  try {
    const judged = await readJudged(ctx, permissionOf(input));
    if ('user_id' in input) await requireUserChange(ctx, judged, input, target ?? fail('NOT_FOUND'));
    else requireRoleChange(ctx, judged, input);
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message: detail } = error;
    const { permission } = error.details;
    return { code, detail, ...(permission === undefined ? {} : { permission }) };
  }
}

const permissionOf = ({ change }: Pick<SimulateInput, 'change'>): string =>
  change === 'user.status' ? 'user:UPDATE' : 'role:MANAGE';

async function readJudged(ctx: PermitCtx, permission: string): Promise<Judged> {
  const roles = ctx.live.roles();
  return { actor: await findActor(ctx, roles, permission), roles, now: ctx.clock.now() };
}

const isBuiltin = (role: RoleEntry): boolean => BUILTIN_ROLES.some(({ name }) => name === role.name);
const protect = (detail: string): never => fail('BUILTIN_PROTECTED', { detail });

function requireRoleChange(ctx: PermitCtx, judged: Judged, input: RoleChange): void {
  const { actor, roles, now } = judged;
  if (input.change === 'permission.delete') {
    const permission = findPermission(roles, input.permission_id);
    if (!mayChangePermission(actor, permission, roles, now))
      fail('PERMISSION_DENIED', {
        permission: 'role:MANAGE',
        detail: 'You do not hold this permission, or a role above your own level does',
      });
    if (BUILTIN_PERMISSIONS.some(({ name }) => name === permission.name))
      protect('A builtin permission cannot be deleted');
    return;
  }
  const role = findRole(roles, input.role_id);
  requireReach(judged, role.level);
  if (input.change === 'role.update') {
    requireRoleUpdate(judged, role, input);
    return;
  }
  requireHeld(judged, role.permissions);
  if (isBuiltin(role)) protect('A builtin role cannot be deleted');
  if (input.reassign_to !== undefined) requireMayInherit(ctx, judged, findRole(roles, input.reassign_to));
}

function requireRoleUpdate(judged: Judged, role: RoleEntry, input: Extract<RoleChange, { change: 'role.update' }>) {
  const { level = role.level, status = role.status, add_permission_ids = [], remove_permission_ids = [] } = input;
  if (isBuiltin(role) && level !== role.level) protect('A builtin role keeps its name and its level');
  if (role.name === ADMIN_ROLE && status !== role.status) protect('The role Admin is always active');
  requireReach(judged, level);
  if (status !== role.status) requireHeld(judged, role.permissions);
  const changed = [...add_permission_ids, ...remove_permission_ids].map((id) => findPermission(judged.roles, id));
  requireHeld(judged, changed);
  if (role.name === ADMIN_ROLE && changed.length > 0) protect('The role Admin always holds every permission');
  const held = new Set(role.permissions.map(({ permission_id }) => permission_id));
  if (remove_permission_ids.some((id) => !held.has(id)))
    fail('NOT_FOUND', { detail: 'The role does not hold this permission' });
}

async function requireUserChange(ctx: PermitCtx, acting: Judged, input: UserChange, target: UserDocument) {
  const { roles, now } = acting;
  if (!mayEdit(acting.actor, toRightsHolder(target), roles, now))
    fail('PERMISSION_DENIED', { permission: permissionOf(input), detail: 'This user stands above your own level' });
  const current = { ...target, roles: currentGrants(target.roles, roles, now) };
  await ctx.transact(async (tx) => {
    if (input.change === 'user.status') return requireMaySetStatus(ctx, tx, current, input.status);
    const role = findRole(roles, input.role_id);
    if (input.change === 'grant.remove')
      return void (await requireMayRemove(ctx, tx, acting, { target: current, role }));
    await requireMayAssign(ctx, tx, acting, {
      target: current,
      role,
      expiresAt: readExpiry(input.expires_at ?? null, now),
    });
    requireNotHeld(current, role, now);
  });
}
