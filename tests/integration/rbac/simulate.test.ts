// What a change would do, before it is made: who gains and loses, and whether the caller may; then it is made, and it was so.
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { newGrant, newUserDocument } from '../../../server/src/features/users/new-user.ts';
import { unwrap } from '../../support/doors.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, type Person } from '../users/people.ts';

let server: TestServer;
let other: TestServer;
let admin: Person;
let permissions: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer({ monitorCommands: true });
  other = await startTestServer({ sharedWith: server });
  admin = await createAdmin(server);
  const { items } = (await server.rest('GET', '/permissions?limit=100', { token: admin.token })).body;
  permissions = Object.fromEntries(items.map(({ id, name }: Answer) => [name, id]));
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const simulate = async (body: object, token = admin.token, at = server): Promise<Answer> =>
  (await at.rest('POST', '/rbac/simulate', { token, body })).body;
const nothing = { users: 0, by_pair: [], sample: [] };

describe('changes of one user', () => {
  test('a grant more, a grant less', async () => {
    const { id, username } = await server.createUser();
    const assign = { change: 'grant.assign', user_id: id, role_id: server.roleId('Author') };
    const told = await simulate(assign);
    const pairs = ['knowledge:CREATE', 'knowledge:UPDATE', 'tag:CREATE'];
    expect(told).toEqual({
      affected_users: 1,
      gained: {
        users: 1,
        by_pair: pairs.map((pair) => ({ pair, users: 1 })),
        sample: [{ user_id: id, username, name: null, pairs }],
      },
      lost: nothing,
      permitted: true,
    });
    // Nothing was done.
    expect((await server.rest('GET', `/users/${id}`, { token: admin.token })).body.roles).toHaveLength(1);
    await server.rest('POST', `/users/${id}/roles`, { token: admin.token, body: { role_id: server.roleId('Author') } });
    expect(await simulate(assign)).toMatchObject({
      affected_users: 0,
      permitted: false,
      refused: { code: 'ALREADY_EXISTS' },
    });
    const remove = { change: 'grant.remove', user_id: id, role_id: server.roleId('Author') };
    expect((await simulate(remove)).lost.sample[0].pairs).toEqual(pairs);
    // What another role gives as well is not lost.
    expect(await simulate({ ...remove, role_id: server.roleId('User') })).toMatchObject({ lost: nothing });
    expect((await simulate({ ...remove, role_id: server.roleId('Editor') })).refused.code).toBe('NOT_FOUND');
  });

  test('a status takes everything and gives it back', async () => {
    const { id } = await server.createUser([{ name: 'Author' }]);
    const locking = await simulate({ change: 'user.status', user_id: id, status: 'locked' });
    expect([locking.affected_users, locking.lost.by_pair.length, locking.gained]).toEqual([1, 8, nothing]);
    await server.rest('POST', `/users/${id}/status`, { token: admin.token, body: { status: 'locked' } });
    const back = await simulate({ change: 'user.status', user_id: id, status: 'active' });
    expect([back.gained.by_pair.length, back.lost]).toEqual([8, nothing]);
    const inactive = await simulate({ change: 'user.status', user_id: id, status: 'inactive' });
    expect([inactive.affected_users, inactive.permitted]).toEqual([0, true]);
  });

  test('the last administrator stays one', async () => {
    const alone = await startTestServer();
    try {
      const only = await createAdmin(alone);
      await alone.deps.database.db.collection('users').deleteMany({ username: { $ne: only.username } });
      for (const change of [
        { change: 'user.status', user_id: only.id, status: 'inactive' },
        { change: 'grant.remove', user_id: only.id, role_id: alone.roleId('Admin') },
      ])
        expect((await simulate(change, only.token, alone)).refused.code).toBe('LAST_ADMIN');
    } finally {
      await alone.close();
    }
  });

  test('what no act would take is not simulated', async () => {
    const { id } = await server.createUser();
    const nobody = '0'.repeat(24);
    const past = new Date(server.clock.now().getTime() - 1000);
    for (const [body, code] of [
      [{ change: 'grant.assign', user_id: nobody, role_id: server.roleId('User') }, 'NOT_FOUND'],
      [{ change: 'grant.assign', user_id: id, role_id: nobody }, 'NOT_FOUND'],
      [
        { change: 'grant.assign', user_id: id, role_id: server.roleId('Editor'), expires_at: past },
        'VALIDATION_FAILED',
      ],
      [{ change: 'role.update', role_id: nobody }, 'NOT_FOUND'],
      [{ change: 'role.update', role_id: server.roleId('User'), add_permission_ids: [nobody] }, 'NOT_FOUND'],
      [{ change: 'permission.delete', permission_id: nobody }, 'NOT_FOUND'],
      [
        { change: 'role.delete', role_id: server.roleId('User'), reassign_to: server.roleId('User') },
        'VALIDATION_FAILED',
      ],
      [{ change: 'user.delete', user_id: id }, 'VALIDATION_FAILED'],
      [{ change: 'user.status', user_id: id, status: 'active', role_id: nobody }, 'VALIDATION_FAILED'],
      [{}, 'VALIDATION_FAILED'],
    ] as const)
      expect([body, (await simulate(body)).code]).toEqual([body, code]);
  });
});

