// Whether the caller may make the change: the rules of the acts themselves, asked without making it.
import {
  ADMIN_ROLE,
  BUILTIN_PERMISSIONS,
  BUILTIN_ROLES,
  evaluate,
  highestLevel,
  isLive,
  parsePair,
  type SimulateInput,
  type Simulation,
} from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { AppError, fail } from '../../../errors.ts';
import type { RoleEntry } from '../../../platform/live/role-table.ts';
import type { UserDocument } from '../../users/document.ts';
import { narrowedAs } from '../acting.ts';
import { type Judged, requireHeld, requireReach } from '../change.ts';
import { mayChangePermission } from '../policy.ts';
import { toRightsHolder } from '../rights-holder.ts';
import { findPermission, findRole, type RoleChange } from './role-change.ts';
import type { UserChange } from './user-change.ts';

type PermitCtx = Ctx<'users' | 'live' | 'clock' | 'transact'>;

/** @returns what the act would answer; null where it would be done */
export async function findRefusal(
  ctx: PermitCtx,
  input: SimulateInput,
  target: UserDocument | null,
): Promise<Simulation['refused'] | null> {
  try {
    const judged = await readJudged(ctx, input.change === 'user.status' ? 'user:UPDATE' : 'role:MANAGE');
    if ('user_id' in input) await requireUserChange(ctx, judged, input, target ?? fail('NOT_FOUND'));
    else requireRoleChange(judged, input);
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message: detail } = error;
    const { permission } = error.details;
    return { code, detail, ...(permission === undefined ? {} : { permission }) };
  }
}

async function readJudged(ctx: PermitCtx, permission: string): Promise<Judged> {
  const [roles, now] = [ctx.live.roles(), ctx.clock.now()];
  const caller = await ctx.users.findById(ctx.caller.id);
  const actor = caller && narrowedAs(ctx.caller, toRightsHolder(caller));
  if (!actor || !evaluate(actor, roles.byId, now, parsePair(permission)).allowed)
    fail('PERMISSION_DENIED', { permission });
  return { actor, roles, now };
}

const isBuiltin = (role: RoleEntry): boolean => BUILTIN_ROLES.some(({ name }) => name === role.name);
const protect = (detail: string): never => fail('BUILTIN_PROTECTED', { detail });

function requireRoleChange(judged: Judged, input: RoleChange): void {
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
  if (input.reassign_to === undefined) return;
  const heir = findRole(roles, input.reassign_to);
  requireReach(judged, heir.level);
  requireHeld(judged, heir.permissions);
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

async function requireUserChange(ctx: PermitCtx, judged: Judged, input: UserChange, target: UserDocument) {
  const { roles, now } = judged;
  const holder = toRightsHolder(target);
  // Levels count whatever the user's status: an inactive administrator stays one.
  requireReach(judged, highestLevel({ ...holder, status: 'active' }, roles.byId, now));
  if (input.change === 'user.status') {
    if (input.status !== 'active' && target.status !== input.status) await requireAnotherAdmin(ctx, judged, target);
    return;
  }
  const role = findRole(roles, input.role_id);
  const held = holder.grants.filter((grant) => roles.byId.get(grant.role) === role);
  if (input.change === 'grant.remove' && held.length === 0)
    fail('NOT_FOUND', { detail: 'The user does not hold this role' });
  requireReach(judged, role.level);
  requireHeld(judged, role.permissions);
  if (input.change === 'grant.remove') {
    if (role.name === ADMIN_ROLE) await requireAnotherAdmin(ctx, judged, target);
  } else if (held.some((grant) => isLive(grant, now)))
    fail('ALREADY_EXISTS', { detail: 'The user holds this role already' });
}

/** Only grants without expiry count, or time would remove the last administrator. */
async function requireAnotherAdmin(ctx: PermitCtx, { roles }: Judged, target: UserDocument): Promise<void> {
  const admin = roles.byName.get(ADMIN_ROLE);
  const counts =
    admin &&
    target.status === 'active' &&
    target.roles.some(({ role_id, expires_at }) => role_id.toHexString() === admin.id && expires_at === null);
  if (!counts) return;
  const others = await ctx.transact((tx) => ctx.users.countLastingHolders(admin.id, target._id.toHexString(), tx));
  if (others === 0) fail('LAST_ADMIN');
}
