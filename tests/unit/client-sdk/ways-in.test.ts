// Ways in that end in more than one answer: who is signed in after each step, and who is told.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../client-sdk/src/environment.ts';
import type { LoginResult, SessionUser } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { BACKUP_CODES } from './fake-ways-in.ts';
import { catchError, createCookieJar, createMapStorage, createTestClient, type TestClient } from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const login = ({ auth }: TestClient, password: string, username = 'li.lei'): Promise<LoginResult> =>
  auth.login({ username, password });

async function beginMfa(client: TestClient, username?: string): Promise<string> {
  const result = await login(client, 'mfa', username);
  return result.status === 'mfa_required' ? result.mfa_token : expect.fail(result.status);
}

async function beginSetup(client: TestClient, username?: string): Promise<string> {
  const result = await login(client, 'setup', username);
  return result.status === 'mfa_setup_required' ? result.setup_token : expect.fail(result.status);
}

const verify = ({ auth }: TestClient, mfa_token: string, code = '123456') =>
  auth.verifyMfa({ mfa_token, method: 'totp', code });

const attestation = {
  id: 'AQIDBAUGBwgJCgsMDQ4PEA',
  rawId: 'AQIDBAUGBwgJCgsMDQ4PEA',
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: { clientDataJSON: 'e30', attestationObject: 'e30' },
};

/** The two ways to a first factor. */
const factors: [string, (client: TestClient, setup_token?: string) => ReturnType<TestClient['auth']['addPasskey']>][] =
  [
    [
      'activateMfa',
      ({ auth }, setup_token) => auth.activateMfa({ code: '123456', ...(setup_token ? { setup_token } : {}) }),
    ],
    [
      'addPasskey',
      ({ auth }, setup_token) => auth.addPasskey({ attestation, ...(setup_token ? { setup_token } : {}) }),
    ],
  ];

