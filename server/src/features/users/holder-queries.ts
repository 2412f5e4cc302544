// Queries of users about the roles they hold: part of their repository.
import type { UserStatus } from '@authcenter/shared';
import { type Collection, ObjectId } from 'mongodb';
import type { Tx } from '../../database/transaction.ts';
import type { GrantDocument, UserDocument } from './document.ts';

export const createHolderQueries = (users: Collection<UserDocument>, maxTimeMS: number) => ({
  /** Active users with a live grant of the role that no time ends, but for this one. */
  countLastingHolders: (roleId: string, except: string, tx: Tx) =>
    users.countDocuments(
      {
        _id: { $ne: new ObjectId(except) },
        status: 'active',
        // Who is about to leave is none to rely on.
        deletion_due_at: { $exists: false },
        roles: { $elemMatch: { role_id: new ObjectId(roleId), expires_at: null } },
      },
      { limit: 1, maxTimeMS, session: tx },
    ),
  /** Somebody, whatever their status, with a live grant of one of the roles. */
  findHolder: (roleIds: readonly ObjectId[], now: Date, tx: Tx) =>
    users.findOne(
      {
        'roles.role_id': { $in: [...roleIds] },
        roles: {
          $elemMatch: { role_id: { $in: [...roleIds] }, $or: [{ expires_at: null }, { expires_at: { $gt: now } }] },
        },
      },
      { projection: { _id: 1 }, maxTimeMS, session: tx },
    ),
  /** Whoever has a grant of the role, expired or not. */
  listGrantsOf: (roleId: string, limit: number, tx: Tx) =>
    users
      .find({ 'roles.role_id': new ObjectId(roleId) }, { projection: { roles: 1 }, limit, maxTimeMS, session: tx })
      .toArray(),
  /** Writes grants anew that give what they gave: nobody's tokens are out of date. */
  async rewriteGrants(changes: readonly { readonly id: ObjectId; readonly roles: GrantDocument[] }[], tx: Tx) {
    await users.bulkWrite(
      changes.map(({ id, roles }) => ({ updateOne: { filter: { _id: id }, update: { $set: { roles } } } })),
      { ordered: false, session: tx },
    );
  },
  /** Active users with a live grant of one of the roles, who are not about to leave. */
  listHolders: (roleIds: readonly string[], status: UserStatus | undefined, now: Date, limit: number, tx: Tx) => {
    const role_id = { $in: roleIds.map((id) => new ObjectId(id)) };
    return users
      .find(
        {
          'roles.role_id': role_id,
          ...(status === undefined ? {} : { status }),
          deletion_due_at: { $exists: false },
          roles: { $elemMatch: { role_id, $or: [{ expires_at: null }, { expires_at: { $gt: now } }] } },
        },
        { limit, maxTimeMS, session: tx },
      )
      .toArray();
  },
  /** Who has a grant about whose end something is to be done. */
  listGrantsDue: (now: Date, limit: number) =>
    users
      .find({ 'roles.due_at': { $exists: true, $lte: now } }, { projection: { _id: 1 }, limit, maxTimeMS })
      .toArray(),
});
