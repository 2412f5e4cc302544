// `authcenter keys` as an operator calls it, beside a running server.
import { randomBytes } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommandBeside } from '../support/command-line.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { OVERLAP } from '../support/signing-key.ts';
import { soon } from '../support/soon.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const run = (args: string[], env: Record<string, string> = {}) => runCommandBeside(server, ['keys', ...args], { env });
const json = async (args: string[], env?: Record<string, string>) =>
  JSON.parse((await run([...args, '--json'], env)).stdout);

test('list shows every key with its state, and nothing of what is secret', async () => {
  const keys = await json(['list']);
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(key).toMatchObject({ state: 'signing', source: 'generated', revoked_at: null });
  const { stdout } = await run([]);
  for (const { kid } of keys) expect(stdout).toContain(kid);
  expect(stdout).not.toMatch(/eyJ|private/);
});

test('revoke is heard at once; rotate --now begins at once', async () => {
  const user = await server.createUser();
  const { access } = await server.signIn(user);
  const kid = decodeProtectedHeader(access).kid ?? '';
  const { status, stdout } = await run(['revoke', kid]);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/is revoked.*\n\S+ signs in its place\.\n$/)]);
  await vi.waitFor(async () => {
    expect((await server.rest('GET', '/auth/me', { token: access })).body.code).toBe('TOKEN_INVALID');
  }, soon);
  expect(await run(['revoke', kid])).toMatchObject({ status: 1, stderr: expect.stringContaining(kid) });
  const [rotation] = await json(['rotate', 'access', '--now']);
  expect(rotation).toMatchObject({ outcome: 'signing', use: 'access' });
});

test('rotate with another key-encryption key changes nothing', async () => {
  const before = await json(['list']);
  const { status, stderr } = await run(['rotate', 'access', '--now'], {
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining('KEY_ENCRYPTION_KEY is not the one')]);
  expect(await json(['list'])).toEqual(before);
});

test.each(['-', '--'])('an id may begin with %s', async (dashes) => {
  const kid = dashes.padEnd(43, 'a');
  expect(await run(['revoke', kid])).toMatchObject({ status: 1, stderr: expect.stringContaining(`no key ${kid} `) });
});

test('rewrap tells what it did, and what is left', async () => {
  const newKey = randomBytes(32).toString('base64');
  const both = { KEY_ENCRYPTION_KEY: newKey, KEY_ENCRYPTION_KEY_PREVIOUS: server.keyEncryptionKey };
  expect(await run(['rewrap'], { KEY_ENCRYPTION_KEY: newKey })).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('opened by neither key'),
  });
  const [keys] = await json(['rewrap'], both);
  expect(keys).toMatchObject({ place: 'signing_keys.private_jwk', unreadable: 0 });
  expect(keys.resealed).toBeGreaterThan(1);
  expect(await run(['rewrap'], both)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('KEY_ENCRYPTION_KEY_PREVIOUS is needed no more.'),
  });
  // Back to the one that the server has.
  const back = { KEY_ENCRYPTION_KEY: server.keyEncryptionKey, KEY_ENCRYPTION_KEY_PREVIOUS: newKey };
  expect((await run(['rewrap'], back)).status).toBe(0);
});

/** Last: the clock of the command line is not the test's. */
test('rotate publishes, and the running server hands over in time', async () => {
  const user = await server.createUser();
  const { status, stdout } = await run(['rotate', 'access']);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^access: (\S+) is published and signs from \S+Z\n$/)]);
  const kid = stdout.split(' ')[1];
  await vi.waitFor(() => expect(server.deps.keys.jwks().keys.map((key) => key.kid)).toContain(kid), soon);
  expect(await run(['rotate', 'access'])).toMatchObject({ status: 1, stdout: expect.stringContaining('already') });
  server.clock.advance(OVERLAP);
  expect(decodeProtectedHeader((await server.signIn(user)).access).kid).toBe(kid);
});

describe('wrong calls', () => {
  test.each([
    [['nonsense']],
    [['rotate', 'nobody']],
    [['revoke']],
    [['revoke', 'a', 'b']],
    [['list', 'a']],
    [['list', '--now']],
  ])('%j are answered with the help', async (args) => {
    const { status, stderr } = await run(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining('Usage: authcenter keys')]);
  });
});
