// The built-in client `legacy`: jwt.secret of the old configuration is its exchange secret, and nothing else.
import { createSecretKey, randomBytes } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LEGACY_CLIENT_ID as id } from '../../../server/src/features/system/clients/legacy.ts';
import { requestToken } from '../../support/clients.ts';
import { captureLog } from '../../support/log-lines.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';

const newSecret = () => randomBytes(32).toString('hex');
/** As an installation whose every token may be exchanged has it. */
const audience = ['authcenter', id];

let home: TestServer;
const started: TestServer[] = [];
beforeAll(async () => {
  home = await startTestServer();
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});
afterAll(() => home.close());

/** Another start on the same database, with this jwt.secret or without one. */
async function start(secret?: string, more: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const jwt = secret === undefined ? { audience } : { audience, secret };
  const server = await startTestServer({ sharedWith: home, ...more, config: { jwt } });
  started.push(server);
  return server;
}

async function signInAdmin(server: TestServer): Promise<string> {
  return (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
}
const stored = () => home.deps.clients.find(id);
async function newClientSecret(server: TestServer): Promise<string> {
  const path = `/clients/${id}/rotate-secret`;
  return (await server.rest('POST', path, { token: await signInAdmin(server), body: {} })).body.client_secret;
}
const exchange = (server: TestServer, own: string, subject: string) =>
  requestToken(
    server,
    { id, secret: own },
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    },
  );
const openWith = (token: string, secret: string) => jwtVerify(token, createSecretKey(Buffer.from(secret)));
const countActs = (act: string) =>
  home.deps.database.db.collection('audit_logs').countDocuments({ act, 'target.id': id });

test('without jwt.secret there is no such client', async () => {
  await start();
  expect(await stored()).toBeNull();
});

test('of several instances that start at once one makes it; starting again changes nothing', async () => {
  const secret = newSecret();
  await Promise.all([start(secret), start(secret), start(secret)]);
  const made = await stored();
  expect(made).toMatchObject({
    name: 'legacy',
    kind: 'service',
    scopes: [],
    secrets: [],
    version: 1,
    created_by: null,
  });
  expect(JSON.stringify(made)).not.toContain(secret);
  await start(secret);
  expect(await stored()).toEqual(made);
  expect([await countActs('system.client_created'), await countActs('system.client_updated')]).toEqual([1, 0]);
});

describe('a sub-module', () => {
  test('gets tokens that it verifies by the secret it has always had', async () => {
    const secret = newSecret();
    const server = await start(secret);
    const own = await newClientSecret(server);
    const user = await server.createUser();
    const { status, body } = await exchange(server, own, (await server.signIn(user)).access);
    expect(status).toBe(200);
    const { payload, protectedHeader } = await openWith(body.access_token, secret);
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toMatchObject({ userId: user.id, username: user.username, role: 'USER', aud: id });
  });

  test('gets none with the secret itself, and what the secret signs is no token of AuthCenter’s', async () => {
    const secret = newSecret();
    const server = await start(secret);
    const user = await server.createUser([{ name: 'Admin' }]);
    const { access } = await server.signIn(user);
    expect((await exchange(server, secret, access)).body.code).toBe('INVALID_CLIENT');
    const claims = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()) as Answer;
    for (const typ of ['at+jwt', 'JWT']) {
      const forged = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ })
        .sign(createSecretKey(Buffer.from(secret)));
      expect((await server.rest('GET', '/auth/me', { token: forged })).body.code).toBe('TOKEN_INVALID');
    }
  });

  test('is served with the new secret after a change of the configuration; what it was given beside stays', async () => {
    const [before, after] = [newSecret(), newSecret()];
    const first = await start(before);
    const own = await newClientSecret(first);
    const redirect_uris = ['https://old.example.com/callback'];
    const change = { version: (await stored())?.version, redirect_uris };
    expect((await first.rest('PUT', `/clients/${id}`, { token: await signInAdmin(first), body: change })).status).toBe(
      200,
    );
    const second = await start(after);
    const { access } = await second.signIn(await second.createUser());
    // The instance that started before goes by the database too.
    for (const server of [first, second]) {
      const { access_token } = (await exchange(server, own, access)).body;
      await expect(openWith(access_token, before)).rejects.toThrow();
      expect((await openWith(access_token, after)).payload.aud).toBe(id);
    }
    expect(await stored()).toMatchObject({ redirect_uris });
  });

  test('is refused once jwt.secret has been taken out, and served again when it is back', async () => {
    const secret = newSecret();
    const own = await newClientSecret(await start(secret));
    const without = await start();
    const { access } = await without.signIn(await without.createUser());
    expect((await exchange(without, own, access)).body.code).toBe('UNAUTHORIZED_CLIENT');
    expect((await exchange(await start(secret), own, access)).status).toBe(200);
  });
});

test.each([
  ['too short', 'change-me'],
  ['31 bytes', randomBytes(16).toString('hex').slice(1)],
  ['no random text', 'a'.repeat(64)],
])('one that could be guessed (%s) is not used: the server starts, and says so', async (_, weak) => {
  await start(newSecret());
  const log = captureLog();
  await start(weak, { log: log.log });
  expect((await stored())?.exchange_secret).toBeUndefined();
  const said = log.lines().map(({ msg }) => String(msg));
  expect(said).toContainEqual(expect.stringMatching(/^jwt\.secret must be .* it is not used/));
  expect(log.text()).not.toContain(weak);
});

test('the start says what the secret is for, and not what it is', async () => {
  const secret = newSecret();
  const log = captureLog();
  await start(secret, { log: log.log });
  expect(log.text()).toContain('jwt.secret never signs or checks tokens of AuthCenter');
  expect(log.lines()).toContainEqual(expect.objectContaining({ client_id: id }));
  expect(log.text()).not.toContain(secret);
});

test('while it is configured an administrator neither removes it nor changes that secret; afterwards they may', async () => {
  const server = await start(newSecret());
  const token = await signInAdmin(server);
  const before = await stored();
  for (const exchange_secret of [newSecret(), null]) {
    const body = { version: before?.version, exchange_secret };
    expect((await server.rest('PUT', `/clients/${id}`, { token, body })).body.code).toBe('BUILTIN_PROTECTED');
  }
  expect((await server.rest('DELETE', `/clients/${id}`, { token })).body.code).toBe('BUILTIN_PROTECTED');
  expect(await stored()).toEqual(before);
  const without = await start();
  expect((await without.rest('DELETE', `/clients/${id}`, { token })).status).toBe(204);
  expect(await stored()).toBeNull();
});
