// A signing key from a file is exchanged by starting instance after instance with another file; and a ring of before keys had turns.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { manageKeys, OVERLAP, readStoredKeys } from '../../support/signing-key.ts';

const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'authcenter-pem-'));
afterAll(() => rmSync(folder, { recursive: true }));

function makeFile(name: string): { jwt: { private_key_path: string } } {
  const path = join(folder, name);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { jwt: { private_key_path: path } };
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid;

async function expectGoodEverywhere(token: string, instances: readonly TestServer[]): Promise<void> {
  for (const instance of instances) expect((await instance.rest('GET', '/auth/me', { token })).status).toBe(200);
}

test('each signs with the file it has, for however long the exchange takes; all verify both', async () => {
  const [before, after] = [makeFile('before.pem'), makeFile('after.pem')];
  const old = await startTestServer({ config: before });
  const user = await old.createUser();
  const first = await old.signIn(user);
  const fresh = await startTestServer({ sharedWith: old, config: after });
  try {
    // It has no other, and does not wait for its turn.
    const early = await fresh.signIn(user);
    expect(kidOf(early.access)).not.toBe(kidOf(first.access));
    for (const { access } of [first, early]) await expectGoodEverywhere(access, [old, fresh]);

    // Long after the old key's turn it is still somebody's only one.
    for (let minutes = 0; minutes < 60; minutes += 10) {
      old.clock.advance(10 * MINUTE);
      const tokens = [await old.signIn(user), await fresh.signIn(user)];
      expect(tokens.map(({ access }) => kidOf(access))).toEqual([kidOf(first.access), kidOf(early.access)]);
      for (const { access } of tokens) await expectGoodEverywhere(access, [old, fresh]);
    }
    // Nobody signs with it any more.
    old.clock.advance(21 * MINUTE);
    await fresh.signIn(user);
    expect(fresh.deps.keys.jwks().keys.map(({ kid }) => kid)).toEqual([kidOf(early.access)]);
  } finally {
    await fresh.close();
    await old.close();
  }
});

test('an instance that was started without the file goes on with the generated key', async () => {
  const generated = await startTestServer();
  const user = await generated.createUser();
  const withFile = await startTestServer({ sharedWith: generated, config: makeFile('new.pem') });
  try {
    const before = await withFile.signIn(user);
    generated.clock.advance(OVERLAP + MINUTE);
    const [theirs, ours] = [await generated.signIn(user), await withFile.signIn(user)];
    // Whoever has both handed over when it was time.
    expect(kidOf(theirs.access)).toBe(kidOf(before.access));
    expect(kidOf(ours.access)).not.toBe(kidOf(before.access));
    for (const { access } of [theirs, ours]) await expectGoodEverywhere(access, [generated, withFile]);
  } finally {
    await withFile.close();
    await generated.close();
  }
});

test('a ring of before keys had turns goes on as it is', async () => {
  const server = await startTestServer();
  const user = await server.createUser();
  const tokens = await server.signIn(user);
  await server.deps.database.db.collection('signing_keys').updateMany({}, { $unset: { signs_from: '' } });
  const other = await startTestServer({ sharedWith: server });
  try {
    await expectGoodEverywhere(tokens.access, [server, other]);
    expect(kidOf((await other.signIn(user)).access)).toBe(kidOf(tokens.access));
    const [rotation] = await manageKeys(server).rotate({ uses: ['access'], immediately: false });
    server.clock.advance(OVERLAP);
    expect(kidOf((await other.signIn(user)).access)).toBe(rotation?.kid);
    expect(await readStoredKeys(server, 'access')).toHaveLength(2);
  } finally {
    await other.close();
    await server.close();
  }
});
