// The SDK's typed api against the real server: dates, errors with their details, batches, idempotency, limits and a busy server.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AuthCenter,
  AuthCenterError,
  createAuthCenter,
  type Fetch,
  idempotent,
} from '../../client-sdk/src/index.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let server: TestServer;
let admin: AuthCenter;
let user: TestUser;
let person: AuthCenter;
beforeAll(async () => {
  server = await startTestServer();
  admin = await signIn(await server.createUser([{ name: 'Admin' }]));
  user = await server.createUser();
  person = await signIn(user);
});
afterAll(() => server.close());

async function signIn({ email, password }: TestUser): Promise<AuthCenter> {
  const client = createAuthCenter({ url: server.url });
  await client.auth.login({ email, password });
  return client;
}

async function catchError(promise: Promise<unknown>): Promise<AuthCenterError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AuthCenterError) return error;
    throw error;
  }
  throw new Error('it did not reject');
}

describe('types on the wire', () => {
  test('dates go out and come back as dates', async () => {
    const expiresAt = new Date('2099-12-31T23:59:59Z');
    const { id } = await server.createUser();
    const granted = await admin.api.users.assignRole.mutate({
      id,
      role_id: server.roleId('Author'),
      expires_at: expiresAt,
    });
    const grant = granted.roles.find(({ name }) => name === 'Author');
    expect(grant?.expires_at).toEqual(expiresAt);
    expect(granted.created_at).toBeInstanceOf(Date);
    expect(granted.login_history.last_login_at).toBeNull();
    expect((await admin.api.users.get.query({ id })).roles).toEqual(granted.roles);
  });

  test('null and undefined are what they are', async () => {
    const changed = await admin.api.users.update.mutate({
      id: user.id,
      phone: null,
      email: undefined,
      profile: { name: 'Han Meimei' },
    });
    expect(changed).toMatchObject({ phone: null, email: user.email, profile: { name: 'Han Meimei', avatar: null } });
    expect(
      await admin.api.users.removeRole.mutate({ id: (await server.createUser()).id, role_id: server.roleId('User') }),
    ).toBeUndefined();
  });

  test('pages follow each other by their cursor', async () => {
    const first = await admin.api.users.list.query({ limit: 2, sort: 'username', with_total: true });
    const second = await admin.api.users.list.query({ limit: 2, sort: 'username', cursor: first.next_cursor ?? '' });
    expect(first.items).toHaveLength(2);
    expect(first.total).toBeGreaterThan(2);
    expect(second.items[0]?.username && first.items[1] && second.items[0].username > first.items[1].username).toBe(
      true,
    );
  });

  test('55 calls at once are answered each by its own answer', async () => {
    const checks = Array.from({ length: 55 }, (_, index) => (index % 2 === 0 ? 'SEARCH' : 'USER_MANAGE'));
    const answers = await Promise.all(checks.map((permission) => person.api.rbac.check.query({ permission })));
    expect(answers.map(({ allowed }) => allowed)).toEqual(checks.map((permission) => permission === 'SEARCH'));
  });
});