describe('a sign-in that is not finished', () => {
  test.each(['mfa', 'setup', 'change'])('%s: answers its token, and nobody is signed in', async (password) => {
    const storage = createMapStorage();
    const client = createTestClient(server, { storage });
    const told: unknown[] = [];
    client.auth.onChange((user) => told.push(user));
    const { status, ...rest } = await login(client, password);
    expect(status).toMatch(/_required$/);
    expect(Object.keys(rest)).toContainEqual(expect.stringMatching(/^(mfa|setup|change)_token$/));
    expect(client.auth.user).toBeNull();
    expect(await client.auth.getAccessToken()).toBeNull();
    expect(storage.map.size).toBe(0);
    expect(told).toEqual([]);
    expect(await catchError(client.api.auth.me.query())).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('leaves whoever is signed in signed in, until it is finished', async () => {
    const client = createTestClient(server);
    await login(client, 'right', 'han.mei');
    const token = await beginMfa(client);
    expect(client.auth.user?.username).toBe('han.mei');
    expect((await client.api.auth.me.query()).username).toBe('han.mei');
    await verify(client, token);
    expect((await client.api.auth.me.query()).username).toBe('li.lei');
  });
});

describe('verifyMfa', () => {
  test('signs in, tells the listeners, and keeps the tokens to itself', async () => {
    const client = createTestClient(server);
    const told: (SessionUser | null)[] = [];
    client.auth.onChange((user) => told.push(user));
    const result = await verify(client, await beginMfa(client));
    expect(result).toEqual({ status: 'ok', user: client.auth.user });
    expect(told).toEqual([client.auth.user]);
    expect((await client.api.auth.me.query()).username).toBe('li.lei');
    server.outdateTokens();
    expect((await client.api.auth.me.query()).username).toBe('li.lei');
    expect(server.countCalls('auth.refresh')).toBe(1);
  });

  test('a wrong code signs nobody in, and the token is good for another', async () => {
    const client = createTestClient(server);
    const token = await beginMfa(client);
    expect(await catchError(verify(client, token, '000000'))).toMatchObject({ code: 'INVALID_CODE', status: 401 });
    expect(client.auth.user).toBeNull();
    expect(await verify(client, token)).toMatchObject({ status: 'ok' });
  });

  test('the other tabs are told when it is finished, and not before', async () => {
    const { openChannel } = readEnvironment();
    const env = { fetch: createCookieJar(), openChannel };
    const [first, second] = [1, 2].map(() => createTestClient(server, { storage: 'cookie' }, env));
    if (!first || !second) throw new Error('two tabs were opened');
    try {
      expect(await second.auth.ready()).toBeNull();
      const token = await beginMfa(first);
      expect(second.auth.user).toBeNull();
      await verify(first, token);
      await expect.poll(() => second.auth.user?.username).toBe('li.lei');
      expect((await second.api.auth.me.query()).username).toBe('li.lei');
    } finally {
      first.close();
      second.close();
    }
  });

  test('cookie: the refresh token goes where the sign-in began to say', async () => {
    const fetch = createCookieJar();
    const client = createTestClient(server, { storage: 'cookie' }, { fetch });
    await verify(client, await beginMfa(client));
    expect([...server.sessions.values()].map(({ transport }) => transport)).toEqual(['cookie']);
    const next = createTestClient(server, { storage: 'cookie' }, { fetch });
    expect((await next.auth.ready())?.username).toBe('li.lei');
  });
});

describe.each(factors)('%s', (_name, add) => {
  test('for who is signed in: answers the backup codes and changes no session', async () => {
    const client = createTestClient(server);
    await login(client, 'right');
    const token = await client.auth.getAccessToken();
    expect(await add(client)).toEqual({ status: 'active', backup_codes: BACKUP_CODES });
    expect(await client.auth.getAccessToken()).toBe(token);
  });

  test('for a sign-in that waits: finishes it', async () => {
    const client = createTestClient(server);
    const told: unknown[] = [];
    client.auth.onChange((user) => told.push(user?.username));
    const result = await add(client, await beginSetup(client));
    expect(result).toEqual({ status: 'ok', user: client.auth.user, backup_codes: BACKUP_CODES });
    expect(told).toEqual(['li.lei']);
    expect((await client.api.auth.me.query()).username).toBe('li.lei');
  });

  test('for a sign-in that waits for still more: answers that with the codes', async () => {
    const client = createTestClient(server);
    const result = await add(client, await beginSetup(client, 'old.password'));
    expect(result).toMatchObject({
      status: 'password_change_required',
      change_token: expect.any(String),
      backup_codes: BACKUP_CODES,
    });
    expect(client.auth.user).toBeNull();
  });

  test('for somebody else than who is signed in: by the token alone', async () => {
    const client = createTestClient(server);
    await login(client, 'right', 'han.mei');
    const bearers: unknown[] = [];
    const token = await beginSetup(client);
    server.control.refuse = (_path, { headers }) => void bearers.push(headers.authorization);
    await add(client, token);
    expect(bearers).toEqual([undefined]);
    expect(client.auth.user?.username).toBe('li.lei');
  });

  test('for nobody: refused', async () => {
    expect(await catchError(add(createTestClient(server)))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('claimQr', () => {
  test.each(['body', 'cookie'] as const)('takes the session; refresh token by %s', async (transport) => {
    const options = transport === 'cookie' ? { storage: transport } : {};
    const client = createTestClient(server, options, { fetch: createCookieJar() });
    const result = await client.auth.claimQr({ qr_id: 'x', qr_secret: 'right' });
    expect(result).toEqual({ status: 'ok', user: client.auth.user });
    expect([...server.sessions.values()].map((session) => session.transport)).toEqual([transport]);
    server.outdateTokens();
    expect((await client.api.auth.me.query()).username).toBe('li.lei');
  });

  test('refused: nobody is signed in', async () => {
    const { auth } = createTestClient(server);
    expect(await catchError(auth.claimQr({ qr_id: 'x', qr_secret: 'wrong' }))).toMatchObject({ code: 'INVALID_CODE' });
    expect(auth.user).toBeNull();
  });
});

describe('a caller who gives up', () => {
  test.each([
    [
      'verifyMfa',
      (client: TestClient, signal: AbortSignal) =>
        client.auth.verifyMfa({ mfa_token: 'li.lei body', method: 'totp', code: '123456' }, { signal }),
    ],
    [
      'activateMfa',
      (client: TestClient, signal: AbortSignal) =>
        client.auth.activateMfa({ code: '123456', setup_token: 'li.lei body' }, { signal }),
    ],
    [
      'addPasskey',
      (client: TestClient, signal: AbortSignal) =>
        client.auth.addPasskey({ attestation, setup_token: 'li.lei body' }, { signal }),
    ],
    [
      'claimQr',
      (client: TestClient, signal: AbortSignal) => client.auth.claimQr({ qr_id: 'x', qr_secret: 'right' }, { signal }),
    ],
  ])('%s: is answered at once, and nobody is signed in', async (_name, act) => {
    const client = createTestClient(server);
    const giveUp = new AbortController();
    server.control.hold = async () => giveUp.abort();
    expect(await catchError(act(client, giveUp.signal))).toMatchObject({ code: 'ABORTED' });
    expect(client.auth.user).toBeNull();
  });
});
