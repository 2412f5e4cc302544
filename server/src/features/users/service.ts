// Reading and editing users.
import {
  isLive,
  type ListUsersInput,
  listEffectiveRoles,
  type UpdateUserInput,
  type User,
  type UserPermissions,
} from '@authcenter/shared';
import type { Caller, Ctx } from '../../context.ts';
import { duplicateKey } from '../../database/errors.ts';
import { toPage } from '../../database/keyset.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import { announceEpoch, staleTokens } from '../../platform/live/effects.ts';
import { callingCodeOf, normalizePhone } from '../../platform/phone.ts';
import { requireFreshProof } from '../../proof.ts';
import { decideOn } from '../../rights.ts';
import { currentGrants } from '../rbac/grants.ts';
import { toRightsHolder } from '../rbac/rights-holder.ts';
import { readForChange } from './acting.ts';
import type { UserDocument } from './document.ts';
import { isMadeUp } from './new-user.ts';
import { failTaken } from './taken.ts';
import { tellOfAddress } from './tell.ts';
import { toUser } from './wire.ts';

/** @throws AppError VALIDATION_FAILED for a role that does not exist, a cursor of another list */
export async function listUsers(ctx: Ctx<'users' | 'live' | 'clock' | 'config'>, input: ListUsersInput) {
  const { search, status, role, sort, limit, cursor, with_total: withTotal } = input;
  const roleId =
    role === undefined
      ? undefined
      : (ctx.live.roles().byName.get(role)?.id ??
        fail('VALIDATION_FAILED', { errors: [{ path: 'role', message: 'is not the name of a role' }] }));
  const now = ctx.clock.now();
  if (search === undefined)
    return toPage(await ctx.users.list({ status, roleId, now, sort, limit, cursor, withTotal }), (user) =>
      toUser(user, now),
    );
  return pageOfSearch(
    await ctx.users.search(search, callingCodeOf(ctx.config.auth.default_region), { status, roleId, now }),
    { sort, limit, cursor, withTotal, now },
  );
}

/** A search finds at most 500 users, which are sorted in memory; its cursor is the number already seen. */
function pageOfSearch(
  found: UserDocument[],
  {
    sort,
    limit,
    cursor,
    withTotal,
    now,
  }: { sort: ListUsersInput['sort']; limit: number; cursor: string | undefined; withTotal: boolean; now: Date },
) {
  const start = cursor === undefined ? 0 : readOffset(cursor);
  const newest = (key: (user: UserDocument) => Date) => (a: UserDocument, b: UserDocument) =>
    key(b).getTime() - key(a).getTime();
  const order = {
    created_at: newest((user) => user.created_at),
    last_login_at: newest((user) => user.login_history.last_login_at),
    username: (a: UserDocument, b: UserDocument) => (a.username < b.username ? -1 : 1),
  }[sort];
  // As in the keyset pages: of one instant, the newer id first.
  const byId = (a: UserDocument, b: UserDocument) => (a._id.toHexString() < b._id.toHexString() ? 1 : -1);
  const items = found
    .sort((a, b) => order(a, b) || byId(a, b))
    .slice(start, start + limit)
    .map((user) => toUser(user, now));
  const next = start + items.length;
  return {
    items,
    next_cursor: next < found.length ? `at-${next}` : null,
    ...(withTotal ? { total: found.length } : {}),
  };
}

const readOffset = (cursor: string): number =>
  /^at-\d{1,3}$/.test(cursor)
    ? Number(cursor.slice(3))
    : fail('VALIDATION_FAILED', { errors: [{ path: 'cursor', message: 'is not a cursor of this search' }] });

export async function getUser(ctx: Ctx<'users' | 'clock', Caller>, { id }: { id: string }): Promise<User> {
  return toUser((await ctx.users.findById(id)) ?? fail('NOT_FOUND'), ctx.clock.now());
}