describe('changes of roles', () => {
  /** Many holders of few sets of roles. */
  async function insertHolders(prefix: string, count: number, names: (index: number) => string[]): Promise<void> {
    const table = server.deps.live.roles();
    const now = server.clock.now();
    const users = Array.from({ length: count }, (_, index): UserDocument => {
      const user = newUserDocument(
        { username: `${prefix}_${String(index).padStart(6, '0')}`, name: `张${index}` },
        table,
        now,
      );
      const grants = names(index).map((name) => {
        const role = table.byName.get(name);
        if (!role) throw new Error(`no role ${name}`);
        return newGrant(role, null, now, index % 10 === 9 ? new Date(0) : null);
      });
      return { ...user, roles: grants, status: index % 10 === 8 ? 'inactive' : 'active' };
    });
    await server.deps.database.db.collection<UserDocument>('users').insertMany(users);
  }
  const roleOf = (name: string) => server.roleId(name);

  test('count each holder once, name the first hundred, and come true', async () => {
    await createRole([server, other], { name: 'Painter', level: 2, pairs: ['tag:MANAGE', 'knowledge:READ'] });
    await insertHolders('painter', 1000, (index) => (index % 2 === 0 ? ['Painter'] : ['Painter', 'Author']));
    // Of a thousand a hundred are inactive and the grants of a hundred have ended.
    const told = await simulate({ change: 'role.update', role_id: roleOf('Painter'), status: 'inactive' });
    const [painters, authorsToo] = [400, 400];
    expect(told.affected_users).toBe(painters + authorsToo);
    expect(told.gained).toEqual(nothing);
    expect(told.lost.users).toBe(painters + authorsToo);
    expect(told.lost.by_pair).toEqual([
      { pair: 'knowledge:READ', users: painters },
      { pair: 'tag:CREATE', users: painters },
      { pair: 'tag:MANAGE', users: painters + authorsToo },
    ]);
    expect(told.lost.sample).toHaveLength(100);
    const names = told.lost.sample.map(({ username }: Answer) => username);
    const held = { 'roles.role_name': 'Painter', status: 'active' };
    const wanted = (
      await server.deps.database.db
        .collection('users')
        .find({ ...held, 'roles.expires_at': null })
        .sort({ username: 1 })
        .limit(100)
        .toArray()
    ).map(({ username }) => username);
    expect(names).toEqual(wanted);
    expect(told.lost.sample.slice(0, 2).map(({ pairs }: Answer) => pairs)).toEqual([
      ['knowledge:READ', 'tag:CREATE', 'tag:MANAGE'],
      ['tag:MANAGE'],
    ]);
    expect(
      unwrap(
        await server.trpc(
          'rbac.simulate',
          { change: 'role.update', role_id: roleOf('Painter'), status: 'inactive' },
          { token: admin.token },
        ),
      ),
    ).toEqual(told);
    expect(
      await simulate({ change: 'role.update', role_id: roleOf('Painter'), status: 'inactive' }, admin.token, other),
    ).toEqual(told);
    // Another role for them in its place.
    const heir = await simulate({ change: 'role.delete', role_id: roleOf('Painter'), reassign_to: roleOf('User') });
    expect([heir.permitted, heir.affected_users]).toEqual([true, 800]);
    expect(heir.lost.by_pair).toEqual([
      { pair: 'tag:CREATE', users: painters },
      { pair: 'tag:MANAGE', users: painters + authorsToo },
    ]);
    expect(heir.gained.by_pair.map(({ users }: Answer) => users)).toEqual([400, 400, 400, 400]);
    // And so it comes, for the first of them.
    const [first] = heir.lost.sample;
    const body = { reassign_to: roleOf('User') };
    const query = new URLSearchParams(body);
    const answer = await server.rest('DELETE', `/roles/${roleOf('Painter')}?${query}`, { token: admin.token });
    expect(answer.status).toBe(204);
    const after = (await server.rest('GET', `/users/${first.user_id}/permissions`, { token: admin.token })).body;
    const pairs = after.permissions.map(({ resource, action }: Answer) => `${resource}:${action}`);
    expect(pairs).not.toContain('tag:MANAGE');
    expect(pairs).toContain('knowledge:COMMENT');
  });

  test('who may change roles and read no users is told numbers, and no names', async () => {
    const name = 'role_keeper';
    await createRole([server, other], { name, level: 4, pairs: ['role:READ', 'role:MANAGE', 'knowledge:CREATE'] });
    const keeper = await createPerson(server, [{ name }]);
    const { id } = await server.createUser([{ name: 'Author' }]);
    for (const change of [
      { change: 'user.status', user_id: id, status: 'locked' },
      { change: 'role.update', role_id: server.roleId('Author'), status: 'inactive' },
    ]) {
      const seen = await simulate(change);
      expect(seen.lost.sample.length).toBeGreaterThan(0);
      const told = await simulate(change, keeper.token);
      expect(told).toMatchObject({
        affected_users: seen.affected_users,
        lost: { users: seen.lost.users, by_pair: seen.lost.by_pair, sample: [] },
      });
      for (const person of seen.lost.sample) expect(JSON.stringify(told)).not.toContain(person.username);
    }
  });

  test('permissions more and less', async () => {
    await createRole([server, other], { name: 'Sculptor', level: 2, pairs: ['tag:CREATE'] });
    await insertHolders('sculptor', 10, () => ['Sculptor']);
    const told = await simulate({
      change: 'role.update',
      role_id: roleOf('Sculptor'),
      add_permission_ids: [permissions['TAG_MANAGE'], permissions['SEARCH']],
    });
    expect(told.gained.by_pair).toEqual([
      { pair: 'knowledge:SEARCH', users: 8 },
      { pair: 'tag:MANAGE', users: 8 },
    ]);
    // A level changes nobody's permissions.
    expect(await simulate({ change: 'role.update', role_id: roleOf('Sculptor'), level: 1 })).toMatchObject({
      affected_users: 0,
      permitted: true,
    });
    const gone = await simulate({ change: 'permission.delete', permission_id: permissions['TAG_MANAGE'] });
    expect([gone.permitted, gone.refused.code]).toEqual([false, 'BUILTIN_PROTECTED']);
    // Editors and authors have TAG_CREATE by itself, administrators too: of tags they may do that still.
    expect(gone.lost.by_pair).toEqual([{ pair: 'tag:MANAGE', users: gone.affected_users }]);
  });

  test.each([
    ['Admin switched off', { change: 'role.update', status: 'inactive' }, 'Admin', 'BUILTIN_PROTECTED'],
    ['another level for a builtin role', { change: 'role.update', level: 1 }, 'Editor', 'BUILTIN_PROTECTED'],
    ['a builtin role deleted', { change: 'role.delete' }, 'Author', 'BUILTIN_PROTECTED'],
    ['a level above one’s own', { change: 'role.update', level: 9 }, 'Sculptor', 'PERMISSION_DENIED'],
  ])('%s is told to be refused', async (_, change, role, code) => {
    const { permitted, refused } = await simulate({ ...change, role_id: roleOf(role) });
    expect([permitted, refused.code]).toEqual([false, code]);
  });

  test('the pass over the holders is by an index, and one', async () => {
    const { client, db } = server.deps.database;
    const sent: Document[] = [];
    const listen = ({ commandName, command }: { commandName: string; command: Document }) => {
      if (commandName === 'aggregate' && command['aggregate'] === 'users') sent.push(command);
    };
    client.on('commandStarted', listen);
    await simulate({ change: 'role.update', role_id: roleOf('Sculptor'), status: 'inactive' });
    client.off('commandStarted', listen);
    expect(sent).toHaveLength(1);
    const { pipeline } = sent[0] as Document;
    const plan = JSON.stringify(
      await db.command({ explain: { aggregate: 'users', pipeline, cursor: {} }, verbosity: 'queryPlanner' }),
    );
    expect(plan).toContain('IXSCAN');
    expect(plan).not.toContain('COLLSCAN');
  });
});

