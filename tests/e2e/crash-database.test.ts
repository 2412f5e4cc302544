// mongod killed under load: nothing acknowledged is lost, refusals say when to come back, and the server recovers by itself.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningMongod, startMongod } from '../../scripts/mongod/run.ts';
import { findTestMongod, makeTestFolder } from '../support/mongod.ts';
import { type ReplicaSet, startReplicaSet } from '../support/replica-set.ts';
import { createRetryingClient, type RetryingClient } from '../support/retrying-client.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

/** A database that is away is told after this long, not after the driver's thirty seconds. */
const config = { mongodb: { timeout: '3s', max_pool_size: 20 }, performance: { max_query_time: '3s' } };

interface Load {
  /** Ends the load; every client has then got all its answers. */
  stop(): Promise<void>;
  /** Refresh tokens as last acknowledged, by session. */
  readonly tokens: string[];
  /** Users whose grant was acknowledged. */
  readonly granted: string[];
  readonly client: RetryingClient;
}

/** Three clients that refresh, one that signs in, one that grants: each tries again until it is answered. */
async function startLoad(server: TestServer): Promise<Load> {
  const client = createRetryingClient(server);
  const person = await server.createUser();
  const admin = await server.createUser([{ name: 'Admin' }]);
  const adminToken = (await server.signIn(admin)).access;
  const tokens = await Promise.all(Array.from({ length: 3 }, async () => (await server.signIn(person)).refresh));
  const granted: string[] = [];
  let running = true;
  const refreshing = tokens.map(async (_, index) => {
    while (running) {
      const answer = await client.call('POST', '/auth/refresh', { body: { refresh_token: tokens[index] } });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      tokens[index] = answer.body.refresh_token;
    }
  });
  const signingIn = (async () => {
    while (running) {
      const answer = await client.call('POST', '/auth/login', {
        body: { email: person.email, password: person.password },
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    }
  })();
  const people: TestUser[] = await Promise.all(Array.from({ length: 40 }, () => server.createUser()));
  const granting = (async () => {
    for (const { id } of people) {
      if (!running) return;
      const answer = await client.call('POST', `/users/${id}/roles`, {
        token: adminToken,
        body: { role_id: server.roleId('Author') },
        headers: { 'idempotency-key': randomUUID() },
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      granted.push(id);
    }
  })();
  return {
    tokens,
    granted,
    client,
    async stop() {
      running = false;
      await Promise.all([...refreshing, signingIn, granting]);
    },
  };
}

async function expectNothingLost(server: TestServer, load: Load, ended: string): Promise<void> {
  for (const id of load.granted) {
    const user = await server.deps.users.findById(id);
    expect(user?.roles.map(({ role_name }) => role_name)).toContain('Author');
  }
  for (const refresh_token of load.tokens) {
    expect((await server.rest('POST', '/auth/refresh', { body: { refresh_token } })).status).toBe(200);
  }
  const { status, body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: ended } });
  expect([status, body.code]).toEqual([401, 'SESSION_REVOKED']);
}

/** A session that was ended before: it must stay so. */
async function endSession(server: TestServer): Promise<string> {
  const { access, refresh } = await server.signIn(await server.createUser());
  expect((await server.rest('POST', '/auth/logout', { token: access })).status).toBe(204);
  return refresh;
}

test('the only mongod is killed and comes back on its port', async () => {
  const folder = makeTestFolder();
  const binary = await findTestMongod();
  const dbPath = `${folder.path}/db`;
  let mongod: RunningMongod = await startMongod({ binary, dbPath, port: 0, replSet: 'one', cacheGb: 0.25 });
  folder.own(mongod.pid, dbPath);
  const server = await startTestServer({ mongoUri: mongod.uri, config });
  const ended = await endSession(server);
  const load = await startLoad(server);
  const signedBefore = (await server.signIn(await server.createUser())).access;

  await mongod.kill();
  // Nobody but the database can answer this: it is told to be away.
  const refused = await server.rest('GET', '/auth/sessions', { token: signedBefore });
  expect([refused.status, refused.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE']);
  const ready = await fetch(`${server.url}/health/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ checks: { database: { ok: false } } });
  mongod = await startMongod({ binary, dbPath, port: mongod.port, replSet: 'one', cacheGb: 0.25 });
  folder.own(mongod.pid, dbPath);

  await load.stop();
  expect(load.client.failures()).toBeGreaterThan(0);
  await expectNothingLost(server, load, ended);
  await server.close();
  await mongod.stop();
  folder.remove();
}, 120_000);

describe('of three nodes the primary is killed', () => {
  let set: ReplicaSet;
  let server: TestServer;
  beforeAll(async () => {
    set = await startReplicaSet({ electionTimeoutMs: 2_000 });
    server = await startTestServer({ mongoUri: set.uri, config });
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await set?.stop();
  });

  test('every client that tries again ends in success, and nothing acknowledged is lost', async () => {
    const ended = await endSession(server);
    const load = await startLoad(server);
    await set.killPrimary();
    // Until writes are taken again, by the node that was elected.
    const after = createRetryingClient(server);
    const body = {
      username: `after_${randomUUID().slice(0, 8)}`,
      email: `${randomUUID()}@example.com`,
      password: 'correct horse battery',
    };
    expect((await after.call('POST', '/auth/register', { body })).status).toBe(201);
    await load.stop();
    await expectNothingLost(server, load, ended);
    // The live state follows the new primary: an ended session is known at once.
    const { access } = await server.signIn({ email: body.email, password: body.password });
    expect((await server.rest('POST', '/auth/logout', { token: access })).status).toBe(204);
    expect((await server.rest('GET', '/auth/me', { token: access })).body.code).toBe('SESSION_REVOKED');
    expect(server.deps.live.isStalled()).toBe(false);
    await set.reviveAll();
  }, 120_000);
});
