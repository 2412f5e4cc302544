// `kill -9` of the only mongod under load, then of a replica set's primary: nothing acknowledged is lost, nothing but "try again" is answered, and the server comes back by itself.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startMongod } from '../../scripts/mongod/run.ts';
import {
  callRest,
  findBrokenPromises,
  type Reply,
  signInAdministrator,
  startCrashLoad,
} from '../support/crash-load.ts';
import { findTestMongod, makeTestFolder } from '../support/mongod.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { createInstallation } from '../support/server-process.ts';

const LIMIT = { timeout: 240_000 };
const PATIENCE = { timeout: 90_000, interval: 50 };

const describe = ({ status, headers, body }: Reply) => ({
  status,
  code: body.code,
  told: Number(headers.get('retry-after')) === body.retry_after && body.retry_after >= 1,
});
const tryAgain = { status: 503, code: 'DEPENDENCY_UNAVAILABLE', told: true };

test('of the only mongod: the server answers "try again" until it is back', LIMIT, async () => {
  const folder = makeTestFolder();
  const options = { binary: await findTestMongod(), dbPath: join(folder.path, 'db'), replSet: 'crash', cacheGb: 0.25 };
  let mongod = await startMongod({ ...options, port: 0 });
  folder.own(mongod.pid, options.dbPath);
  const server = await createInstallation({ mongoUri: mongod.uri, env: { AUTHCENTER__MONGODB__TIMEOUT: '1s' } });
  try {
    await server.start();
    const admin = await signInAdministrator(server.url);
    const load = await startCrashLoad(server.url, 4);
    await expect.poll(load.done, PATIENCE).toBeGreaterThan(60);

    await mongod.kill();
    await expect.poll(() => load.refusals().length, PATIENCE).toBeGreaterThan(3);
    // What needs no database goes on.
    const verified = await callRest(server.url, 'POST', '/auth/verify', { body: { token: admin } });
    expect(verified.body).toMatchObject({ valid: true });

    mongod = await startMongod({ ...options, port: mongod.port });
    folder.own(mongod.pid, options.dbPath);
    const before = load.done();
    await expect.poll(load.done, PATIENCE).toBeGreaterThan(before + 60);
    await load.finish();

    expect(load.refusals().map(describe)).toEqual(load.refusals().map(() => tryAgain));
    expect(await findBrokenPromises(server.url, load.ledger, load.roleId)).toEqual([]);
    expect(load.ledger.ended.length).toBeGreaterThan(3);
    expect(server.isRunning()).toBe(true);
  } finally {
    await server.kill();
    await mongod.kill();
    folder.remove();
  }
});

test('of a primary: every client gets through, and what was ended stays ended', LIMIT, async () => {
  const set = await startReplicaSet({ electionTimeoutMs: 1_000 });
  const server = await createInstallation({ mongoUri: set.uri });
  try {
    await server.start();
    const load = await startCrashLoad(server.url, 4);
    await expect.poll(load.done, PATIENCE).toBeGreaterThan(60);

    await set.killPrimary();
    const before = load.done();
    await expect.poll(load.done, PATIENCE).toBeGreaterThan(before + 60);
    // The old primary comes back with what it had: nothing of it may return.
    await set.reviveAll();
    const revived = load.done();
    await expect.poll(load.done, PATIENCE).toBeGreaterThan(revived + 20);
    await load.finish();

    expect(load.refusals().map(describe)).toEqual(load.refusals().map(() => tryAgain));
    expect(await findBrokenPromises(server.url, load.ledger, load.roleId)).toEqual([]);
    expect(load.ledger.ended.length).toBeGreaterThan(3);
    expect(server.isRunning()).toBe(true);
  } finally {
    await server.kill();
    await set.stop();
  }
});