/** Only what counts now: live grants of active roles, of an active user. */
export async function listUserPermissions(
  ctx: Ctx<'users' | 'live' | 'clock', Caller>,
  { id }: { id: string },
): Promise<UserPermissions> {
  const user = (await ctx.users.findById(id)) ?? fail('NOT_FOUND');
  const now = ctx.clock.now();
  const table = ctx.live.roles();
  const grants = currentGrants(user.roles, table, now);
  const effective = new Set(listEffectiveRoles(toRightsHolder(user), table.byId, now));
  const held = grants.flatMap((grant) => {
    const role = table.byId.get(grant.role_id.toHexString());
    return role && effective.has(role) && isLive(grant, now) ? [{ role, expires_at: grant.expires_at }] : [];
  });
  const permissions = new Map<string, UserPermissions['permissions'][number]>();
  for (const { role } of held) {
    for (const { name, resource, action } of role.permissions) {
      const known = permissions.get(name) ?? { name, resource, action, granted_by_roles: [] };
      known.granted_by_roles.push(role.name);
      permissions.set(name, known);
    }
  }
  return {
    user_id: id,
    roles: held.map(({ role, expires_at }) => ({
      role_id: role.id,
      name: role.name,
      display_name: role.display_name,
      level: role.level,
      expires_at,
    })),
    permissions: [...permissions.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/**
 * Changes the fields it names. Of oneself: the profile, and once a user name that was made up. With `user:UPDATE` also name and
 * addresses; a changed address is unverified.
 *
 * @throws AppError NOT_FOUND, PERMISSION_DENIED, ALREADY_EXISTS naming the field, VALIDATION_FAILED for a phone number that is none,
 *   STEP_UP_REQUIRED for addresses
 */
export async function updateUser(
  ctx: Ctx<
    'users' | 'roles' | 'live' | 'clock' | 'takeGuard' | 'transact' | 'config' | 'audit' | 'log' | 'queueMessage'
  >,
  input: UpdateUserInput,
): Promise<User> {
  const { id, username, email, phone: typed, profile } = input;
  const phone = typed == null ? typed : normalizePhone(typed, ctx.config.auth.default_region);
  const asked = { resource: 'user', action: 'UPDATE' };
  const isPrivileged = decideOn(ctx.caller, asked, ctx.live.roles(), ctx.clock.now()).allowed;
  if (!isPrivileged && (email !== undefined || phone !== undefined))
    fail('PERMISSION_DENIED', { permission: 'user:UPDATE' });
  // Whoever is given another address has another way in.
  if (email !== undefined || phone !== undefined) requireFreshProof(ctx);
  try {
    return await ctx.transact(async (tx) => {
      const before = isPrivileged
        ? (await readForChange(ctx, tx, id, 'user:UPDATE')).target
        : ((await ctx.users.findById(id, tx)) ?? fail('NOT_FOUND'));
      if (!isPrivileged && username !== undefined && !mayRenameSelf(before))
        fail('PERMISSION_DENIED', { permission: 'user:UPDATE' });
      const change = describeChange(before, { username, email, phone, profile }, isPrivileged, ctx.clock.now());
      // Tokens carry name and address: those made before are out of date.
      const staled = 'username' in change.$set || 'email_verified' in change.$set;
      const stale = staleTokens(ctx.clock.now());
      const update = staled ? { ...change, $set: { ...change.$set, ...stale.$set }, $inc: stale.$inc } : change;
      const after = (await ctx.users.update(id, {}, update, tx)) ?? fail('NOT_FOUND');
      await recordAct(ctx, tx, {
        act: 'users.update',
        target: { kind: 'user', id },
        details: { fields: Object.keys(input).filter((field) => field !== 'id') },
      });
      if (staled) announceEpoch(ctx, tx, after);
      if (email !== undefined) await tellOfAddress(ctx, tx, before, 'email', email);
      if (phone !== undefined) await tellOfAddress(ctx, tx, before, 'phone', phone);
      return toUser(after, ctx.clock.now());
    });
  } catch (error) {
    const field = duplicateKey(error);
    if (field !== null) failTaken([field]);
    throw error;
  }
}

/** Who registered by phone or a third party was given a name, and chooses one once. */
const mayRenameSelf = ({ username, username_changed_at }: UserDocument): boolean =>
  username_changed_at === undefined && isMadeUp(username);

type Changes = Omit<UpdateUserInput, 'id'>;

function describeChange(
  before: UserDocument,
  { username, email, phone, profile }: Changes,
  byAdministrator: boolean,
  now: Date,
) {
  const newEmail = email !== undefined && email !== (before.email ?? null);
  const newPhone = phone !== undefined && phone !== (before.phone ?? null);
  return {
    $set: {
      updated_at: now,
      ...(username !== undefined && username !== before.username ? { username, username_changed_at: now } : {}),
      ...(newEmail ? { ...(email === null ? {} : { email }), email_verified: false } : {}),
      ...(newPhone ? { ...(phone === null ? {} : { phone }), phone_verified: false } : {}),
      ...Object.fromEntries(
        Object.entries(profile ?? {})
          .filter(([, value]) => value !== undefined)
          .map(([field, value]) => [`profile.${field}`, value]),
      ),
    },
    $unset: {
      // An administrator's edit says that the account is meant to be.
      ...(byAdministrator ? { unverified_until: '' as const } : {}),
      ...(newEmail && email === null ? { email: '' as const } : {}),
      ...(newPhone && phone === null ? { phone: '' as const } : {}),
    },
  };
}
