// A crowd of users written straight into a server's database: as many as wanted, each told by a number.
import { ObjectId } from 'mongodb';
import type { Database } from '../../../server/src/database/client.ts';
import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { newUserDocument } from '../../../server/src/features/users/new-user.ts';
import { buildRoleTable, type StoredRole } from '../../../server/src/platform/live/role-table.ts';

/** Made at once. */
const CHUNK = 10_000;
/** As long as a hash is; nobody signs in by it. */
const HASH = 'x'.repeat(60);

export interface Member {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly phone: string;
}

/** Known from the number alone, so that nobody is read beforehand and nothing is warmer than it would be. */
export function memberAt(number: number): Member {
  const digits = String(number).padStart(8, '0');
  const username = `member_${digits}`;
  return {
    id: number.toString(16).padStart(24, '0'),
    username,
    email: `${username}@example.com`,
    phone: `+86137${digits}`,
  };
}

/** The beginning of a user name that the member shares with nine others, however many there are. */
export const prefixOfTen = ({ username }: Member): string => username.slice(0, -1);

/** Members 0 to `size - 1`, each made a second after the one before. */
export async function insertCrowd({ db }: Database, size: number): Promise<void> {
  const table = buildRoleTable(0, await db.collection<StoredRole & { _id: ObjectId }>('roles').find().toArray());
  const users = db.collection<UserDocument>('users');
  const startedAt = Date.now() - size * 1000;
  const makeMember = (number: number): UserDocument => {
    const { id, ...names } = memberAt(number);
    const password = { hash: HASH, scheme: 'bcrypt' } as const;
    const fields = { ...names, name: `成员 ${number}`, email_verified: true, password };
    const madeAt = new Date(startedAt + number * 1000);
    return { ...newUserDocument(fields, table, madeAt), _id: ObjectId.createFromHexString(id) };
  };
  for (let made = 0; made < size; made += CHUNK) {
    const length = Math.min(CHUNK, size - made);
    await users.insertMany(
      Array.from({ length }, (_, index) => makeMember(made + index)),
      { ordered: false },
    );
  }
}
