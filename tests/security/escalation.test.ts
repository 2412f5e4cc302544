// Reaching for more than one has: above one's level, beyond one's permissions, into what is another's.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { soon } from '../support/soon.ts';

interface SignedIn extends TestUser {
  readonly token: string;
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  // Roles as an administrator may make them: parts of an administrator's rights, at a lower level.
  await addRole('Steward', 3, ['ROLE_MANAGE', 'USER_MANAGE']);
  await addRole('Clerk', 1, ['USER_MANAGE']);
  await addRole('Configurator', 2, ['SYSTEM_CONFIG']);
  await vi.waitFor(() => expect(server.deps.live.roles().byName.has('Configurator')).toBe(true), soon);
});
afterAll(() => server.close());

async function addRole(name: string, level: number, names: readonly string[]): Promise<void> {
  const admin = await server.deps.roles.findRoleByName('Admin');
  if (!admin) throw new Error('the role Admin is missing');
  const permissions = admin.permissions.filter((permission) => names.includes(permission.name));
  const role = { ...admin, _id: new ObjectId(), name, display_name: name, level, is_builtin: false, permissions };
  await server.deps.database.db.collection('roles').insertOne(role);
}

async function signIn(...roles: string[]): Promise<SignedIn> {
  const user = await server.createUser(roles.map((name) => ({ name })));
  return { ...user, token: (await server.signIn(user)).access };
}

const grant = (by: SignedIn, to: TestUser, role: string) =>
  server.rest('POST', `/users/${to.id}/roles`, { token: by.token, body: { role_id: server.roleId(role) } });
const remove = (by: SignedIn, from: TestUser, role: string) =>
  server.rest('DELETE', `/users/${from.id}/roles/${server.roleId(role)}`, { token: by.token });
const setStatus = (by: SignedIn, of: TestUser, status: string) =>
  server.rest('POST', `/users/${of.id}/status`, { token: by.token, body: { status } });
const edit = (by: SignedIn, whom: TestUser, body: object) =>
  server.rest('PUT', `/users/${whom.id}`, { token: by.token, body });

function expectDenied({ status, body }: RestAnswer, permission?: string): void {
  expect([status, body.code]).toEqual([403, 'PERMISSION_DENIED']);
  if (permission !== undefined) expect(body.permission).toBe(permission);
}
const rolesOf = async ({ id }: TestUser) =>
  (await server.deps.users.findById(id))?.roles.map(({ role_name }) => role_name);

describe('who lacks the permission', () => {
  test.each(['User', 'Author', 'Editor', 'Configurator'])(
    '%s: grants nothing, edits nobody, lists nobody',
    async (role) => {
      const [caller, victim] = [await signIn(role), await server.createUser()];
      for (const target of [caller, victim]) {
        expectDenied(await grant(caller, target, 'User'), 'role:MANAGE');
        expectDenied(await grant(caller, target, 'Admin'), 'role:MANAGE');
        expectDenied(await remove(caller, target, 'User'), 'role:MANAGE');
        expectDenied(await setStatus(caller, target, 'inactive'), 'user:UPDATE');
      }
      expectDenied(await edit(caller, victim, { profile: { name: 'taken over' } }));
      expectDenied(await server.rest('GET', '/users', { token: caller.token }), 'user:READ');
      expectDenied(await server.rest('GET', '/roles', { token: caller.token }), 'role:READ');
    },
  );

  test('user:MANAGE alone grants no role', async () => {
    const [clerk, victim] = [await signIn('Clerk'), await server.createUser()];
    expectDenied(await grant(clerk, victim, 'User'), 'role:MANAGE');
    expectDenied(await grant(clerk, clerk, 'Admin'), 'role:MANAGE');
  });
});

