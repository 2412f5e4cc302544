// Roles that are removed: whoever holds one keeps it from going, or has another for it, or has nothing, at once and however many they are.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { newGrant, newUserDocument } from '../../../server/src/features/users/new-user.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';
import { createAdmin, listActs, type Person } from '../users/people.ts';
import { expectRefused, may, newRole, permissionIds, rolesAs } from './role-acts.ts';

let server: TestServer;
let other: TestServer;
let admin: Person;
let roles: ReturnType<typeof rolesAs>;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  admin = await createAdmin(server);
  roles = rolesAs(server, admin);
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const users = () => server.deps.database.db.collection<UserDocument>('users');
const create = async (names: readonly string[], fields: object = {}): Promise<Answer> =>
  (await roles.create(newRole({ permission_ids: await permissionIds(server, names), ...fields }))).body;
const inSeconds = (seconds: number) => new Date(server.clock.now().getTime() + seconds * 1000);

interface Holding {
  readonly role: Answer;
  readonly until?: Date | null;
}
async function createHolder(...held: readonly Holding[]): Promise<Person> {
  const user = await server.createUser([]);
  const grants = held.map(({ role, until = null }) => newGrant(role, admin.id, server.clock.now(), until));
  await users().updateOne({ _id: new ObjectId(user.id) }, { $set: { roles: grants } });
  const { access, refresh } = await server.signIn(user);
  return { ...user, token: access, refresh };
}
const grantsOf = async ({ id }: { readonly id: string }) =>
  (await users().findOne({ _id: new ObjectId(id) }))?.roles.map((grant) => ({
    id: grant.role_id.toHexString(),
    name: grant.role_name,
    until: grant.expires_at,
  }));
/** What a check answers on both instances, the other one as soon as it has heard. */
async function expectReason(of: Person, permission: string, reason: string): Promise<void> {
  expect(await may(server, admin, of.id, permission)).toBe(reason);
  await vi.waitFor(async () => expect(await may(other, admin, of.id, permission)).toBe(reason), soon);
}
/** The grants have been written anew by whichever instance took the record. */
const settled = () =>
  vi.waitFor(
    async () =>
      expect(await server.deps.database.db.collection('outbox').countDocuments({ kind: 'removed_role' })).toBe(0),
    { timeout: 20_000, interval: 20 },
  );

describe('a role that somebody holds', () => {
  test('stays unless it is said what they are to have', async () => {
    const role = await create(['COMMENT']);
    const holder = await createHolder({ role });
    expectRefused(await roles.delete(role.id), 'IN_USE');
    expect((await roles.get(role.id)).version).toBe(1);
    await expectReason(holder, 'COMMENT', 'granted');
  });

  test('stays for an inactive holder too, and goes when all grants have run out', async () => {
    const role = await create(['COMMENT']);
    const holder = await createHolder({ role, until: inSeconds(60) });
    await users().updateOne({ _id: new ObjectId(holder.id) }, { $set: { status: 'inactive' } });
    expectRefused(await roles.delete(role.id), 'IN_USE');
    server.clock.advance(60_000);
    expect((await roles.delete(role.id)).status).toBe(204);
    expectRefused(await roles.delete(role.id), 'NOT_FOUND');
    await settled();
    expect(await grantsOf(holder)).toEqual([]);
  });

  test('goes by force: the rights end everywhere, and the grants', async () => {
    const role = await create(['COMMENT']);
    const holder = await createHolder({ role });
    expect((await roles.delete(role.id, '?force=true')).status).toBe(204);
    await expectReason(holder, 'COMMENT', 'no_permission');
    expect((await server.rest('GET', '/auth/me', { token: holder.token })).body.code).toBe('TOKEN_STALE');
    const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: holder.refresh } });
    expect(body.user).toMatchObject({ roles: [], permissions: [] });
    await settled();
    expect(await grantsOf(holder)).toEqual([]);
    expect((await listActs(server, role.id)).at(-1)).toMatchObject({
      act: 'rbac.role_deleted',
      details: { name: role.name, permissions: ['COMMENT'], was_held: true, reassigned_to: null },
    });
  });

  test.each([
    ['itself', (role: Answer) => `?reassign_to=${role.id}`, 'VALIDATION_FAILED'],
    ['a role that there is not', () => `?reassign_to=${'f'.repeat(24)}`, 'NOT_FOUND'],
    ['another, and by force', () => `?reassign_to=${server.roleId('User')}&force=true`, 'VALIDATION_FAILED'],
  ])('does not go for %s', async (_what, query, code) => {
    const role = await create(['COMMENT']);
    expectRefused(await roles.delete(role.id, query(role)), code);
    expect((await roles.get(role.id)).id).toBe(role.id);
  });
});

