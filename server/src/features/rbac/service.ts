// Reading roles and permissions, and the check that every application asks for.
import {
  type CheckInput,
  type CheckManyInput,
  type Decision,
  evaluate,
  type ListPermissionsInput,
  type ListRolesInput,
  normalizePair,
  type Role,
} from '@authcenter/shared';
import type { ClientCaller, Ctx, UserCaller } from '../../context.ts';
import { toPage } from '../../database/keyset.ts';
import { fail } from '../../errors.ts';
import { resolvePair } from '../../platform/live/role-table.ts';
import { toRightsHolder } from './rights-holder.ts';
import { toPermission, toRole } from './wire.ts';

export async function listRoles(ctx: Ctx<'roles'>, { limit, cursor, with_total: withTotal }: ListRolesInput) {
  return toPage(await ctx.roles.listRoles({ limit, cursor, withTotal }), toRole);
}

export async function getRole(ctx: Ctx<'roles'>, { id }: { id: string }): Promise<Role> {
  return toRole((await ctx.roles.findRole(id)) ?? fail('NOT_FOUND'));
}

export async function listPermissions(
  ctx: Ctx<'roles'>,
  { limit, cursor, with_total: withTotal, category }: ListPermissionsInput,
) {
  return toPage(await ctx.roles.listPermissions({ limit, cursor, withTotal, category }), toPermission);
}

type CheckCtx = Ctx<'users' | 'live' | 'clock', UserCaller | ClientCaller>;

/** Oneself: from the token and the role table, without a database read. Another: their grants are read from the primary. */
export async function checkPermission(ctx: CheckCtx, input: CheckInput): Promise<Decision> {
  const roles = ctx.live.roles();
  const asked =
    'permission' in input ? resolvePair(roles, input.permission) : normalizePair(input.resource, input.action);
  const userId = input.user_id ?? ctx.caller.id;
  if (ctx.caller.kind === 'client' && input.user_id === undefined) {
    fail('VALIDATION_FAILED', { errors: [{ path: 'user_id', message: 'is required when an application asks' }] });
  }
  if (ctx.caller.kind === 'user' && userId === ctx.caller.id)
    return evaluate(ctx.caller.rights, roles.byName, ctx.clock.now(), asked);
  const user = await ctx.users.findById(userId);
  return evaluate(user && toRightsHolder(user), roles.byId, ctx.clock.now(), asked);
}

/** Each user is read once, however many checks name them. */
export async function checkPermissions(ctx: CheckCtx, { checks }: CheckManyInput): Promise<{ results: Decision[] }> {
  const found = new Map<string, ReturnType<typeof ctx.users.findById>>();
  const findById = (id: string) => {
    const finding = found.get(id) ?? ctx.users.findById(id);
    found.set(id, finding);
    return finding;
  };
  const shared = { ...ctx, users: { ...ctx.users, findById } };
  return { results: await Promise.all(checks.map((check) => checkPermission(shared, check))) };
}
