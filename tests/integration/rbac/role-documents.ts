// Roles and their holders straight in the database, and a rename as the act of it writes one.
import { ObjectId } from 'mongodb';
import { ROLE_TABLE_GUARD, type RoleDocument } from '../../../server/src/features/rbac/repository.ts';
import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { newUserDocument } from '../../../server/src/features/users/new-user.ts';
import type { TestServer } from '../../support/server.ts';

type At = Pick<TestServer, 'deps' | 'clock'>;

export const rolesOf = ({ deps }: At) => deps.database.db.collection<RoleDocument>('roles');
export const usersOf = ({ deps }: At) => deps.database.db.collection<UserDocument>('users');

export async function insertRole(server: At, name: string): Promise<string> {
  const now = server.clock.now();
  const _id = new ObjectId();
  await rolesOf(server).insertOne({
    _id,
    name,
    display_name: name,
    description: '',
    level: 1,
    status: 'active',
    is_builtin: false,
    permissions: [],
    version: 1,
    rights_version: 1,
    named_at: 1,
    created_at: now,
    updated_at: now,
  });
  return _id.toHexString();
}

/** So many users who hold the role beside `User`, with its name as given. */
export async function insertHolders(server: At, roleId: string, roleName: string, count: number): Promise<ObjectId[]> {
  const now = server.clock.now();
  const users = Array.from({ length: count }, (_, index) => {
    const username = `h${index}_${new ObjectId().toHexString().slice(8)}`;
    const user = newUserDocument({ username, name: null }, server.deps.live.roles(), now);
    const grant = { role_id: new ObjectId(roleId), role_name: roleName, granted_by: null, granted_at: now };
    user.roles.push({ ...grant, expires_at: null });
    return user;
  });
  await usersOf(server).insertMany(users);
  return users.map(({ _id }) => _id);
}

export const renameRole = ({ deps }: At, roleId: string, name: string): Promise<void> =>
  deps.transact(async (tx) => {
    const counter = await deps.takeGuard(tx, ROLE_TABLE_GUARD);
    await deps.database.db
      .collection<RoleDocument>('roles')
      .updateOne({ _id: new ObjectId(roleId) }, { $set: { name, named_at: counter } }, { session: tx });
    await deps.queueCopy(tx, { copy: 'role_name', source: roleId });
  });

/** The names under which the role is held, and how many grants bear each. */
export async function countNames(server: At, roleId: string): Promise<Record<string, number>> {
  const role_id = new ObjectId(roleId);
  const counted = await usersOf(server)
    .aggregate<{ _id: string; n: number }>([
      { $match: { 'roles.role_id': role_id } },
      { $unwind: '$roles' },
      { $match: { 'roles.role_id': role_id } },
      { $group: { _id: '$roles.role_name', n: { $sum: 1 } } },
    ])
    .toArray();
  return Object.fromEntries(counted.map(({ _id, n }) => [_id, n]));
}
