// A crowd of users for lists: many at one instant, of every status, some with a second role that lives or has ended.

import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { newGrant, newUserDocument } from '../../../server/src/features/users/new-user.ts';
import type { TestServer } from '../../support/server.ts';

export const sorts = ['created_at', 'username', 'last_login_at'] as const;
export type Sort = (typeof sorts)[number];

const hour = 3_600_000;

/** @returns everybody in the database, the crowd and whoever was there before */
export async function insertCrowd(server: TestServer): Promise<UserDocument[]> {
  const table = server.deps.live.roles();
  const role = (name: string) => table.byName.get(name) ?? { id: '', name: '' };
  const now = server.clock.now();
  const users = server.deps.database.db.collection<UserDocument>('users');
  await users.insertMany(
    Array.from({ length: 400 }, (_, index) => {
      const user = newUserDocument(
        {
          username: `${'cab'[index % 3]}_${String(index * 7919).padStart(8, '0')}`,
          email: `${index}@list.example.com`,
          email_verified: true,
          name: index % 5 === 0 ? `张${index}` : null,
          password: { hash: 'x', scheme: 'bcrypt' },
        },
        table,
        // Many share an instant: then the id decides.
        new Date(now.getTime() - hour - Math.floor(index / 9) * 1000),
      );
      return {
        ...user,
        status: index % 4 === 0 ? ('inactive' as const) : index % 7 === 0 ? ('locked' as const) : ('active' as const),
        roles:
          index % 6 === 0
            ? [...user.roles, newGrant(role('Editor'), null, now, index % 12 === 0 ? new Date(0) : null)]
            : user.roles,
        login_history: {
          ...user.login_history,
          ...(index % 3 === 0 ? { last_login_at: new Date(now.getTime() - Math.floor(index / 5) * hour) } : {}),
        },
      };
    }),
  );
  return users.find().toArray();
}

export const holds = (name: string) => (user: UserDocument) =>
  user.roles.some((grant) => grant.role_name === name && (grant.expires_at === null || grant.expires_at > new Date()));
/** Filters of the list, and what they should keep. */
export const filters: [string, Record<string, string>, (user: UserDocument) => boolean][] = [
  ['nothing', {}, () => true],
  ['status', { status: 'inactive' }, (user) => user.status === 'inactive'],
  ['role', { role: 'Editor' }, holds('Editor')],
  ['status and role', { status: 'active', role: 'User' }, (user) => user.status === 'active' && holds('User')(user)],
];
