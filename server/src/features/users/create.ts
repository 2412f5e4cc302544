// users.create and users.invite: an account that an administrator makes, with a password that has to be replaced or with an invitation.
import { type CreateUserInput, DEFAULT_ROLE, type User } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import { duplicateKey } from '../../database/errors.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import { transactOnce } from '../../platform/idempotency.ts';
import type { RoleEntry } from '../../platform/live/role-table.ts';
import { normalizePhone } from '../../platform/phone.ts';
import { requireFreshProof } from '../../proof.ts';
import { type Acting, holdsNow, readActor, requireOwnTime } from '../rbac/acting.ts';
import { mayGrant } from '../rbac/policy.ts';
import { readForChange } from './acting.ts';
import { requireNotFourEyes } from './four-eyes.ts';
import { newGrant, newUserDocument } from './new-user.ts';
import { isExpected } from './policy.ts';
import { refuseTaken } from './taken.ts';
import { toUser } from './wire.ts';

type CreateCtx = Ctx<
  | 'users'
  | 'roles'
  | 'live'
  | 'clock'
  | 'config'
  | 'takeGuard'
  | 'transact'
  | 'idempotency'
  | 'hasher'
  | 'hashIdentifier'
  | 'requireGoodPassword'
  | 'audit'
  | 'log'
  | 'queueMessage'
>;

/**
 * The addresses count as verified: the administrator vouches for them, and nobody who registers with one is let near it.
 *
 * @throws AppError ALREADY_EXISTS naming each field that is taken; VALIDATION_FAILED for the password or the phone number; NOT_FOUND for a
 *   role; PERMISSION_DENIED by the level rule, and for a role that takes two people; STEP_UP_REQUIRED for any but the default role; OVERLOADED
 */
export async function createUser(ctx: CreateCtx, input: CreateUserInput): Promise<User> {
  const { username, email, profile = {}, password } = input;
  const phone = input.phone === undefined ? undefined : normalizePhone(input.phone, ctx.config.auth.default_region);
  const names = { username, ...(email === undefined ? {} : { email }), ...(phone === undefined ? {} : { phone }) };
  if (password !== undefined) await ctx.requireGoodPassword(password, { ...names, name: profile.name }, 'password');
  const hashed = password === undefined ? {} : { password: await hash(ctx, password) };
  const now = ctx.clock.now();
  try {
    return await transactOnce(ctx, 'users.create', withoutPassword(ctx, input), async (tx) => {
      const acting = await readActor(ctx, tx, 'user:CREATE');
      const { roles, granted } = chooseRoles(ctx, acting, input.role_ids);
      await refuseTaken(ctx, tx, names);
      const user = newUserDocument(
        { ...names, email_verified: email !== undefined, name: profile.name ?? null, ...hashed },
        acting.roles,
        now,
      );
      user.roles = roles.map((role) => newGrant(role, ctx.caller.id, now, null));
      user.profile = { ...user.profile, ...withoutUndefined(profile) };
      // It is meant to be, whatever it has for an address.
      user.proven_at = now;
      if (password !== undefined) user.password_change_required = true;
      for (const role of granted) await requireNotFourEyes(ctx, tx, role, user);
      const id = user._id.toHexString();
      await ctx.users.insert(user, tx);
      if (password === undefined) await queueInvitation(ctx, tx, id);
      await recordAct(ctx, tx, {
        act: 'users.create',
        target: { kind: 'user', id },
        details: { username, roles: roles.map(({ name }) => name), invited: password === undefined },
      });
      return toUser(user, now);
    });
  } catch (error) {
    // Somebody else was first, a moment ago.
    const field = duplicateKey(error);
    if (field !== null && field in names) await refuseTaken(ctx, undefined, names);
    throw error;
  }
}

/** Sends the invitation again. @throws AppError NOT_FOUND; INVALID_TRANSITION for who has been in; PERMISSION_DENIED by the level rule */
export async function inviteUser(
  ctx: Ctx<'users' | 'roles' | 'clock' | 'takeGuard' | 'transact' | 'audit' | 'log' | 'queueMessage'>,
  { id }: { id: string },
): Promise<void> {
  await ctx.transact(async (tx) => {
    const { target } = await readForChange(ctx, tx, id, 'user:CREATE');
    if (!isExpected(target)) fail('INVALID_TRANSITION', { detail: 'Only who never signed in can be invited' });
    if (target.email === undefined && target.phone === undefined)
      fail('INVALID_TRANSITION', { detail: 'There is neither an address nor a phone number to send it to' });
    await queueInvitation(ctx, tx, id);
    await recordAct(ctx, tx, { act: 'users.invite', target: { kind: 'user', id } });
  });
}

const queueInvitation = (ctx: Ctx<'queueMessage'>, tx: Tx, id: string): Promise<void> =>
  ctx.queueMessage({ kind: 'invitation', user_id: id, locale: ctx.request.language() }, tx);

const hash = ({ hasher, request }: CreateCtx, password: string) => hasher.reserve(request.signal()).hash(password);

/** The same call is told by its password as well, of which no quick hash is to lie about. */
const withoutPassword = ({ hashIdentifier }: CreateCtx, { password, ...input }: CreateUserInput) =>
  password === undefined ? input : { ...input, password: hashIdentifier(`password ${password}`) };

/** Whoever may make users may make plain ones; anything else is granting. */
function chooseRoles(
  ctx: CreateCtx,
  acting: Acting,
  ids: readonly string[] | undefined,
): { roles: RoleEntry[]; granted: RoleEntry[] } {
  const { actor, roles: table } = acting;
  const plain = table.byName.get(DEFAULT_ROLE) ?? fail('NOT_FOUND', { detail: 'There is no default role' });
  const roles = [...new Set(ids ?? [plain.id])].map((id) => {
    const role = table.byId.get(id);
    // Another stands in for a role that was removed: it is not the one that was named.
    return role?.id === id ? role : fail('NOT_FOUND', { detail: 'There is no such role' });
  });
  const granted = roles.filter((role) => role !== plain);
  const now = ctx.clock.now();
  const isAllowed =
    granted.length === 0 ||
    (holdsNow(actor, table, now, 'role:MANAGE') && granted.every((role) => mayGrant(actor, role, table, now)));
  if (!isAllowed)
    fail('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'A role stands above your own level, or holds a permission you do not',
    });
  for (const role of granted) requireOwnTime(ctx, acting, role, null);
  // Whoever makes an account with a password may act by it.
  if (granted.length > 0) requireFreshProof(ctx);
  return { roles, granted };
}

const withoutUndefined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