describe('who asks', () => {
  test('needs role:MANAGE, and is told what they themselves may', async () => {
    await createRole([server, other], { name: 'Roles only', level: 2, pairs: ['role:MANAGE'] });
    const { token } = await createPerson(server, [{ name: 'Roles only' }]);
    const { id } = await server.createUser();
    const grant = (role: string) => ({ change: 'grant.assign', user_id: id, role_id: server.roleId(role) });
    for (const [role, told] of [
      ['Editor', { permitted: false, refused: { code: 'PERMISSION_DENIED', permission: 'role:MANAGE' } }],
      ['Author', { permitted: false, refused: { code: 'PERMISSION_DENIED', permission: 'role:MANAGE' } }],
      ['Roles only', { permitted: true }],
    ] as const)
      expect(await simulate(grant(role), token)).toMatchObject(told);
    expect(await simulate({ change: 'user.status', user_id: id, status: 'locked' }, token)).toMatchObject({
      permitted: false,
      refused: { code: 'PERMISSION_DENIED', permission: 'user:UPDATE' },
    });
    const { token: nobody } = await createPerson(server);
    expect(await simulate(grant('User'), nobody)).toMatchObject({
      code: 'PERMISSION_DENIED',
      permission: 'role:MANAGE',
    });
  });
});

test('who has a right to give for a while is told that they may not give it for good', async () => {
  const lasting = await createPerson(server, [{ name: 'Roles only' }]);
  const until = new Date(server.clock.now().getTime() + 3_600_000);
  const passing = await createPerson(server, [{ name: 'Roles only', expires_at: until }]);
  const { id } = await server.createUser();
  const grant = { change: 'grant.assign', user_id: id, role_id: server.roleId('Roles only') };
  expect((await simulate(grant, lasting.token)).permitted).toBe(true);
  expect((await simulate(grant, passing.token)).refused).toMatchObject({ code: 'PERMISSION_DENIED' });
  const shorter = new Date(until.getTime() - 60_000);
  expect((await simulate({ ...grant, expires_at: shorter }, passing.token)).permitted).toBe(true);
});
