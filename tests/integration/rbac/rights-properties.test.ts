// Random worlds in a real database: who may is told alike by the rules, by checks and by lists, and a simulation tells how two worlds differ.
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RoleDocument } from '../../../server/src/features/rbac/repository.ts';
import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { newUserDocument } from '../../../server/src/features/users/new-user.ts';
import { parsePair } from '../../../shared/src/index.ts';
import { mayByTheRules, type RandomRole, type RandomUser, read, roles, user } from '../../support/random-rights.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, type Person } from '../users/people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
});
afterAll(() => server.close());

let worlds = 0;

/** Roles and users under names of their own, as long as they last: no clock stands still, so no grant ends within a test. */
async function put(made: readonly RandomRole[], people: readonly RandomUser[]) {
  const tag = `w${++worlds}`;
  const { db } = server.deps.database;
  const now = server.clock.now();
  const ids = new Map(made.map(({ name }) => [name, new ObjectId()]));
  await db.collection<RoleDocument>('roles').insertMany(
    made.map(({ name, status, permissions }) => ({
      _id: ids.get(name) ?? new ObjectId(),
      name: `${tag} ${name}`,
      display_name: name,
      description: name,
      level: 1,
      status,
      is_builtin: false,
      permissions: [...new Set(permissions.map((text) => read(`${tag}-${text}`)))].map((text) => ({
        permission_id: new ObjectId(),
        name: text,
        ...(parsePair(text) ?? { resource: '', action: '' }),
      })),
      version: 1,
      rights_version: 0,
      named_at: 0,
      created_at: now,
      updated_at: now,
    })),
  );
  await vi.waitFor(() => {
    if (!server.deps.live.roles().byName.has(`${tag} ${made.at(-1)?.name}`)) throw new Error('not known yet');
  }, 10_000);
  const users = people.map(
    (who, index): UserDocument => ({
      ...newUserDocument(
        { username: `${tag}_${String(index).padStart(4, '0')}`, name: null },
        server.deps.live.roles(),
        now,
      ),
      status: who.status,
      roles: who.grants.map(({ role, endsIn }) => ({
        role_id: ids.get(role) ?? new ObjectId(),
        role_name: `${tag} ${role}`,
        granted_by: null,
        granted_at: now,
        expires_at: endsIn === null ? null : new Date(now.getTime() + Math.sign(endsIn) * 3_600_000),
      })),
    }),
  );
  if (users.length > 0) await db.collection<UserDocument>('users').insertMany(users);
  return { tag, users, ids };
}

async function readHolders(resource: string, action: string): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ resource, action, limit: '37', ...(cursor === null ? {} : { cursor }) });
    const { body }: { body: Answer } = await server.rest('GET', `/rbac/who-can?${query}`, { token: admin.token });
    names.push(...body.items.map(({ username }: Answer) => username));
    cursor = body.next_cursor;
  } while (cursor !== null);
  return names;
}

/** Every world has resources of its own, so that the builtin roles have no part in it. */
const inWorld = (tag: string, made: readonly RandomRole[]): RandomRole[] =>
  made.map((role) => ({ ...role, permissions: role.permissions.map((text) => `${tag}-${text}`) }));

test('whoever may by the rules is listed, and nobody else; a simulation tells what changes', async () => {
  await fc.assert(
    fc.asyncProperty(roles, fc.array(user, { minLength: 200, maxLength: 200 }), fc.nat(), async (made, people, at) => {
      const { tag, users, ids } = await put(made, people);
      const world = inWorld(tag, made);
      const known = [...new Set(world.flatMap(({ permissions }) => permissions.map(read)))].sort();
      for (const text of known) {
        const [resource = '', action = ''] = text.split(':');
        const wanted = users.filter((_, index) => mayByTheRules(people[index] as RandomUser, world, text));
        expect(await readHolders(resource.toUpperCase(), action.toLowerCase())).toEqual(
          wanted.map(({ username }) => username),
        );
      }
      const role = made[at % made.length] as RandomRole;
      const status = role.status === 'active' ? 'inactive' : 'active';
      const after = inWorld(
        tag,
        made.map((one) => (one === role ? { ...one, status } : one)),
      );
      const body = { change: 'role.update', role_id: ids.get(role.name)?.toHexString(), status };
      const told = (await server.rest('POST', '/rbac/simulate', { token: admin.token, body })).body;
      const flips = (from: RandomRole[], to: RandomRole[]) =>
        known.flatMap((pair) => {
          const changed = people.filter((who) => !mayByTheRules(who, from, pair) && mayByTheRules(who, to, pair));
          return changed.length > 0 ? [{ pair, users: changed.length }] : [];
        });
      expect([told.gained.by_pair, told.lost.by_pair]).toEqual([flips(world, after), flips(after, world)]);
      const affected = people.filter((who) =>
        known.some((pair) => mayByTheRules(who, world, pair) !== mayByTheRules(who, after, pair)),
      );
      expect(told.affected_users).toBe(affected.length);
    }),
    { numRuns: 6 },
  );
}, 60_000);