describe('with role:MANAGE at a level below the administrator', () => {
  test('no role above the own level, neither to oneself nor to another', async () => {
    const [steward, accomplice] = [await signIn('Steward'), await server.createUser()];
    for (const target of [steward, accomplice]) expectDenied(await grant(steward, target, 'Admin'), 'role:MANAGE');
    expect(await rolesOf(steward)).toEqual(['Steward']);
    expect(await rolesOf(accomplice)).toEqual(['User']);
  });

  test('no role with a permission one does not hold, whatever its level', async () => {
    const [steward, accomplice] = [await signIn('Steward'), await server.createUser()];
    for (const role of ['Editor', 'Author', 'Configurator'])
      for (const target of [steward, accomplice]) expectDenied(await grant(steward, target, role), 'role:MANAGE');
    expect(await rolesOf(steward)).toEqual(['Steward']);
  });

  test('what one holds may be given, up to the own level', async () => {
    const [steward, colleague] = [await signIn('Steward'), await server.createUser()];
    expect((await grant(steward, colleague, 'Clerk')).status).toBe(201);
    expect((await grant(steward, colleague, 'Steward')).status).toBe(201);
    expect(await rolesOf(colleague)).toEqual(['User', 'Clerk', 'Steward']);
  });

  test('nobody above: neither their roles, nor their status, nor their fields', async () => {
    const [steward, admin] = [await signIn('Steward'), await signIn('Admin')];
    expectDenied(await remove(steward, admin, 'Admin'), 'role:MANAGE');
    expectDenied(await grant(steward, admin, 'Clerk'), 'role:MANAGE');
    expectDenied(await setStatus(steward, admin, 'locked'), 'user:UPDATE');
    expectDenied(await edit(steward, admin, { email: 'mine.now@example.com' }), 'user:UPDATE');
    expectDenied(await edit(steward, admin, { profile: { name: 'x' } }), 'user:UPDATE');
    expect((await server.rest('GET', '/auth/me', { token: admin.token })).status).toBe(200);
  });

  test('nobody above who is switched off at the moment', async () => {
    const [steward, admin] = [await signIn('Steward'), await signIn('Admin')];
    await server.deps.users.update(admin.id, {}, { $set: { status: 'inactive' } });
    expectDenied(await setStatus(steward, admin, 'active'), 'user:UPDATE');
    expectDenied(await edit(steward, admin, { email: 'mine.now@example.com' }), 'user:UPDATE');
  });
});

describe('with system:CONFIG alone', () => {
  /** Whoever knows a client's secret acts by its scopes. */
  const makeClient = (by: SignedIn, scopes: readonly string[]) =>
    server.rest('POST', '/clients', { token: by.token, body: { name: 'Reports', kind: 'service', scopes } });

  test.each([
    ['users:read', 'user:READ'],
    ['users:metadata', 'user:UPDATE'],
    ['rbac:check', 'user:READ or role:READ'],
  ])('no application gets the scope %s', async (scope, permission) => {
    const configurator = await signIn('Configurator');
    expectDenied(await makeClient(configurator, ['feed:read', scope]), permission);
    const { body } = await makeClient(configurator, ['feed:read']);
    const change = { token: configurator.token, body: { version: 1, scopes: ['feed:read', scope] } };
    expectDenied(await server.rest('PUT', `/clients/${body.client_id}`, change), permission);
    expect((await server.deps.clients.find(body.client_id))?.scopes).toEqual(['feed:read']);
  });

  test('no new secret of an application that may do more; the rest of it may be changed', async () => {
    const configurator = await signIn('Configurator');
    const { client_id: id } = (await makeClient(await signIn('Admin'), ['users:read'])).body;
    const { token } = configurator;
    expectDenied(await server.rest('POST', `/clients/${id}/rotate-secret`, { token, body: {} }), 'user:READ');
    const renamed = { version: 1, name: 'Ledger', scopes: ['users:read'] };
    expect((await server.rest('PUT', `/clients/${id}`, { token, body: renamed })).status).toBe(200);
  });

  test('with the right itself it is given', async () => {
    const both = await signIn('Configurator', 'Clerk');
    const { status, body } = await makeClient(both, ['users:read', 'users:metadata', 'rbac:check', 'feed:read']);
    expect(status).toBe(201);
    const { token } = both;
    expect((await server.rest('POST', `/clients/${body.client_id}/rotate-secret`, { token, body: {} })).status).toBe(
      201,
    );
  });
});

