// Rotation by schedule: exactly once whatever the number of instances, for both uses, and not where the key comes from a file.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { manageKeys, OVERLAP, readStoredKeys } from '../../support/signing-key.ts';

const DAY = 86_400_000;
let instances: TestServer[];
let first: TestServer;

beforeAll(async () => {
  first = await startTestServer();
  instances = [first, await startTestServer({ sharedWith: first }), await startTestServer({ sharedWith: first })];
});
afterAll(async () => {
  for (const instance of instances.toReversed()) await instance.close();
});

const runAll = async (rounds = 1) =>
  (
    await Promise.all(instances.flatMap(({ deps }) => Array.from({ length: rounds }, () => deps.keyKeeper.run())))
  ).flatMap(({ rotated }) => rotated);

test('nothing happens before its time', async () => {
  first.clock.advance(90 * DAY - 60_000);
  expect(await runAll()).toEqual([]);
  expect(await readStoredKeys(first)).toHaveLength(2);
});

test('then each use is rotated once, whoever asks and however often', async () => {
  first.clock.advance(60_000);
  expect((await runAll(3)).toSorted()).toEqual(['access', 'refresh']);
  expect(await runAll()).toEqual([]);
  expect(await readStoredKeys(first)).toHaveLength(4);
  const states = (await manageKeys(first).list()).map(({ use, state }) => `${use} ${state}`).toSorted();
  expect(states).toEqual(['access published', 'access signing', 'refresh published', 'refresh signing']);
  const acts = await first.deps.database.db.collection('audit_logs').find({ act: 'system.key_published' }).toArray();
  expect(acts).toHaveLength(2);
});

test('the next time is counted from the hand-over', async () => {
  first.clock.advance(90 * DAY - 60_000);
  expect(await runAll()).toEqual([]);
  first.clock.advance(OVERLAP + 60_000);
  expect((await runAll()).toSorted()).toEqual(['access', 'refresh']);
});

test('a scheduled rotation and one by command at once make one', async () => {
  first.clock.advance(91 * DAY);
  const before = (await readStoredKeys(first)).length;
  await Promise.all([runAll(), manageKeys(first).rotate({ uses: ['access', 'refresh'], immediately: false })]);
  const newest = (await readStoredKeys(first)).slice(before);
  expect(newest.map(({ use }) => use).toSorted()).toEqual(['access', 'refresh']);
});

test('a key from a file stays; the key of refresh tokens is rotated all the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'authcenter-pem-'));
  const path = join(folder, 'key.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const server = await startTestServer({ config: { jwt: { private_key_path: path } } });
  try {
    server.clock.advance(91 * DAY);
    expect((await server.deps.keyKeeper.run()).rotated).toEqual(['refresh']);
    expect(await manageKeys(server).rotate({ uses: ['access'], immediately: false })).toMatchObject([
      { outcome: 'elsewhere', source: 'pem' },
    ]);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
});
