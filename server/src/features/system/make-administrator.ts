// An administrator made, or made again, by who runs the server: when nobody who is one can get in.
import { ADMIN_ROLE } from '@authcenter/shared';
import { duplicateKey } from '../../database/errors.ts';
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import { recordSystemAct } from '../../platform/audit.ts';
import { staleTokens } from '../../platform/live/effects.ts';
import type { RoleEntry, RoleTable } from '../../platform/live/role-table.ts';
import type { PasswordHash } from '../../platform/password-hasher.ts';
import { RIGHTS_GUARD } from '../users/acting.ts';
import type { UserDocument } from '../users/document.ts';
import { newGrant, newUserDocument } from '../users/new-user.ts';

type MakeDeps = Pick<Deps, 'users' | 'sessions' | 'clock' | 'transact' | 'takeGuard' | 'audit' | 'log'> & {
  readonly roles: RoleTable;
};

export interface Wanted {
  readonly email: string;
  readonly username: string;
  /** For a new account; of one that is there only `isGiven` replaces what it has. */
  readonly password: PasswordHash & { readonly isGiven: boolean };
}

export type Made =
  | { readonly outcome: 'made' | 'promoted' | 'unchanged'; readonly id: string; readonly username: string }
  | { readonly outcome: 'unproven' | 'username_taken' };

/** Servers hear of it by the change stream. */
export async function makeAdministrator(deps: MakeDeps, wanted: Wanted): Promise<Made> {
  const role = deps.roles.byName.get(ADMIN_ROLE);
  if (!role) throw new Error(`the role ${ADMIN_ROLE} is missing: run \`authcenter migrate up\``);
  try {
    return await deps.transact(async (tx) => {
      await deps.takeGuard(tx, RIGHTS_GUARD);
      const user = await deps.users.findByLogin({ email: wanted.email }, tx);
      return user ? promote(deps, tx, user, role, wanted) : insert(deps, tx, wanted);
    });
  } catch (error) {
    if (duplicateKey(error) === 'username') return { outcome: 'username_taken' };
    throw error;
  }
}

async function insert(deps: MakeDeps, tx: Tx, { email, username, password }: Wanted): Promise<Made> {
  const { hash, scheme } = password;
  const fields = { username, email, email_verified: true, name: null, password: { hash, scheme } };
  const user = newUserDocument(fields, deps.roles, deps.clock.now(), ADMIN_ROLE);
  const id = user._id.toHexString();
  await deps.users.insert(user, tx);
  await recordSystemAct(deps, tx, { act: 'users.admin_created', target: { kind: 'user', id }, details: { username } });
  return { outcome: 'made', id, username };
}

async function promote(
  deps: MakeDeps,
  tx: Tx,
  user: UserDocument,
  role: RoleEntry,
  { password }: Wanted,
): Promise<Made> {
  // Anybody can register with an address of somebody else.
  if (!user.email_verified) return { outcome: 'unproven' };
  const { username } = user;
  const id = user._id.toHexString();
  const now = deps.clock.now();
  const isRole = (grant: UserDocument['roles'][number]) => grant.role_id.toHexString() === role.id;
  const isLasting = user.roles.some((grant) => isRole(grant) && grant.expires_at === null);
  if (isLasting && user.status === 'active' && !user.deletion_due_at && !password.isGiven)
    return { outcome: 'unchanged', id, username };
  const { $set, $inc } = staleTokens(now);
  await deps.users.update(
    id,
    {},
    {
      $set: {
        ...$set,
        status: 'active',
        ...(isLasting
          ? {}
          : { roles: [...user.roles.filter((grant) => !isRole(grant)), newGrant(role, null, now, null)] }),
        ...(password.isGiven
          ? {
              password_hash: password.hash,
              password_scheme: password.scheme,
              'security.password_changed_at': now,
            }
          : {}),
      },
      $inc,
      $unset: { deletion_due_at: '', ...(password.isGiven ? { password_change_required: '' as const } : {}) },
    },
    tx,
  );
  if (password.isGiven) await deps.sessions.revokeAll(id, 'password_reset', now, tx);
  await recordSystemAct(deps, tx, {
    act: 'users.admin_promoted',
    target: { kind: 'user', id },
    details: { username, password: password.isGiven },
  });
  return { outcome: 'promoted', id, username };
}