describe('another role for its holders', () => {
  test('is theirs at once, for as long as they had the first', async () => {
    const [from, to] = [await create(['COMMENT', 'TAG_CREATE']), await create(['COMMENT', 'SEARCH'])];
    const until = new Date(Math.floor(inSeconds(600).getTime() / 1000) * 1000);
    const [forGood, forNow] = [await createHolder({ role: from }), await createHolder({ role: from, until })];
    const runOut = await createHolder({ role: from, until: inSeconds(-1) });
    expect((await roles.delete(from.id, `?reassign_to=${to.id}`)).status).toBe(204);
    for (const holder of [forGood, forNow]) {
      await expectReason(holder, 'COMMENT', 'granted');
      await expectReason(holder, 'SEARCH', 'granted');
      await expectReason(holder, 'TAG_CREATE', 'no_permission');
      expect((await server.rest('GET', '/auth/me', { token: holder.token })).body.code).toBe('TOKEN_STALE');
      const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: holder.refresh } });
      expect([body.user.roles, body.user.permissions]).toEqual([[to.name], ['knowledge:COMMENT', 'knowledge:SEARCH']]);
    }
    expect(await may(server, admin, runOut.id, 'SEARCH')).not.toBe('granted');
    await settled();
    expect(await grantsOf(forGood)).toEqual([{ id: to.id, name: to.name, until: null }]);
    expect(await grantsOf(forNow)).toEqual([{ id: to.id, name: to.name, until }]);
    expect(await grantsOf(runOut)).toEqual([]);
    server.clock.advance(600_000);
    admin = await createAdmin(server);
    roles = rolesAs(server, admin);
    expect(await may(server, admin, forGood.id, 'SEARCH')).toBe('granted');
    expect(await may(server, admin, forNow.id, 'SEARCH')).toBe('grant_expired');
  });

  test('of two grants that come to be one the longer stays', async () => {
    const [from, to] = [await create(['COMMENT']), await create(['SEARCH'])];
    const [soon, late] = [inSeconds(300), inSeconds(3_000)];
    const holders = [
      await createHolder({ role: from, until: soon }, { role: to, until: late }),
      await createHolder({ role: from, until: late }, { role: to, until: soon }),
      await createHolder({ role: to, until: late }, { role: from }),
    ];
    await roles.delete(from.id, `?reassign_to=${to.id}`);
    await settled();
    const untils = await Promise.all(holders.map(grantsOf));
    expect(untils.map((grants) => grants?.map(({ id, until }) => [id, until]))).toEqual([
      [[to.id, late]],
      [[to.id, late]],
      [[to.id, null]],
    ]);
  });

  test('however many they are: nobody is without rights, or with too many, while the grants are written', async () => {
    const [from, to] = [await create(['TAG_CREATE']), await create(['SEARCH'])];
    const table = server.deps.live.roles();
    const crowd = Array.from({ length: 350 }, (_, index): UserDocument => {
      const user = newUserDocument({ username: `crowd_${index}`, name: null }, table, server.clock.now());
      return { ...user, roles: [newGrant(from, null, server.clock.now(), null)] };
    });
    await users().insertMany(crowd);
    const deleting = roles.delete(from.id, `?reassign_to=${to.id}`);
    expect((await deleting).status).toBe(204);
    const [first, last] = [crowd[0], crowd.at(-1)].map((user) => user?._id.toHexString() ?? '');
    for (let round = 0; round < 10; round++)
      for (const id of [first, last]) {
        expect(await may(server, admin, id ?? '', 'SEARCH')).toBe('granted');
        expect(await may(server, admin, id ?? '', 'TAG_CREATE')).toBe('no_permission');
      }
    await settled();
    expect(await users().countDocuments({ 'roles.role_id': new ObjectId(from.id as string) })).toBe(0);
    expect(await users().countDocuments({ 'roles.role_id': new ObjectId(to.id as string) })).toBe(350);
    expect((await server.deps.roles.findRole(to.id))?.replaces).toEqual([]);
  });
});

