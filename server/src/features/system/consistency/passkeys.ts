// users.security.two_factor.passkeys, against the passkeys there are.
import type { Document, ObjectId } from 'mongodb';
import type { Database } from '../../../database/client.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { readFactorsOf, tidy } from '../../auth/mfa/factors.ts';
import { type PasskeyDocument, passkeysCollection } from '../../auth/passkeys/repository.ts';
import { type UserDocument, usersCollection } from '../../users/document.ts';

const COUNT = 'security.two_factor.passkeys';

/** Users of whom it may be wrong: those who have passkeys, and those who are said to. */
async function listSuspects({ db, maxTimeMs: maxTimeMS }: Database): Promise<ObjectId[]> {
  const only = [{ $project: { [COUNT]: 1 } }];
  const holders: Document[] = [
    { $group: { _id: '$user_id', held: { $sum: 1 } } },
    { $lookup: { from: usersCollection.name, localField: '_id', foreignField: '_id', pipeline: only, as: 'user' } },
    { $unwind: '$user' },
    { $match: { $expr: { $ne: [{ $ifNull: [`$user.${COUNT}`, 0] }, '$held'] } } },
    { $project: { _id: 1 } },
  ];
  const one = [{ $limit: 1 }, { $project: { _id: 1 } }];
  const counted: Document[] = [
    { $match: { [COUNT]: { $gt: 0 } } },
    {
      $lookup: { from: passkeysCollection.name, localField: '_id', foreignField: 'user_id', pipeline: one, as: 'held' },
    },
    { $match: { held: [] } },
    { $project: { _id: 1 } },
  ];
  const found = [
    ...(await db.collection(passkeysCollection.name).aggregate<{ _id: ObjectId }>(holders, { maxTimeMS }).toArray()),
    ...(await db.collection(usersCollection.name).aggregate<{ _id: ObjectId }>(counted, { maxTimeMS }).toArray()),
  ];
  return found.map(({ _id }) => _id);
}

/** Whether it is wrong as of one moment; repaired on the spot where that is asked for. */
const judge = (database: Database, id: ObjectId, repair: boolean): Promise<boolean> =>
  inTransaction(database, async (tx) => {
    const options = { session: tx, maxTimeMS: database.maxTimeMs };
    const users = database.db.collection<UserDocument>(usersCollection.name);
    const user = await users.findOne({ _id: id }, options);
    const held = await database.db
      .collection<PasskeyDocument>(passkeysCollection.name)
      .countDocuments({ user_id: id }, options);
    if (!user || readFactorsOf(user).passkeys === held) return false;
    if (!repair) return true;
    const left = tidy({ ...readFactorsOf(user), passkeys: held });
    await users.updateOne(
      { _id: id },
      left ? { $set: { 'security.two_factor': left } } : { $unset: { 'security.two_factor': '' } },
      { session: tx },
    );
    return true;
  });

async function sift(database: Database, repair: boolean): Promise<ObjectId[]> {
  const wrong: ObjectId[] = [];
  for (const id of await listSuspects(database)) if (await judge(database, id, repair)) wrong.push(id);
  return wrong;
}

export const findWrongPasskeyCounts = (database: Database): Promise<ObjectId[]> => sift(database, false);
export const repairPasskeyCounts = (database: Database): Promise<ObjectId[]> => sift(database, true);
