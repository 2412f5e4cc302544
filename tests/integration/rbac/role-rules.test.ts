// Who may change which role: callers by acts, one table. And the acts of two who race.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RestAnswer, startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, type Person } from '../users/people.ts';
import { expectRefused, may, newRole, permissionId, permissionIds, permissionsAs, rolesAs } from './role-acts.ts';

let servers: readonly [TestServer, TestServer];
let server: TestServer;
let admin: Person;
let byAdmin: ReturnType<typeof rolesAs>;
beforeAll(async () => {
  server = await startTestServer();
  servers = [server, await startTestServer({ sharedWith: server })];
  admin = await createAdmin(server);
  byAdmin = rolesAs(server, admin);
  // As administrators may make them: parts of their rights, at a lower level.
  await make('Steward', 3, ['ROLE_MANAGE', 'USER_MANAGE', 'COMMENT']);
  await make('Deputy', 1, ['ROLE_MANAGE', 'COMMENT']);
});
afterAll(async () => {
  await servers[1].close();
  await servers[0].close();
});

const make = async (name: string, level: number, names: readonly string[]): Promise<string> =>
  (await byAdmin.create({ ...newRole(), name, level, permission_ids: await permissionIds(server, names) })).body.id;
let made = 0;
/** A role of its own for each act. */
const target = (level: number, ...names: string[]) => make(`Target ${++made}`, level, names);
const custom = async (): Promise<string> =>
  (await permissionsAs(server, admin).create({ name: `P_${++made}`, resource: `r${made}`, action: 'DO' })).body.id;
const id = (name: string) => permissionId(server, name);
const builtin = (name: string) => server.roleId(name);

type Verdict = 'ok' | 'PERMISSION_DENIED' | 'BUILTIN_PROTECTED';
type Act = (as: ReturnType<typeof rolesAs>, who: Person) => Promise<RestAnswer>;

const ok = 'ok';
const no = 'PERMISSION_DENIED';
const fixed = 'BUILTIN_PROTECTED';

