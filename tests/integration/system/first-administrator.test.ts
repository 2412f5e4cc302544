// The first administrator is there before the doors open, whatever the users that are there already are called.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { usersCollection } from '../../../server/src/features/users/document.ts';
import { StartError } from '../../../server/src/start-error.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

const administrator = { email: 'root@example.com', password: 'the first administrator' };
const env = { ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password };

const usersOf = ({ deps }: TestServer) => deps.database.db.collection(usersCollection.name);

/** An installation that has users and no administrator; the next start is to make one. */
async function withUsers(
  users: readonly { username?: string; email?: string }[],
  check: (installation: TestServer) => Promise<void>,
): Promise<void> {
  const server = await startTestServer();
  try {
    await usersOf(server).deleteMany({});
    for (const fields of users) await server.createUser(undefined, fields);
    await check(server);
  } finally {
    await server.close();
  }
}

test('takes another user name when admin is somebody already', async () => {
  await withUsers([{ username: 'admin' }], async (installation) => {
    const again = await startTestServer({ sharedWith: installation, env });
    try {
      const user = await usersOf(installation).findOne({ email: administrator.email });
      expect(user?.['username']).toMatch(/^admin_[0-9a-f]{6}$/);
      expect((await again.rest('POST', '/auth/login', { body: administrator })).status).toBe(200);
    } finally {
      await again.close();
    }
  });
});

test.each([
  ['the address', [{ email: administrator.email }]],
  ['the address, and the name too', [{ email: administrator.email }, { username: 'admin' }]],
])('a start says so when %s is taken', async (_, users) => {
  await withUsers(users, async (installation) => {
    const start = startTestServer({ sharedWith: installation, env });
    await expect(start).rejects.toThrow(StartError);
    await expect(start).rejects.toMatchObject({
      message: expect.stringContaining(administrator.email),
      mend: expect.stringContaining('ADMIN_EMAIL'),
    });
  });
});

describe('in production', () => {
  const config = {
    server: { mode: 'production' as const, public_url: 'https://auth.example.com' },
    security: { bcrypt_cost: 12, allow_insecure: ['http' as const, 'database_without_auth' as const] },
    registration: { email_verification: 'off' as const },
    rate_limit: { enabled: true },
  };

  test('no password is made up: the start asks for one', async () => {
    const mongodb = { database: `test_${randomBytes(6).toString('hex')}` };
    const start = startTestServer({ config: { ...config, mongodb } });
    await expect(start).rejects.toThrow(StartError);
    await expect(start).rejects.toMatchObject({ mend: expect.stringContaining('ADMIN_PASSWORD') });
  });

  test('none is asked for when there is an administrator', async () => {
    const first = await startTestServer();
    try {
      await (await startTestServer({ sharedWith: first, config })).close();
    } finally {
      await first.close();
    }
  });
});
