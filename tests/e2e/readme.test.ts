// The README's examples, run as they stand.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startDemoProvider } from '../../scripts/dev/demo-provider.ts';
import { configSchema } from '../../server/src/config/schema.ts';
import { WEBHOOK_EVENTS } from '../../shared/src/system/webhooks.ts';
import { installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const administrator = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'only for this tour' };

let server: TestServer;
let demo: Awaited<ReturnType<typeof startDemoProvider>>;
beforeAll(async () => {
  demo = await startDemoProvider();
  server = await startTestServer({ env: { ...administrator, ...demo.env } });
});
afterAll(async () => {
  await server.close();
  await demo.close();
});

/** The code blocks behind a marker, joined: later ones go on where earlier ones ended. */
const readBlocks = (marker: string): string =>
  [...readme.matchAll(new RegExp(`<!-- ${marker} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``, 'g'))]
    .map(([, code]) => code)
    .join('\n');

/** What the comments behind the calls say they print, in order. */
const readPromises = (code: string, comment: string): string[] =>
  [...code.matchAll(new RegExp(`\\S +${comment} ([\\w:,. ]+)$`, 'gm'))].map(([, promise]) => promise ?? '');

const environment = () => ({ ...process.env, ...administrator, AC: server.url });

test('the tour in curl prints what it says', async () => {
  const code = readBlocks('tour:curl');
  const promised = readPromises(code, '#');
  expect(promised).toEqual([
    'TOKEN_STALE',
    'true',
    '204',
    'SESSION_REVOKED',
    'ok',
    'ok',
    'granted',
    'IN_USE',
    '204',
    'granted',
    'active',
    'role:READ',
    'Editor',
    'admin,li.lei',
    '6',
    'false',
  ]);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', code], { env: environment() });
  const printed = stdout.trim().split('\n');
  expect(printed[0]).toMatch(/^http:.*\/verify-email\?token=/);
  expect(printed.slice(1)).toEqual(['User,Editor', ...promised]);
});

test('the tour in TypeScript prints what it says, with the packed SDK', async () => {
  const sdk: PackedSdk = await installPackedSdk();
  try {
    const code = readBlocks('tour:typescript');
    const file = join(sdk.folder, 'tour.ts');
    writeFileSync(file, code);
    const { stdout } = await run(process.execPath, [file], { env: environment(), cwd: sdk.folder });
    expect(stdout.trim().split('\n')).toEqual(readPromises(code, '//'));
  } finally {
    sdk.remove();
  }
});

test('the receiver of webhooks takes what the server sends, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-'));
  writeFileSync(join(folder, 'receiver.ts'), readBlocks('webhooks:receiver'));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}/`;
  const token = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  const { body } = await server.rest('POST', '/webhooks', { token, body: { url, events: ['user.role_granted'] } });
  const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: body.secret };
  const receiver = spawn(process.execPath, [join(folder, 'receiver.ts')], { env });
  let printed = '';
  receiver.stdout.on('data', (text) => {
    printed += text;
  });
  try {
    const forged = { 'webhook-id': 'evt_1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' };
    const send = () => fetch(url, { method: 'POST', headers: forged, body: '{}' }).catch(() => null);
    await expect.poll(async () => (await send())?.status, { timeout: 20_000 }).toBe(400);
    const { id } = await server.createUser();
    await server.rest('POST', `/users/${id}/roles`, { token, body: { role_id: server.roleId('Editor') } });
    await expect.poll(() => printed, { timeout: 20_000 }).toBe(`user.role_granted ${id}\n`);
  } finally {
    receiver.kill();
    rmSync(folder, { recursive: true });
  }
});

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

test('the configuration table names keys that exist', () => {
  const keys = [...readme.matchAll(/^\| `(\w+)\.(\w+)`(?:, `\.(\w+)`)?/gm)];
  expect(keys.length).toBeGreaterThan(12);
  for (const [, section = '', ...names] of keys) {
    const known = Object.keys(Reflect.get(configSchema.shape, section)?.shape ?? {});
    for (const name of names.filter((one) => one !== undefined)) expect(known, `${section}.${name}`).toContain(name);
  }
});

test('the entries of senders and providers have the keys that there are, and all that are needed', () => {
  const entries = [...readme.matchAll(/`(?:\w+: )?(\{ kind: .+?\})`/g)].map(([, text]) => parse(text ?? ''));
  expect(entries.map(({ kind }) => kind)).toEqual([
    ...['aliyun', 'tencent', 'twilio', 'webhook', 'console'],
    ...['wechat', 'dingtalk', 'wecom', 'feishu', 'google', 'github', 'discord', 'oidc'],
  ]);
  for (const [index, entry] of entries.entries()) {
    const section =
      index < 5
        ? configSchema.shape.sms.safeParse({ senders: [entry], allowed_countries: [] })
        : configSchema.shape.oauth.safeParse({ providers: { [entry.kind]: entry } });
    // What stands for a secret or an id is none.
    const complaints = (section.error?.issues ?? []).filter(({ message }) => !message.endsWith('cannot be used'));
    expect(complaints, entry.kind).toEqual([]);
  }
});

test('every event that webhooks are told of is in its table', () => {
  const table = readme.slice(readme.indexOf('| type | data |'), readme.indexOf('A receiver, which'));
  expect(new Set(table.match(/(?:user|role|session)\.\w+/g))).toEqual(new Set(WEBHOOK_EVENTS));
});

test('every file it links to is there', () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, path]) => path ?? '');
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(() => readFileSync(join(root, link)), link).not.toThrow();
});