describe('by way of the roles themselves', () => {
  const change = (by: SignedIn, method: string, path: string, body?: unknown) =>
    server.rest(method, path, { token: by.token, body });
  const role = async (name: string) => (await server.deps.roles.findRoleByName(name)) ?? expect.fail(`no role ${name}`);
  const idOf = async (permission: string) => {
    const { permissions } = await role('Admin');
    return permissions.find(({ name }) => name === permission)?.permission_id.toHexString();
  };
  const pairsOf = async ({ token }: SignedIn) =>
    (await server.rest('GET', '/auth/me', { token })).body.permissions?.sort();

  test('the own role gets no permission and no level that one does not have', async () => {
    const steward = await signIn('Steward');
    const { _id, version } = await role('Steward');
    const path = `/roles/${_id.toHexString()}`;
    const permission_ids = [await idOf('SYSTEM_CONFIG')];
    expectDenied(await change(steward, 'POST', `${path}/permissions`, { permission_ids }), 'role:MANAGE');
    for (const level of [4, 5, 1_000_000])
      expectDenied(await change(steward, 'PUT', path, { version, level }), 'role:MANAGE');
    for (const field of [{ is_builtin: true }, { permissions: [] }, { rights_version: 0 }, { replaces: [] }])
      expect((await change(steward, 'PUT', path, { version, ...field })).body.code).toBe('VALIDATION_FAILED');
    expect(await role('Steward')).toMatchObject({ version, level: 3 });
    expect(await pairsOf(steward)).toEqual(['role:MANAGE', 'user:MANAGE']);
  });

  test('no role is made, or changed, into more than one holds, nor given in another’s place', async () => {
    const [steward, victim] = [await signIn('Steward'), await server.createUser()];
    const made = { display_name: 'x', level: 1 };
    const permission_ids = [await idOf('USER_MANAGE'), await idOf('SYSTEM_CONFIG')];
    expectDenied(await change(steward, 'POST', '/roles', { ...made, name: 'Trojan', permission_ids }), 'role:MANAGE');
    expectDenied(await change(steward, 'POST', '/roles', { ...made, name: 'Trojan', level: 4 }), 'role:MANAGE');
    const { body } = await change(steward, 'POST', '/roles', { ...made, name: 'Stepping stone' });
    const path = `/roles/${body.id}`;
    expectDenied(await change(steward, 'POST', `${path}/permissions`, { permission_ids }), 'role:MANAGE');
    expect((await grant(steward, steward, 'Stepping stone')).status).toBe(201);
    const again = { ...steward, token: (await server.signIn(steward)).access };
    for (const heir of ['Admin', 'Editor', 'Configurator'])
      expectDenied(await change(again, 'DELETE', `${path}?reassign_to=${server.roleId(heir)}`), 'role:MANAGE');
    expect(await pairsOf(again)).toEqual(['role:MANAGE', 'user:MANAGE']);
    expect(await rolesOf(victim)).toEqual(['User']);
  });

  test('what was switched off for holding too much is not switched on again', async () => {
    const steward = await signIn('Steward');
    const admin = await signIn('Admin');
    const { _id, version } = await role('Configurator');
    const path = `/roles/${_id.toHexString()}`;
    expect((await change(admin, 'PUT', path, { version, status: 'inactive' })).status).toBe(200);
    expectDenied(await change(steward, 'PUT', path, { version: version + 1, status: 'active' }), 'role:MANAGE');
    expect((await change(admin, 'PUT', path, { version: version + 1, status: 'active' })).status).toBe(200);
  });

  test('a permission is never bent into another, nor does one stand for what others check by name', async () => {
    const [steward, admin] = [await signIn('Steward'), await signIn('Admin')];
    const own = await change(admin, 'POST', '/permissions', { name: 'OWN', resource: 'own', action: 'DO' });
    const foreign = await change(admin, 'POST', '/permissions', { name: 'PAY_OUT', resource: 'money', action: 'PAY' });
    const holding = await change(admin, 'POST', '/roles', {
      name: 'Owner',
      display_name: 'x',
      level: 1,
      permission_ids: [own.body.id],
    });
    const owner = await signIn('Owner', 'Steward');
    const path = `/permissions/${own.body.id}`;
    for (const pair of [{ resource: 'system' }, { action: 'MANAGE' }, { resource: 'money', action: 'PAY' }])
      expect((await change(owner, 'PUT', path, pair)).body.code).toBe('VALIDATION_FAILED');
    for (const name of ['PAY_OUT', 'pay_out', 'SYSTEM_CONFIG', ' system_config '])
      expect((await change(owner, 'PUT', path, { name })).body.code).toBe('ALREADY_EXISTS');
    // What one does not hold one cannot push aside either.
    for (const [method, body] of [['PUT', { name: 'GONE' }] as const, ['DELETE', undefined] as const]) {
      expectDenied(await change(steward, method, `/permissions/${foreign.body.id}`, body), 'role:MANAGE');
      expectDenied(await change(steward, method, path, body), 'role:MANAGE');
    }
    for (const pair of [{ resource: 'knowledge_base' }, { resource: 'KNOWLEDGE' }])
      expect(
        (await change(steward, 'POST', '/permissions', { name: 'SECOND', action: 'publish', ...pair })).body.code,
      ).toBe('ALREADY_EXISTS');
    expect((await server.deps.roles.findRole(holding.body.id))?.permissions).toMatchObject([{ name: 'OWN' }]);
  });

  test('a permission of one’s own making is Admin’s until it is given', async () => {
    const steward = await signIn('Steward');
    const made = await change(steward, 'POST', '/permissions', { name: 'MINE', resource: 'mine', action: 'MANAGE' });
    expect(made.status).toBe(201);
    const path = `/roles/${(await role('Steward'))._id.toHexString()}/permissions`;
    expectDenied(await change(steward, 'POST', path, { permission_ids: [made.body.id] }), 'role:MANAGE');
    expect(await pairsOf(steward)).toEqual(['role:MANAGE', 'user:MANAGE']);
  });

  test('rights lost a moment ago change no role, though the token still shows them', async () => {
    const steward = await signIn('Steward');
    const { _id, version } = await role('Clerk');
    await server.deps.users.update(steward.id, {}, { $set: { roles: [] } });
    const path = `/roles/${_id.toHexString()}`;
    expectDenied(await change(steward, 'PUT', path, { version, description: 'mine' }), 'role:MANAGE');
    expectDenied(await change(steward, 'DELETE', path), 'role:MANAGE');
    expectDenied(await change(steward, 'POST', '/roles', { name: 'Late', display_name: 'x', level: 0 }), 'role:MANAGE');
    expectDenied(
      await change(steward, 'POST', '/permissions', { name: 'LATE', resource: 'late', action: 'DO' }),
      'role:MANAGE',
    );
  });
});