/** What comes of it for Admin (level 4, everything), Steward (3), Deputy (1), and Editor (3, without role:MANAGE). */
const table: readonly (readonly [string, readonly [Verdict, Verdict, Verdict, Verdict], Act])[] = [
  ['make a role of level 1', [ok, ok, ok, no], (as) => as.create(newRole({ level: 1 }))],
  ['make a role of level 3', [ok, ok, no, no], (as) => as.create(newRole({ level: 3 }))],
  ['make a role of level 4', [ok, no, no, no], (as) => as.create(newRole({ level: 4 }))],
  ['make a role above everybody', [no, no, no, no], (as) => as.create(newRole({ level: 5 }))],
  [
    'make a role that may comment',
    [ok, ok, ok, no],
    async (as) => as.create(newRole({ permission_ids: [await id('COMMENT')] })),
  ],
  [
    'make a role that configures',
    [ok, no, no, no],
    async (as) => as.create(newRole({ permission_ids: await permissionIds(server, ['COMMENT', 'SYSTEM_CONFIG']) })),
  ],
  [
    'describe a role of level 1',
    [ok, ok, ok, no],
    async (as) => as.update(await target(1), { version: 1, description: 'x' }),
  ],
  [
    'describe a role of level 1 that configures',
    [ok, ok, ok, no],
    async (as) => as.update(await target(1, 'SYSTEM_CONFIG'), { version: 1, display_name: 'x' }),
  ],
  [
    'describe a role of level 3',
    [ok, ok, no, no],
    async (as) => as.update(await target(3), { version: 1, description: 'x' }),
  ],
  [
    'describe a role of level 4',
    [ok, no, no, no],
    async (as) => as.update(await target(4), { version: 1, description: 'x' }),
  ],
  ['raise a role from 1 to 2', [ok, ok, no, no], async (as) => as.update(await target(1), { version: 1, level: 2 })],
  ['raise a role from 1 to 4', [ok, no, no, no], async (as) => as.update(await target(1), { version: 1, level: 4 })],
  [
    'raise a role above everybody',
    [no, no, no, no],
    async (as) => as.update(await target(1), { version: 1, level: 5 }),
  ],
  ['bring a role down from 3', [ok, ok, no, no], async (as) => as.update(await target(3), { version: 1, level: 0 })],
  [
    'switch off a role that comments',
    [ok, ok, ok, no],
    async (as) => as.update(await target(1, 'COMMENT'), { version: 1, status: 'inactive' }),
  ],
  [
    'switch off a role that configures',
    [ok, no, no, no],
    async (as) => as.update(await target(1, 'SYSTEM_CONFIG'), { version: 1, status: 'inactive' }),
  ],
  [
    'switch on a role that configures',
    [ok, no, no, no],
    async (as) => {
      const role = await target(1, 'SYSTEM_CONFIG');
      await byAdmin.update(role, { version: 1, status: 'inactive' });
      return as.update(role, { version: 2, status: 'active' });
    },
  ],
  ['let a role comment', [ok, ok, ok, no], async (as) => as.add(await target(1, 'SEARCH'), await id('COMMENT'))],
  ['let a role configure', [ok, no, no, no], async (as) => as.add(await target(1), await id('SYSTEM_CONFIG'))],
  ['let a role of level 3 comment', [ok, ok, no, no], async (as) => as.add(await target(3), await id('COMMENT'))],
  ['let a role of level 4 comment', [ok, no, no, no], async (as) => as.add(await target(4), await id('COMMENT'))],
  [
    'let a role comment no more',
    [ok, ok, ok, no],
    async (as) => as.remove(await target(1, 'COMMENT'), await id('COMMENT')),
  ],
  [
    'let a role configure no more',
    [ok, no, no, no],
    async (as) => as.remove(await target(1, 'SYSTEM_CONFIG'), await id('SYSTEM_CONFIG')),
  ],
  ['remove a role of level 1', [ok, ok, ok, no], async (as) => as.delete(await target(1, 'COMMENT'))],
  ['remove a role of level 3', [ok, ok, no, no], async (as) => as.delete(await target(3))],
  ['remove a role of level 4', [ok, no, no, no], async (as) => as.delete(await target(4))],
  ['remove a role that configures', [ok, no, no, no], async (as) => as.delete(await target(1, 'SYSTEM_CONFIG'))],
  [
    'give its holders a role that configures',
    [ok, no, no, no],
    async (as) => as.delete(await target(1), `?reassign_to=${await target(1, 'SYSTEM_CONFIG')}`),
  ],
  [
    'give its holders a role of level 4',
    [ok, no, no, no],
    async (as) => as.delete(await target(1), `?reassign_to=${await target(4)}`),
  ],
  [
    'give its holders a role that comments',
    [ok, ok, ok, no],
    async (as) => as.delete(await target(1), `?reassign_to=${await target(1, 'COMMENT')}`),
  ],
  [
    'rename a builtin role',
    [fixed, fixed, fixed, no],
    async (as) =>
      as.update(builtin('User'), { version: (await byAdmin.get(builtin('User'))).version, name: 'Everybody' }),
  ],
  [
    'give a builtin role another level',
    [fixed, fixed, fixed, no],
    async (as) => as.update(builtin('User'), { version: (await byAdmin.get(builtin('User'))).version, level: 0 }),
  ],
  [
    'describe a builtin role',
    [ok, ok, ok, no],
    async (as, { username }) =>
      as.update(builtin('User'), { version: (await byAdmin.get(builtin('User'))).version, description: username }),
  ],
  ['remove a builtin role', [fixed, no, no, no], (as) => as.delete(builtin('User'), '?force=true')],
  ['let a builtin role comment', [ok, ok, no, no], async (as) => as.add(builtin('Editor'), await id('COMMENT'))],
  [
    'switch off Admin',
    [fixed, no, no, no],
    async (as) =>
      as.update(builtin('Admin'), { version: (await byAdmin.get(builtin('Admin'))).version, status: 'inactive' }),
  ],
  [
    'describe Admin',
    [ok, no, no, no],
    async (as, { username }) =>
      as.update(builtin('Admin'), { version: (await byAdmin.get(builtin('Admin'))).version, display_name: username }),
  ],
  ['take from Admin', [fixed, no, no, no], async (as) => as.remove(builtin('Admin'), await id('COMMENT'))],
  ['remove Admin', [fixed, no, no, no], (as) => as.delete(builtin('Admin'))],
  [
    'rename a permission that is Admin’s alone',
    [ok, no, no, no],
    async (_as, who) => permissionsAs(server, who).update(await custom(), { name: `NEW_${++made}` }),
  ],
  [
    'remove a permission that is Admin’s alone',
    [ok, no, no, no],
    async (_as, who) => permissionsAs(server, who).delete(await custom()),
  ],
  [
    'make a permission',
    [ok, ok, ok, no],
    (_as, who) => permissionsAs(server, who).create({ name: `N_${++made}`, resource: `n${made}`, action: 'DO' }),
  ],
];

