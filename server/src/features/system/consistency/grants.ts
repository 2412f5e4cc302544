// Grants of roles that do not exist.
import { ObjectId } from 'mongodb';
import type { Database } from '../../../database/client.ts';
import { listUnderWay } from '../../../database/outbox.ts';
import { type RoleDocument, rolesCollection } from '../../rbac/repository.ts';
import { type UserDocument, usersCollection } from '../../users/document.ts';

/** Those of a role that was removed just now, which the outbox is about to write anew, are left out. */
export async function findOrphanGrants(database: Database): Promise<{ roleIds: string[]; holders: number }> {
  const { db, maxTimeMs: maxTimeMS } = database;
  const roles = db.collection<RoleDocument>(rolesCollection.name);
  const users = db.collection<UserDocument>(usersCollection.name);
  const known = await listIds();
  // The index leads past all that is known.
  const strange = { roles: { $elemMatch: { role_id: { $nin: [...known.values()] } } } };
  const granted: ObjectId[] = await users.distinct('roles.role_id', strange, { maxTimeMS });
  if (granted.length === 0) return { roleIds: [], holders: 0 };
  // Read after the grants: a role made in between is there by now, and one that is not there will never be again.
  const there = await listIds();
  const busy = await listUnderWay(database);
  const roleIds = granted.map((id) => id.toHexString()).filter((id) => !there.has(id) && !busy.has(`role:${id}`));
  const holders =
    roleIds.length === 0
      ? 0
      : await users.countDocuments({ 'roles.role_id': { $in: roleIds.map((id) => new ObjectId(id)) } }, { maxTimeMS });
  return { roleIds, holders };

  async function listIds() {
    const ids = await roles.find({}, { projection: { _id: 1 }, maxTimeMS }).toArray();
    return new Map(ids.map(({ _id }) => [_id.toHexString(), _id]));
  }
}
