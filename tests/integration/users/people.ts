// People and roles for tests of users and rights, put into the database as they would have grown there.
import { ObjectId } from 'mongodb';
import { vi } from 'vitest';
import type { RoleDocument } from '../../../server/src/features/rbac/repository.ts';
import { BUILTIN_PERMISSIONS, parsePair } from '../../../shared/src/index.ts';
import type { TestServer, TestUser } from '../../support/server.ts';

export interface Person extends TestUser {
  readonly token: string;
  readonly refresh: string;
}

type Roles = Parameters<TestServer['createUser']>[0];

/** A user with these roles, signed in. */
export async function createPerson(server: TestServer, roles?: Roles): Promise<Person> {
  const user = await server.createUser(roles);
  const { access, refresh } = await server.signIn(user);
  return { ...user, token: access, refresh };
}

export const createAdmin = (server: TestServer): Promise<Person> => createPerson(server, [{ name: 'Admin' }]);

/** A role as run-time procedures will make them; waits until the servers have heard of it. */
export async function createRole(
  servers: readonly TestServer[],
  { name, level, pairs }: { name: string; level: number; pairs: readonly string[] },
): Promise<void> {
  const now = new Date();
  const [first] = servers;
  await first?.deps.database.db.collection<RoleDocument>('roles').insertOne({
    _id: new ObjectId(),
    name,
    display_name: name,
    description: name,
    level,
    status: 'active',
    is_builtin: false,
    permissions: pairs.map((text) => ({ permission_id: new ObjectId(), ...describePair(text) })),
    version: 1,
    rights_version: 0,
    named_at: 0,
    created_at: now,
    updated_at: now,
  });
  for (const { deps } of servers)
    await vi.waitFor(() => {
      if (!deps.live.roles().byName.has(name)) throw new Error(`${name} is not known yet`);
    }, 10_000);
}

function describePair(text: string) {
  const pair = parsePair(text);
  if (!pair) throw new Error(`${text} is no pair`);
  const builtin = BUILTIN_PERMISSIONS.find((one) => one.resource === pair.resource && one.action === pair.action);
  return { name: builtin?.name ?? text.replace(':', '_').toUpperCase(), ...pair };
}

/** Administrators that count: active, by a grant that no time ends. */
export const listLastingAdmins = async (server: TestServer): Promise<string[]> =>
  (
    await server.deps.database.db
      .collection('users')
      .find({ status: 'active', roles: { $elemMatch: { role_name: 'Admin', expires_at: null } } })
      .toArray()
  ).map(({ _id }) => _id.toHexString());

/** The audit records of acts on a target, oldest first. */
export const listActs = (server: TestServer, targetId: string) =>
  server.deps.database.db.collection('audit_logs').find({ 'target.id': targetId }).sort({ at: 1, _id: 1 }).toArray();