test('user:MANAGE at a low level edits nobody above it', async () => {
  const [clerk, editor, user] = [
    await signIn('Clerk'),
    await server.createUser([{ name: 'Editor' }]),
    await server.createUser(),
  ];
  expectDenied(await setStatus(clerk, editor, 'locked'), 'user:UPDATE');
  expectDenied(await edit(clerk, editor, { username: 'not.an.editor' }), 'user:UPDATE');
  expect((await edit(clerk, user, { profile: { department: '研发部' } })).status).toBe(200);
});

test('rights lost a moment ago are gone, though the token still shows them', async () => {
  const [steward, accomplice] = [await signIn('Steward'), await server.createUser()];
  // In the database alone: no epoch was raised, so the token still passes the guard.
  await server.deps.users.update(steward.id, {}, { $set: { roles: [] } });
  expectDenied(await grant(steward, accomplice, 'Clerk'), 'role:MANAGE');
  expectDenied(await setStatus(steward, accomplice, 'locked'), 'user:UPDATE');
});

describe('what is another’s', () => {
  test('sessions cannot be seen or ended', async () => {
    const [caller, victim] = [await signIn('Admin'), await signIn('User')];
    const { items } = (await server.rest('GET', '/auth/sessions', { token: victim.token })).body;
    const { status, body } = await server.rest('DELETE', `/auth/sessions/${items[0].id}`, { token: caller.token });
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
    const own = (await server.rest('GET', '/auth/sessions', { token: caller.token })).body.items;
    expect(own.map(({ id }: { id: string }) => id)).not.toContain(items[0].id);
    expect((await server.rest('GET', '/auth/me', { token: victim.token })).status).toBe(200);
  });

  test('a cursor of another list opens nothing of theirs', async () => {
    const [caller, victim] = [await signIn('User'), await signIn('User')];
    await server.signIn(victim);
    const page = await server.rest('GET', '/auth/sessions?limit=1', { token: victim.token });
    const path = `/auth/sessions?cursor=${encodeURIComponent(page.body.next_cursor)}`;
    const { status, body } = await server.rest('GET', path, { token: caller.token });
    if (status === 200) for (const { current } of body.items) expect(current).toBe(true);
    else expect(body.code).toBe('VALIDATION_FAILED');
  });

  test('profile, rights and checks are read by themselves and by who may', async () => {
    const [caller, victim] = [await signIn('Editor'), await server.createUser()];
    const check = { user_id: victim.id, resource: 'knowledge', action: 'READ' };
    for (const answer of [
      await server.rest('GET', `/users/${victim.id}`, { token: caller.token }),
      await server.rest('GET', `/users/${victim.id}/permissions`, { token: caller.token }),
      await server.rest('POST', '/rbac/check', { token: caller.token, body: check }),
      // One of many that is another's spoils the call.
      await server.rest('POST', '/rbac/check-many', {
        token: caller.token,
        body: { checks: [{ resource: 'knowledge', action: 'READ' }, check] },
      }),
    ])
      expectDenied(answer);
    expect((await server.rest('GET', `/users/${caller.id}`, { token: caller.token })).status).toBe(200);
  });
});

test('a name in a header, a query or a body makes nobody another', async () => {
  const [caller, admin] = [await signIn('User'), await signIn('Admin')];
  const headers = {
    'x-user-id': admin.id,
    'x-auth-user-id': admin.id,
    'x-auth-roles': 'Admin',
    'x-forwarded-user': 'admin',
  };
  expectDenied(await server.rest('GET', '/users', { token: caller.token, headers }));
  const me = await server.rest('GET', '/auth/me', { token: caller.token, headers });
  expect(me.body.id).toBe(caller.id);
  expect((await server.rest('GET', `/auth/me?user_id=${admin.id}`, { token: caller.token })).status).toBe(400);
});