describe('where the grants have not been written yet', () => {
  let crashed: TestServer;
  let chief: Person;
  let acts: ReturnType<typeof rolesAs>;
  beforeAll(async () => {
    // An instance whose worker is dead, on a database of its own.
    crashed = await startTestServer();
    await crashed.deps.outbox.close();
    chief = await createAdmin(crashed);
    acts = rolesAs(crashed, chief);
  });
  afterAll(() => crashed.close());

  const make = async (...names: string[]): Promise<Answer> =>
    (await acts.create(newRole({ permission_ids: await permissionIds(crashed, names) }))).body;
  const holderOf = async (...names: string[]) => crashed.createUser(names.map((name) => ({ name })));
  const token = () => ({ token: chief.token });

  test('the rights are what they will be, through any number of removals, and another instance finishes it', async () => {
    const [one, two, three] = [await make('COMMENT'), await make('TAG_CREATE'), await make('SEARCH')];
    const holder = await holderOf(one.name, three.name);
    await acts.delete(one.id, `?reassign_to=${two.id}`);
    expect(await may(crashed, chief, holder.id, 'TAG_CREATE')).toBe('granted');
    expectRefused(await acts.delete(two.id), 'IN_USE');
    await acts.delete(two.id, `?reassign_to=${three.id}`);
    expect(await may(crashed, chief, holder.id, 'TAG_CREATE')).toBe('no_permission');
    expect(await may(crashed, chief, holder.id, 'SEARCH')).toBe('granted');
    const { body } = await crashed.rest('GET', `/users/${holder.id}/permissions`, token());
    expect(body.roles).toMatchObject([{ role_id: three.id, name: three.name }]);
    expect(body.permissions).toMatchObject([{ name: 'SEARCH', granted_by_roles: [three.name] }]);
    const helper = await startTestServer({ sharedWith: crashed });
    await vi.waitFor(
      async () => {
        const stored = await crashed.deps.users.findById(holder.id);
        expect(stored?.roles.map(({ role_name }) => role_name)).toEqual([three.name]);
        expect((await crashed.deps.roles.findRole(three.id))?.replaces).toEqual([]);
      },
      { timeout: 20_000, interval: 20 },
    );
    await helper.close();
    // Another instance starts within it.
  }, 90_000);

  test('taking the other role off its holder takes all of it; giving it again is refused', async () => {
    const [from, to] = [await make('COMMENT'), await make('SEARCH')];
    const holder = await holderOf(from.name);
    await acts.delete(from.id, `?reassign_to=${to.id}`);
    const path = `/users/${holder.id}/roles`;
    const give = (role_id: string) => crashed.rest('POST', path, { ...token(), body: { role_id } });
    expectRefused(await give(to.id), 'ALREADY_EXISTS');
    expectRefused(await give(from.id), 'NOT_FOUND');
    expect((await crashed.rest('DELETE', `${path}/${to.id}`, token())).status).toBe(204);
    expect(await may(crashed, chief, holder.id, 'SEARCH')).toBe('no_permission');
    expect((await crashed.deps.users.findById(holder.id))?.roles).toEqual([]);
  });

  test('what went by force comes back by no later act', async () => {
    const from = await make('COMMENT');
    const holder = await holderOf(from.name);
    await acts.delete(from.id, '?force=true');
    // A role of the same name is another one.
    await acts.create({ ...newRole(), name: from.name, permission_ids: await permissionIds(crashed, ['COMMENT']) });
    expect(await may(crashed, chief, holder.id, 'COMMENT')).toBe('no_permission');
    const body = { role_id: crashed.roleId('User') };
    const { body: user } = await crashed.rest('POST', `/users/${holder.id}/roles`, { ...token(), body });
    expect(user.roles).toMatchObject([{ name: 'User' }]);
  });

  test('the feed tells services that the role is no more', async () => {
    const [from, to] = [await make('COMMENT'), await make('SEARCH')];
    const program = await crashed.mintClientToken(['feed:read']);
    await acts.delete(from.id, `?reassign_to=${to.id}`);
    const { body } = await crashed.rest('GET', '/auth/revocations', { token: program });
    const told = Object.fromEntries(
      body.records.map(({ id, value }: { id: string; value: unknown }) => [id, value] as const),
    );
    expect([told[from.id] ?? null, told[to.id]]).toEqual([null, expect.objectContaining({ name: to.name })]);
  });
});