describe('errors', () => {
  test('a field that does not fit is named', async () => {
    const error = await catchError(admin.api.users.list.query({ limit: 1000 }));
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', status: 400, issues: [{ path: 'limit' }] });
    expect(error.requestId).toMatch(/\S{8,}/);
  });

  test('so is a permission that is missing', async () => {
    expect(await catchError(person.api.users.list.query({}))).toMatchObject({
      code: 'PERMISSION_DENIED',
      status: 403,
      permission: 'user:READ',
    });
  });

  test('of a batch only the call that failed fails', async () => {
    const [denied, allowed] = await Promise.allSettled([
      person.api.users.list.query({}),
      person.api.rbac.check.query({ permission: 'SEARCH' }),
    ]);
    expect(denied.status).toBe('rejected');
    expect(allowed).toMatchObject({ status: 'fulfilled', value: { allowed: true } });
  });

  test('texts come in the language asked for', async () => {
    const { auth } = createAuthCenter({ url: server.url, language: 'zh-CN' });
    expect((await catchError(auth.login({ email: 'nobody@example.com', password: 'x' }))).message).toBe(
      '用户名或密码错误',
    );
  });

  test('a path that is none, an input beyond all bounds, a port where nobody listens', async () => {
    const astray = createAuthCenter({ url: `${server.url}/nowhere` });
    expect(await catchError(astray.api.rbac.check.query({ permission: 'SEARCH' }))).toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
    });
    const huge = 'x'.repeat(2 * 1024 * 1024);
    expect(await catchError(person.api.auth.verify.mutate({ token: huge }))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      status: 413,
    });
    const nobody = createAuthCenter({ url: 'http://127.0.0.1:1' });
    expect(await catchError(nobody.auth.login({ email: 'a@example.com', password: 'x' }))).toMatchObject({
      code: 'NETWORK_ERROR',
      status: 0,
    });
  });
});

describe('idempotency', () => {
  test('the same key answers the same, and the act is done once', async () => {
    const { id } = await server.createUser();
    const input = { id, role_id: server.roleId('Author') };
    const first = await admin.api.users.assignRole.mutate(input, idempotent('grant-1'));
    expect(await admin.api.users.assignRole.mutate(input, idempotent('grant-1'))).toEqual(first);
    expect(await catchError(admin.api.users.assignRole.mutate(input))).toMatchObject({ code: 'ALREADY_EXISTS' });
    const other = { id, role_id: server.roleId('Editor') };
    expect(await catchError(admin.api.users.assignRole.mutate(other, idempotent('grant-1')))).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      status: 409,
    });
  });
});

describe('a server that refuses for now', () => {
  test('a lock is told with the time that is left, and not waited for', async () => {
    const { email } = await server.createUser();
    const { auth } = createAuthCenter({ url: server.url });
    for (let failures = 0; failures < 5; failures++) await catchError(auth.login({ email, password: 'wrong' }));
    const error = await catchError(auth.login({ email, password: 'wrong' }));
    expect(error).toMatchObject({ code: 'ACCOUNT_LOCKED', status: 423 });
    expect(error.retryAfter).toBeGreaterThan(1700);
  });

  test('a limit says when to come back', async () => {
    const limited = await startTestServer({ sharedWith: server, config: { rate_limit: { enabled: true } } });
    try {
      const { auth } = createAuthCenter({ url: limited.url, retryFor: 0 });
      const attempts = Array.from({ length: 30 }, (_, index) =>
        catchError(auth.login({ email: `nobody${index}@example.com`, password: 'x' })),
      );
      const refused = (await Promise.all(attempts)).filter(({ code }) => code === 'RATE_LIMITED');
      expect(refused.length).toBeGreaterThan(0);
      for (const error of refused) expect(error).toMatchObject({ status: 429, retryAfter: expect.any(Number) });
    } finally {
      await limited.close();
    }
  });

  test('60 logins at once get in, though the queue of the password check is short', async () => {
    const busy = await startTestServer({
      sharedWith: server,
      config: { security: { bcrypt_cost: 8 }, performance: { hash_max_wait: '50ms' } },
    });
    try {
      const users: TestUser[] = [];
      for (let index = 0; index < 60; index++) users.push(await busy.createUser());
      let overloaded = 0;
      const counting: Fetch = async (url, init) => {
        const response = await fetch(url, init);
        if (response.status === 503) overloaded++;
        return response;
      };
      const logins = users.map(({ email, password }) =>
        createAuthCenter({ url: busy.url, fetch: counting, retryFor: 60_000 }).auth.login({ email, password }),
      );
      expect((await Promise.all(logins)).every(({ status }) => status === 'ok')).toBe(true);
      expect(overloaded).toBeGreaterThan(0);
    } finally {
      await busy.close();
    }
  }, 90_000);
});
