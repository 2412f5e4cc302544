// role_name: the name of a role, in every grant of it.
import { ObjectId } from 'mongodb';
import type { RoleDocument } from '../../features/rbac/repository.ts';
import type { UserDocument } from '../../features/users/document.ts';
import type { Copy, Differing } from './copy.ts';

const differs = (roleId: ObjectId, name: string) => ({
  roles: { $elemMatch: { role_id: roleId, role_name: { $ne: name } } },
});

export const roleName: Copy = {
  of: 'role',
  async copyBatch({ db, maxTimeMs: maxTimeMS }, sourceId, limit) {
    const id = new ObjectId(sourceId);
    const role = await db
      .collection<RoleDocument>('roles')
      .findOne({ _id: id }, { projection: { name: 1 }, maxTimeMS });
    if (!role) return 0;
    const users = db.collection<UserDocument>('users');
    const found = await users
      .find(differs(id, role.name), {
        projection: { 'roles.role_id': 1, 'roles.role_name': 1 },
        limit,
        batchSize: limit + 1,
        maxTimeMS,
      })
      .toArray();
    if (found.length === 0) return 0;
    const grants = found.flatMap(({ roles }) => roles).filter(({ role_id }) => role_id.equals(id));
    // A copy that has changed since it was read is another worker's, and newer. No transaction: in one, mongod takes some
    // milliseconds for each array whose index changes (25 times as long), and the holders could not sign in meanwhile.
    const read = new Set(grants.map(({ role_name }) => role_name).filter((name) => name !== role.name));
    await users.updateMany(
      { _id: { $in: found.map(({ _id }) => _id) } },
      { $set: { 'roles.$[grant].role_name': role.name } },
      { arrayFilters: [{ 'grant.role_id': id, 'grant.role_name': { $in: [...read] } }], maxTimeMS },
    );
    return found.length;
  },
  /** Roles are few, and of each the index leads to what differs alone. */
  async listDiffering({ db, maxTimeMs: maxTimeMS }, only) {
    const roles = await db
      .collection<RoleDocument>('roles')
      .find(only ? { _id: { $in: only.map((id) => new ObjectId(id)) } } : {}, { projection: { name: 1 }, maxTimeMS })
      .toArray();
    const users = db.collection<UserDocument>('users');
    const found: Differing[] = [];
    for (const { _id, name } of roles) {
      const copies = await users.countDocuments(differs(_id, name), { maxTimeMS });
      if (copies > 0) found.push({ source: _id.toHexString(), name, copies });
    }
    return found;
  },
};
