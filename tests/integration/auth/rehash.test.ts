// Hashes that are renewed at a sign-in: of lower cost than is configured by now, or taken over from a system that cut passwords.
import { hashSync } from '@node-rs/bcrypt';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { changePassword, NEW_PASSWORD, tryPassword } from '../../support/passwords.ts';
import { beginSignIn, createHolder } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { security: { bcrypt_cost: 6 } } });
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
});

type Version = '2a' | '2b' | '2y';

/** Somebody whose password was hashed elsewhere, or long ago. */
async function createUser(
  password: string,
  { cost = 4, version = '2b' as Version, scheme = undefined as string | undefined } = {},
): Promise<TestUser> {
  const user = await server.createUser([{ name: 'User' }], { password });
  await store(user, hashSync(password, { cost, version }), scheme);
  return user;
}

const store = (user: TestUser, hash: string, scheme?: string) =>
  server.deps.database.db
    .collection('users')
    .updateOne(
      { username: user.username },
      scheme === undefined
        ? { $set: { password_hash: hash }, $unset: { password_scheme: '' } }
        : { $set: { password_hash: hash, password_scheme: scheme } },
    );

async function readHash({ id }: TestUser) {
  const { password_hash: hash = '', password_scheme: scheme, security } = (await server.deps.users.findById(id)) ?? {};
  return { cost: Number(hash.split('$')[2]), scheme, hash, security };
}

describe('a hash of lower cost', () => {
  test('is renewed at the next sign-in, once, and nothing else of the account changes', async () => {
    const user = await createUser('correct horse battery');
    const before = await readHash(user);
    const { access } = await server.signIn(user);
    const renewed = await readHash(user);
    expect([before.cost, renewed.cost, renewed.scheme]).toEqual([4, 6, 'bcrypt']);
    expect(renewed.security).toEqual(before.security);
    expect((await server.rest('GET', '/auth/me', { token: access })).status).toBe(200);
    await server.signIn(user);
    expect((await readHash(user)).hash).toBe(renewed.hash);
  });

  test('is left alone by a wrong password, and by who does not go on', async () => {
    const user = await createUser('correct horse battery');
    await tryPassword(server, user, 'wrong password');
    await tryPassword(server, user, 'correct horse battery '.repeat(4));
    expect((await readHash(user)).cost).toBe(4);
  });

  test('is renewed also where a second factor is still to be shown', async () => {
    const holder = await createHolder(server);
    await store(holder, hashSync(holder.password, { cost: 4 }), 'bcrypt');
    expect((await beginSignIn(server, holder)).status).toBe('mfa_required');
    expect((await readHash(holder)).cost).toBe(6);
  });

  test('is renewed by any of several sign-ins at once, all of which come in', async () => {
    const user = await createUser('correct horse battery');
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => tryPassword(server, user, user.password)));
    expect(outcomes).toEqual(Array(5).fill('ok'));
    expect((await readHash(user)).cost).toBe(6);
    expect(await tryPassword(server, user, user.password)).toBe('ok');
  });
});

test.each([6, 7])('a hash of cost %i stays as it is', async (cost) => {
  const user = await createUser('correct horse battery', { cost, scheme: 'bcrypt' });
  const { hash } = await readHash(user);
  await server.signIn(user);
  expect((await readHash(user)).hash).toBe(hash);
});

describe.each<Version>(['2a', '2b', '2y'])('a foreign hash $%s$', (version) => {
  const options = { version, cost: 6, scheme: 'bcrypt-foreign' };

  test('of a short password signs in, and becomes one of our own', async () => {
    const user = await createUser('correct horse', options);
    expect((await readHash(user)).hash).toMatch(new RegExp(`^\\$${version}\\$`));
    expect(await tryPassword(server, user, 'correct horsf')).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(server, user, 'correct horse')).toBe('ok');
    expect(await readHash(user)).toMatchObject({ scheme: 'bcrypt', cost: 6, hash: expect.stringMatching(/^\$2b\$/) });
    expect(await tryPassword(server, user, 'correct horse')).toBe('ok');
  });

  test.each([
    ['80 letters', 'abcdefgh'.repeat(10), 'abcdefgh'.repeat(9)],
    ['30 Chinese characters', '春眠不觉晓'.repeat(6), '春眠不觉晓'.repeat(6).slice(0, 24)],
  ])('of %s is compared by 72 bytes, as its origin did; renewed, by all of them', async (_, password, cut) => {
    expect(Buffer.byteLength(cut)).toBe(72);
    const user = await createUser(password, options);
    // Nobody can know that it is another one before the whole of it was typed once.
    expect(await tryPassword(server, user, password)).toBe('ok');
    expect((await readHash(user)).scheme).toBe('bcrypt-sha384');
    expect(await tryPassword(server, user, cut)).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(server, user, `${cut}and more`)).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(server, user, password)).toBe('ok');
  });

  test('lets in who types what the origin let in', async () => {
    const user = await createUser('abcdefgh'.repeat(10), options);
    expect(await tryPassword(server, user, `${'abcdefgh'.repeat(8)}abcdefgX`)).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(server, user, `${'abcdefgh'.repeat(9)}anything`)).toBe('ok');
  });
});

test('the same long password under our own scheme is never compared by its beginning', async () => {
  const user = await createUser('abcdefgh'.repeat(9), { cost: 6, scheme: 'bcrypt' });
  expect(await tryPassword(server, user, 'abcdefgh'.repeat(10))).toBe('INVALID_CREDENTIALS');
  expect(await tryPassword(server, user, 'abcdefgh'.repeat(9))).toBe('ok');
});

describe('a renewal', () => {
  test('that finds the password changed meanwhile leaves the new one alone', async () => {
    const user = await createUser('correct horse battery');
    const { access } = await server.signIn(user);
    await store(user, hashSync(user.password, { cost: 4 }), 'bcrypt');
    const { reserve } = server.deps.hasher;
    let changed = false;
    vi.spyOn(server.deps.hasher, 'reserve').mockImplementation((signal) => {
      const slot = reserve(signal);
      return {
        ...slot,
        async hash(password) {
          if (password === user.password && !changed) {
            changed = true;
            const body = { old_password: user.password, new_password: NEW_PASSWORD };
            expect((await changePassword(server, access, body)).status).toBe(204);
          }
          return slot.hash(password);
        },
      };
    });
    expect(await tryPassword(server, user, user.password)).toBe('ok');
    expect(changed).toBe(true);
    vi.restoreAllMocks();
    expect(await tryPassword(server, user, user.password)).toBe('INVALID_CREDENTIALS');
    expect(await tryPassword(server, user, NEW_PASSWORD)).toBe('ok');
  });

  test('that cannot be done now keeps nobody out, and is done the next time', async () => {
    const user = await createUser('correct horse battery');
    const { update } = server.deps.users;
    vi.spyOn(server.deps.users, 'update').mockImplementation((id, condition, change, tx) =>
      'password_hash' in condition
        ? Promise.reject(new Error('the database is away'))
        : update(id, condition, change, tx),
    );
    expect(await tryPassword(server, user, user.password)).toBe('ok');
    expect((await readHash(user)).cost).toBe(4);
    vi.restoreAllMocks();
    expect(await tryPassword(server, user, user.password)).toBe('ok');
    expect((await readHash(user)).cost).toBe(6);
  });
});
