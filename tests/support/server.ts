// A whole server for a test: real mongod, real HTTP, a database of its own, a clock that is moved instead of waited for.
import { randomBytes, randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { loadConfig, type RawConfig } from '../../server/src/config.ts';
import type { Deps } from '../../server/src/deps.ts';
import { newGrant, newUserDocument } from '../../server/src/features/users/new-user.ts';
import { startServer } from '../../server/src/main.ts';
import type { Clock } from '../../server/src/platform/clock.ts';
import { createLogger, createLogStreams, type LogStreams } from '../../server/src/platform/logger.ts';
import { insertClient } from './clients.ts';
import { leaveDatabase, takeDatabase, useDatabase } from './databases.ts';
import { takeHashWorker } from './hash-workers.ts';

export interface TestClock extends Clock {
  /** Moves the clock forward by so many milliseconds. */
  advance(ms: number): void;
}

export function createTestClock(): TestClock {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    advance: (ms) => {
      offset += ms;
    },
  };
}

export interface TestServerOptions {
  readonly config?: RawConfig;
  readonly clock?: TestClock;
  /** Another server's database, for two instances on one. */
  readonly sharedWith?: TestServer;
  /** Says that the test meddles with collections or indexes: nobody uses the database after it. */
  readonly meddles?: boolean;
  readonly monitorCommands?: boolean;
  /** Between two rounds of sealing the audit, in ms; only when a test says `deps.auditKeeper.run()` when absent. */
  readonly auditEvery?: number;
  readonly env?: Record<string, string>;
  /** Where log lines go; nowhere when absent. */
  readonly log?: LogStreams;
}

/** What an answer may hold, as far as a test looks into it; assertions say what it must be. */
export type Answer = ReturnType<typeof JSON.parse>;

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; null when there is none. */
  readonly body: Answer;
}

export interface RestOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface TestUser {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

export interface TestServer {
  readonly url: string;
  readonly deps: Deps;
  readonly clock: TestClock;
  readonly databaseName: string;
  readonly keyEncryptionKey: string;
  /** One REST call under /api/v1. */
  rest(method: string, path: string, options?: RestOptions): Promise<RestAnswer>;
  /** One tRPC call as the wire has it; input in superjson's form is made from plain JSON. */
  trpc(
    path: string,
    input?: unknown,
    options?: RestOptions & { readonly method?: 'GET' | 'POST' },
  ): Promise<RestAnswer>;
  /** A user straight in the database, verified, with exactly these roles. */
  createUser(
    roles?: readonly { readonly name: string; readonly expires_at?: Date | null }[],
    fields?: Partial<{ username: string; email: string; password: string; email_verified: boolean }>,
  ): Promise<TestUser>;
  signIn(user: Pick<TestUser, 'email' | 'password'>): Promise<Tokens>;
  /** The own token of a client, a new one unless it exists, minted with the server's ring. */
  mintClientToken(scopes: readonly string[], clientId?: string): Promise<string>;
  roleId(name: string): string;
  close(): Promise<void>;
}

const secrets = { KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64') };

/** Limits are off unless the test switches them on; hashing is as cheap as bcrypt allows. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? options.sharedWith?.clock ?? createTestClock();
  const { config: overrides = {} } = options;
  const databaseName = options.sharedWith?.databaseName ?? overrides.mongodb?.database ?? takeDatabase();
  const keyEncryptionKey = options.sharedWith?.keyEncryptionKey ?? secrets.KEY_ENCRYPTION_KEY;
  const loaded = loadConfig({
    env: { KEY_ENCRYPTION_KEY: keyEncryptionKey, MONGODB_URI: inject('mongoUri'), ...options.env },
    cwd: process.cwd(),
    overrides: {
      ...overrides,
      server: {
        port: 0,
        ...(options.sharedWith ? { public_url: options.sharedWith.deps.publicUrl() } : {}),
        ...overrides.server,
      },
      mongodb: { database: databaseName, min_pool_size: 0, ...overrides.mongodb },
      security: { bcrypt_cost: 4, ...overrides.security },
      rate_limit: { enabled: false, ...overrides.rate_limit },
      log: { level: 'silent', ...overrides.log },
    },
  });
  const log = options.log ?? createLogStreams(createLogger('silent'));
  const running = await startServer({
    ...loaded,
    overrides: {
      clock,
      log,
      startHashWorker: takeHashWorker,
      auditEvery: options.auditEvery ?? null,
      ...(options.monitorCommands ? { monitorCommands: true } : {}),
    },
  });
  const { deps, url } = running;
  useDatabase(databaseName, options.meddles !== true && overrides.mongodb?.database === undefined);

  const send = async (
    method: string,
    target: string,
    { token, body, headers = {} }: RestOptions,
  ): Promise<RestAnswer> => {
    const response = await fetch(target, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : isJson ? JSON.parse(text) : text,
    };
  };

  let closed: Promise<void> | undefined;
  const server: TestServer = {
    url,
    deps,
    clock,
    databaseName,
    keyEncryptionKey,
    rest: (method, path, rest = {}) => send(method, `${url}/api/v1${path}`, rest),
    trpc(path, input, { method = 'POST', ...rest } = {}) {
      const wire = input === undefined ? undefined : { json: input };
      if (method === 'GET')
        return send(
          'GET',
          `${url}/trpc/${path}${wire === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(wire))}`}`,
          rest,
        );
      return send('POST', `${url}/trpc/${path}`, {
        ...rest,
        body: wire ?? '',
        headers: { 'content-type': 'application/json', ...rest.headers },
      });
    },
    async createUser(roles = [{ name: 'User' }], fields = {}) {
      const tag = randomBytes(5).toString('hex');
      const {
        username = `user_${tag}`,
        email = `${tag}@example.com`,
        password = 'correct horse battery',
        email_verified = true,
      } = fields;
      const hashed = await deps.hasher.reserve().hash(password);
      const now = clock.now();
      const table = deps.live.roles();
      const user = newUserDocument({ username, email, email_verified, name: null, password: hashed }, table, now);
      user.roles = roles.map(({ name, expires_at = null }) => {
        const role = table.byName.get(name);
        if (!role) throw new Error(`no role ${name}`);
        return newGrant(role, null, now, expires_at);
      });
      await deps.users.insert(user);
      return { id: user._id.toHexString(), username, email, password };
    },
    async signIn({ email, password }) {
      const { status, body } = await server.rest('POST', '/auth/login', { body: { email, password } });
      if (status !== 200) throw new Error(`sign-in answered ${status}: ${JSON.stringify(body)}`);
      return { access: body.access_token, refresh: body.refresh_token };
    },
    async mintClientToken(scopes, clientId = randomBytes(12).toString('hex')) {
      await insertClient(deps, clientId, scopes);
      const iat = Math.floor(clock.now().getTime() / 1000);
      return deps.tokens.signAccess({
        sub: clientId,
        client_id: clientId,
        scope: scopes.join(' '),
        epoch: 0,
        jti: randomUUID(),
        iat,
        exp: iat + 900,
      });
    },
    roleId(name) {
      const role = deps.live.roles().byName.get(name);
      if (!role) throw new Error(`no role ${name}`);
      return role.id;
    },
    close: () => {
      closed ??= running.close().then(() => leaveDatabase(databaseName));
      return closed;
    },
  };
  return server;
}