describe.each([
  ['Admin', 0],
  ['Steward', 1],
  ['Deputy', 2],
  ['Editor', 3],
] as const)('%s', (name, column) => {
  let who: Person;
  beforeAll(async () => {
    who = await createPerson(server, [{ name }]);
  });

  test.each(table.map(([act, verdicts, perform]) => [act, verdicts[column], perform] as const))(
    '%s: %s',
    async (_act, verdict, perform) => {
      const { status, body } = await perform(rolesAs(server, who), who);
      expect(status < 400 ? 'ok' : body.code).toBe(verdict);
    },
  );
});

test('a permission that a role above one holds is not changed by whoever holds it below', async () => {
  const permission = await custom();
  const name = `Keeper ${++made}`;
  const keeper = await make(name, 2, ['ROLE_MANAGE']);
  await byAdmin.add(keeper, permission);
  const who = await createPerson(server, [{ name }]);
  const acts = permissionsAs(server, who);
  expect((await acts.update(permission, { description: 'mine' })).status).toBe(200);
  await byAdmin.add(await target(3), permission);
  expectRefused(await acts.update(permission, { description: 'mine still' }), 'PERMISSION_DENIED');
  expectRefused(await acts.delete(permission), 'PERMISSION_DENIED');
});

describe('at the same moment', () => {
  const steward = () => createPerson(server, [{ name: 'Steward' }]);
  const take = (from: Person, role: string) =>
    server.rest('DELETE', `/users/${from.id}/roles/${server.roleId(role)}`, { token: admin.token });

  test('a role that is edited and its editor’s rights that are taken: whoever was second is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const [who, role] = [await steward(), await target(1)];
      const [added, taken] = await Promise.all([
        rolesAs(servers[1], who).add(role, await id('COMMENT')),
        take(who, 'Steward'),
      ]);
      expect(taken.status).toBe(204);
      expect([200, 401, 403]).toContain(added.status);
      expect((await byAdmin.get(role)).permissions.length).toBe(added.status === 200 ? 1 : 0);
      const late = await rolesAs(servers[1], who).add(role, await id('USER_MANAGE'));
      expect([401, 403]).toContain(late.status);
    }
  });

  test('a role that is granted and comes to hold more: nobody gives what they do not hold', async () => {
    for (let round = 0; round < 5; round++) {
      const [who, friend, role] = [await steward(), await server.createUser([]), await target(1, 'COMMENT')];
      const grant = rolesAs(servers[1], who);
      const [given, added] = await Promise.all([
        servers[1].rest('POST', `/users/${friend.id}/roles`, { token: who.token, body: { role_id: role } }),
        byAdmin.add(role, await id('SYSTEM_CONFIG')),
      ]);
      expect(added.status).toBe(200);
      expect([201, 403]).toContain(given.status);
      // From then on it is the administrator's to give, on every instance.
      const { status } = await servers[1].rest('POST', `/users/${(await server.createUser([])).id}/roles`, {
        token: who.token,
        body: { role_id: role },
      });
      expect(status).toBe(403);
      expectRefused(await grant.remove(role, await id('SYSTEM_CONFIG')), 'PERMISSION_DENIED');
    }
  });

  test('a role that is granted and removed: nobody is left with a grant of nothing', async () => {
    for (let round = 0; round < 5; round++) {
      const [friend, role] = [await server.createUser([]), await target(1, 'COMMENT')];
      const [given, removed] = await Promise.all([
        servers[1].rest('POST', `/users/${friend.id}/roles`, { token: admin.token, body: { role_id: role } }),
        byAdmin.delete(role),
      ]);
      expect([given.status, removed.status]).toSatisfy(
        ([one, other]: number[]) => (one === 201 && other === 409) || (one === 404 && other === 204),
      );
      expect(await may(server, admin, friend.id, 'COMMENT')).toBe(given.status === 201 ? 'granted' : 'no_permission');
    }
  });

  test('two who take each other’s right to change roles: one is left', async () => {
    for (let round = 0; round < 5; round++) {
      const [one, other] = [`One ${++made}`, `Other ${++made}`];
      const [first, second] = [await make(one, 2, ['ROLE_MANAGE']), await make(other, 2, ['ROLE_MANAGE'])];
      const [alice, bob] = [await createPerson(server, [{ name: one }]), await createPerson(server, [{ name: other }])];
      const right = await id('ROLE_MANAGE');
      const answers = await Promise.all([
        rolesAs(servers[0], alice).remove(second, right),
        rolesAs(servers[1], bob).remove(first, right),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 403]);
    }
  });

  test('two administrators who change one role: each change is there', async () => {
    const role = await target(1);
    const second = await createAdmin(servers[1]);
    const names = ['COMMENT', 'SEARCH', 'FAVORITE', 'TAG_CREATE'];
    const answers = await Promise.all(
      names.map(async (name, index) =>
        rolesAs(servers[index % 2 === 0 ? 0 : 1], index < 2 ? admin : second).add(role, await id(name)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const after = await byAdmin.get(role);
    expect([after.version, after.permissions.map(({ name }: { name: string }) => name).sort()]).toEqual([
      5,
      names.toSorted(),
    ]);
  });
});

describe('features', () => {
  const path = (role: string) => `/roles/${role}/features`;
  const set = (who: Person, role: string, body: object) => server.rest('PUT', path(role), { token: who.token, body });
  const get = async (role: string) => (await server.rest('GET', path(role), { token: admin.token })).body;
  const features = { BOOKMARKS: { USE: true }, PROMPTS: { USE: true, CREATE: true, SHARE: false } };

  test('are replaced as a whole, by version', async () => {
    const role = await target(1);
    expect(await get(role)).toEqual({ features: {}, version: 1 });
    expect((await set(admin, role, { version: 1, features })).body).toEqual({ features, version: 2 });
    expectRefused(await set(admin, role, { version: 1, features: {} }), 'VERSION_CONFLICT');
    expect(await get(role)).toEqual({ features, version: 2 });
    const next = { MULTI_CONVO: { USE: false } };
    expect((await set(admin, role, { version: 2, features: next })).body.features).toEqual(next);
    const { body } = await byAdmin.update(role, { version: 3, description: 'x' });
    expect([body.version, (await get(role)).features]).toEqual([4, next]);
    expectRefused(await set(admin, 'f'.repeat(24), { version: 1, features }), 'NOT_FOUND');
  });

  test('of a role above one are not one’s to set', async () => {
    const steward = await createPerson(server, [{ name: 'Steward' }]);
    expectRefused(await set(steward, builtin('Admin'), { version: 1, features }), 'PERMISSION_DENIED');
    expect((await set(steward, await target(3), { version: 1, features })).status).toBe(200);
  });

  test.each([
    ['small letters', { prompts: { USE: true } }],
    ['something else than a switch', { PROMPTS: { USE: 'yes' } }],
    ['a name of an object’s own', JSON.parse('{"__proto__": {"USE": true}}')],
    [
      'too much',
      Object.fromEntries(
        Array.from({ length: 200 }, (_, i) => [
          `A${'B'.repeat(i % 60)}${'_'.repeat(i / 60)}`,
          { USE_IT_WHENEVER_YOU_LIKE_TO: true, AND_SOMETIMES_DO_NOT: false },
        ]),
      ),
    ],
  ])('with %s do not fit', async (_what, odd) => {
    expectRefused(await set(admin, await target(1), { version: 1, features: odd }), 'VALIDATION_FAILED');
  });
});
