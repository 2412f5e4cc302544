// Accounts that administrators make: what they begin with, what is taken, who may give what.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newNumber, signInByPhone, toE164 } from '../../support/phones.ts';
import { type RestOptions, startTestServer, type TestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { createAdmin, createPerson, createRole, listActs, type Person } from './people.ts';

let server: TestServer;
let admin: Person;
/** May make users, and nothing else. */
let clerk: Person;
beforeAll(async () => {
  server = await startTestServer({ config: { registration: { email_verification: 'required' } } });
  await createRole([server], { name: 'Clerk', level: 1, pairs: ['user:CREATE'] });
  admin = await createAdmin(server);
  clerk = await createPerson(server, [{ name: 'Clerk' }]);
});
afterAll(() => server.close());

let next = 0;
const newName = () => `new.person.${next++}`;
const create = (body: object, { token = admin.token, ...options }: RestOptions = {}) =>
  server.rest('POST', '/users', { token, body, ...options });
const PASSWORD = 'a horse of course 9';

describe('with a password', () => {
  test('the first sign-in asks for another one, and the next is by that', async () => {
    const username = newName();
    const { status, body: user } = await create({
      username,
      email: `${username}@Example.com`,
      phone: '138 0013 8111',
      profile: { name: '韩梅梅', department: '研发部' },
      password: PASSWORD,
    });
    expect([status, user]).toMatchObject([
      201,
      {
        username,
        email: `${username}@example.com`,
        phone: '+8613800138111',
        email_verified: true,
        phone_verified: true,
        status: 'active',
        profile: { name: '韩梅梅', department: '研发部', avatar: null, position: null },
        roles: [{ name: 'User', granted_by: admin.id, expires_at: null }],
        login_history: { last_login_at: null, login_count: 0 },
      },
    ]);
    expect(JSON.stringify(user)).not.toContain('hash');

    const login = (password: string) => server.rest('POST', '/auth/login', { body: { username, password } });
    const { body: first } = await login(PASSWORD);
    expect(first.status).toBe('password_change_required');
    const reset = (new_password: string) =>
      server.rest('POST', '/auth/password/reset', { body: { change_token: first.change_token, new_password } });
    expect((await reset(PASSWORD)).body.code).toBe('VALIDATION_FAILED');
    expect((await reset('my very own horse')).status).toBe(204);
    expect((await login('my very own horse')).body.status).toBe('ok');
    expect((await login(PASSWORD)).body.code).toBe('INVALID_CREDENTIALS');
    // Nobody was written to: the administrator has told them.
    await settleOutbox(server);
    expect(await server.deps.devMessages.list(`${username}@example.com`)).toMatchObject([
      { subject: 'Your account was changed' },
    ]);
  });

  test.each([
    ['short', 'must have at least 8 characters'],
    ['password123', 'is one of the most common passwords'],
    ['I am zhang.wei.7!', 'must not contain your own name or address'],
  ])('%s is refused', async (password, message) => {
    const { status, body } = await create({ username: 'zhang.wei.7', password });
    expect([status, body.errors]).toEqual([400, [{ path: 'password', message }]]);
  });

  test('it stands in no record and no log of what was done', async () => {
    const { body } = await create({ username: newName(), password: PASSWORD }, { headers: { 'idempotency-key': 'p' } });
    const { db } = server.deps.database;
    const stored = [await listActs(server, body.id), await db.collection('idempotency').find().toArray()];
    expect(JSON.stringify(stored)).not.toContain(PASSWORD);
  });
});

test('the phone number alone is enough: its code signs in', async () => {
  const phone = newNumber();
  const { body } = await create({ username: newName(), phone });
  expect(body.phone).toBe(toE164(phone));
  const { body: signedIn } = await signInByPhone(server, phone);
  expect([signedIn.status, signedIn.user.id]).toEqual(['ok', body.id]);
});

describe('what does not fit', () => {
  test.each([
    [{ username: 'nobody.at.all' }, 'email'],
    [{ username: 'x', email: 'x@example.com' }, 'username'],
    [{ username: 'some.one', email: 'x@example.com', phone: 'no number' }, 'phone'],
    [{ username: 'some.one', email: 'x@example.com', role_ids: [] }, 'role_ids'],
    [{ username: 'some.one', email: 'x@example.com', profile: { name: 'a\nb' } }, 'profile.name'],
    [{ username: 'some.one', email: 'x@example.com', profile: { avatar: 'javascript:1' } }, 'profile.avatar'],
  ])('%j names the field', async (input, path) => {
    const { status, body } = await create(input);
    expect([status, body.errors.map((error: { path: string }) => error.path)]).toEqual([400, [path]]);
  });

  test.each(['status', 'email_verified', 'roles', 'password_hash', 'metadata', 'is_admin'])(
    'nobody sets %s',
    async (field) => {
      const { body } = await create({ username: newName(), email: 'mass@example.com', [field]: 'active' });
      expect(body.code).toBe('VALIDATION_FAILED');
    },
  );
});

describe('what is taken', () => {
  test('each field is named', async () => {
    const phone = newNumber();
    const taken = { username: newName(), email: `${newName()}@example.com`, phone };
    expect((await create(taken)).status).toBe(201);
    const paths = async (body: object) => {
      const answer = await create(body);
      return [answer.status, answer.body.code, answer.body.errors.map((error: { path: string }) => error.path)];
    };
    expect(await paths({ ...taken, phone: `+86 ${phone}` })).toEqual([
      409,
      'ALREADY_EXISTS',
      ['username', 'email', 'phone'],
    ]);
    expect(await paths({ username: newName(), email: taken.email.toUpperCase() })).toEqual([
      409,
      'ALREADY_EXISTS',
      ['email'],
    ]);
  });

  test('of many at once one account comes to be', async () => {
    const other = await startTestServer({ sharedWith: server });
    try {
      const input = { username: newName(), email: `${newName()}@example.com` };
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? server : other).rest('POST', '/users', { token: admin.token, body: input }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
      for (const { body, status } of answers)
        if (status === 409)
          expect(body.errors.map((error: { path: string }) => error.path)).toEqual(['username', 'email']);
    } finally {
      await other.close();
    }
  });

  test('the same key gets the same account, and another password under it is told', async () => {
    const body = { username: newName(), email: `${newName()}@example.com`, password: PASSWORD };
    const headers = { 'idempotency-key': 'once' };
    const first = await create(body, { headers });
    const again = await create(body, { headers });
    expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
    const other = await create({ ...body, password: 'another horse of course' }, { headers });
    expect(other.body.code).toBe('IDEMPOTENCY_CONFLICT');
  });
});

describe('roles', () => {
  const roleIds = (...names: string[]) => ({ role_ids: names.map((name) => server.roleId(name)) });

  test('several at once, each named by who gave it', async () => {
    const { body } = await create({ username: newName(), email: `${newName()}@a.cn`, ...roleIds('Editor', 'Author') });
    expect(body.roles).toMatchObject([
      { name: 'Editor', granted_by: admin.id },
      { name: 'Author', granted_by: admin.id },
    ]);
  });

  test('who may make users but grant no roles makes plain ones', async () => {
    const { token } = clerk;
    const plain = { username: newName(), email: `${newName()}@a.cn` };
    expect((await create(plain, { token })).body.roles).toMatchObject([{ name: 'User' }]);
    for (const name of ['Author', 'Clerk', 'Admin']) {
      const { status, body } = await create(
        { username: newName(), email: `${newName()}@a.cn`, ...roleIds(name) },
        { token },
      );
      expect([name, status, body.permission]).toEqual([name, 403, 'role:MANAGE']);
    }
  });

  test('a role that there is not is not found', async () => {
    const input = { username: newName(), email: `${newName()}@a.cn`, role_ids: ['f'.repeat(24)] };
    expect((await create(input)).body.code).toBe('NOT_FOUND');
  });

  test('who gets more than the default role is made by a fresh proof alone', async () => {
    const late = await createAdmin(server);
    server.clock.advance(11 * 60_000);
    const token = (await server.rest('POST', '/auth/refresh', { body: { refresh_token: late.refresh } })).body
      .access_token;
    const input = () => ({ username: newName(), email: `${newName()}@a.cn` });
    expect((await create({ ...input(), ...roleIds('Admin') }, { token })).body.code).toBe('STEP_UP_REQUIRED');
    expect((await create({ ...input(), ...roleIds('Editor') }, { token })).body.code).toBe('STEP_UP_REQUIRED');
    expect((await create(input(), { token })).status).toBe(201);
    admin = await createAdmin(server);
    clerk = await createPerson(server, [{ name: 'Clerk' }]);
    expect((await create({ ...input(), ...roleIds('Admin') })).status).toBe(201);
  });
});

test('the audit says who made whom, with which roles', async () => {
  const username = newName();
  const { body } = await create({ username, email: `${username}@example.com` });
  expect(await listActs(server, body.id)).toMatchObject([
    {
      act: 'users.create',
      actor: { id: admin.id },
      details: { roles: ['User'], invited: true },
      personal: { username },
    },
  ]);
});

test('whoever registers with the address is nobody’s rival', async () => {
  const username = newName();
  const email = `${username}@example.com`;
  await create({ username, email });
  const body = { username: newName(), email, password: PASSWORD };
  expect((await server.rest('POST', '/auth/register', { body })).body.status).toBe('verification_required');
  await settleOutbox(server);
  const [told] = await server.deps.devMessages.list(email);
  expect([told?.subject, told?.link]).toEqual(['You already have an account', null]);
});
