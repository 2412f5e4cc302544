// `authcenter audit` as an operator calls it, beside a running server.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAdmin, fillBlocks, linesOf, makeLines } from '../integration/system/audit/trail.ts';
import { runCommandBeside } from '../support/command-line.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'audit-cli-'));
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await createAdmin(server);
  await server.deps.auditKeeper.run();
  await fillBlocks(server, 2);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.close();
});

const run = (command: string, args: string[], env: Record<string, string> = {}) =>
  runCommandBeside(server, [command, ...args], { env });

test('export writes JSON lines that hold all there is, to a file that only its owner reads', {
  timeout: 120_000,
}, async () => {
  await linesOf(server).insertMany(makeLines(server, 1));
  const file = join(folder, 'audit.jsonl');
  expect(await run('audit', ['export', '--out', file])).toMatchObject({ status: 0, stdout: '' });
  const items = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));
  const counts = [3, await linesOf(server).countDocuments()];
  expect([
    items.filter(({ kind }) => kind === 'block').length,
    items.filter(({ kind }) => kind === 'line').length,
  ]).toEqual(counts);
  expect(statSync(file).mode & 0o077).toBe(0);
  const { stdout } = await run('audit', ['export', '--from', '2101-01-01T00:00:00Z']);
  expect(stdout).toBe('');
});

test('verify finds nothing, tells the head, and what is not sealed yet', async () => {
  const { status, stdout } = await run('audit', ['verify']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/Blocks 1 to 3: \d+ lines\./);
  expect(stdout).toMatch(/Not sealed yet: 1, the oldest of 20/);
  expect(stdout).toMatch(/Nothing was touched\.\nHead: 3:[\w-]{43}\n$/);
});

test('an act by command stands in the audit as such', { timeout: 120_000 }, async () => {
  expect((await run('keys', ['rotate', 'access'])).status).toBe(0);
  expect((await run('keys', ['rotate', 'access', '--now'])).status).toBe(0);
  expect((await run('keys', ['rewrap'])).status).toBe(0);
  const acts = await linesOf(server)
    .find({ 'actor.id': 'cli' }, { sort: { at: 1 } })
    .toArray();
  expect(acts.map(({ act, actor }) => [act, actor.kind])).toEqual([
    ['system.key_published', 'system'],
    ['system.key_begun', 'system'],
    ['system.secrets_rewrapped', 'system'],
  ]);
});

test('verify ends with 1 and names what was tampered with', { timeout: 120_000 }, async () => {
  await linesOf(server).updateOne({ 'seal.block': 2, 'seal.index': 1 }, { $set: { act: 'test.other' } });
  const { status, stdout } = await run('audit', ['verify']);
  expect([status, stdout]).toEqual([
    1,
    expect.stringMatching(/^block 2, line 1, [0-9a-f]{24}: the line was altered\nThe audit was tampered with\.$/m),
  ]);
  const json = await run('audit', ['verify', '--json']);
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    intact: false,
    problems: [{ fault: 'line_altered', block: 2, index: 1 }],
  });
  await linesOf(server).updateOne({ 'seal.block': 2, 'seal.index': 1 }, { $set: { act: 'test.act' } });
});

test('with a head from the log a cut end is noticed; with another key nothing can be said', {
  timeout: 120_000,
}, async () => {
  const [, head = ''] = /Head: (\S+)/.exec((await run('audit', [])).stdout) ?? [];
  expect((await run('audit', ['verify', '--head', head])).status).toBe(0);
  const [block] = head.split(':');
  const cut = await run('audit', ['verify', '--head', `${Number(block) + 1}:${'A'.repeat(43)}`]);
  expect([cut.status, cut.stdout]).toEqual([1, expect.stringContaining('its end was cut off')]);
  const foreign = await run('audit', ['verify'], { KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64') });
  expect([foreign.status, foreign.stdout]).toEqual([1, expect.stringContaining('a key that is not known here')]);
  expect(foreign.stdout).toContain('It cannot be verified with the keys');
  expect(foreign.stdout).not.toContain('tampered');
});

test.each([
  [['verify', '--out', 'x']],
  [['export', '--json']],
  [['export', '--from', 'yesterday']],
  [['verify', '--head', '12']],
  [['mend']],
])('audit %s is a wrong call', async (args) => {
  expect((await run('audit', args)).status).toBe(2);
});
