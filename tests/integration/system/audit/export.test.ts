// The export: JSON lines from which an outside program that has the key can verify the chain, with nothing of this code.
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../../../support/server.ts';
import { blocksOf, createAdmin, fillBlocks, linesOf, makeLines } from './trail.ts';

let server: TestServer;
let admin: Awaited<ReturnType<typeof createAdmin>>;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
  await server.deps.auditKeeper.run();
  await fillBlocks(server, 3, 4);
});
afterAll(() => server.close());

async function exportAudit(query: Record<string, string> = {}): Promise<Answer[]> {
  const { access: token } = await server.signIn(admin);
  await server.deps.auditKeeper.run();
  return readExport(token, query);
}
async function readExport(token: string, query: Record<string, string> = {}): Promise<Answer[]> {
  const path = `/audit-logs/export?${new URLSearchParams(query)}`;
  const { status, headers, body } = await server.rest('GET', path, { token });
  expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  return String(body ?? '')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text));
}

/** RFC 8785, written anew: all that the lines hold are texts, whole numbers and what is made of them. */
const canonical = (value: Answer): string =>
  Array.isArray(value)
    ? `[${value.map(canonical).join()}]`
    : typeof value === 'object' && value !== null
      ? `{${Object.keys(value)
          .sort()
          .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
          .join()}}`
      : JSON.stringify(value);

test('an outside program verifies every hash in it', async () => {
  const key = Buffer.from(
    hkdfSync('sha256', Buffer.from(server.keyEncryptionKey, 'base64'), '', 'authcenter audit', 32),
  );
  const items = await exportAudit();
  let prev = '';
  for (const block of items.filter(({ kind }) => kind === 'block')) {
    const lines = items.filter(({ kind, seal }) => kind === 'line' && seal?.block === block.block);
    expect(lines.map(({ seal }) => seal.index)).toEqual(lines.map((_, index) => index));
    const root = createHash('sha256');
    for (const { line, origin, personal, seal } of lines) {
      for (const [part, value] of [
        ['origin', origin],
        ['personal', personal],
      ] as const) {
        if (seal[part] === null) continue;
        const mac = createHmac('sha256', Buffer.from(seal[part].salt, 'base64url')).update(canonical(value));
        expect(mac.digest('base64url')).toBe(seal[part].hash);
      }
      const parts = { origin: seal.origin?.hash ?? null, personal: seal.personal?.hash ?? null };
      root.update(
        createHash('sha256')
          .update(canonical({ line, ...parts }))
          .digest(),
      );
    }
    const { kind: _, hash, ...header } = block;
    expect(root.digest('base64url')).toBe(header.root);
    expect(createHmac('sha256', key).update(canonical(header)).digest('base64url')).toBe(hash);
    expect([header.prev, header.count]).toEqual([prev, lines.length]);
    prev = hash;
  }
  expect(items.filter(({ kind }) => kind === 'block')).toHaveLength(await blocksOf(server).countDocuments());
});

test('what is not sealed yet stands at its end', async () => {
  const { access } = await server.signIn(admin);
  await server.deps.auditKeeper.run();
  await linesOf(server).insertMany(makeLines(server, 2));
  const items = await readExport(access);
  expect(items.slice(-2)).toMatchObject([
    { kind: 'line', seal: null },
    { kind: 'line', seal: null, line: { details: { text: '改了名字' } } },
  ]);
  expect(items).toHaveLength((await linesOf(server).countDocuments()) + (await blocksOf(server).countDocuments()));
});

test('of a time come the blocks that hold something of it, whole', async () => {
  await server.deps.auditKeeper.run();
  server.clock.advance(3_600_000);
  const from = server.clock.now();
  await linesOf(server).insertMany(makeLines(server, 3, { at: new Date(from.getTime() + 1000) }));
  await server.deps.auditKeeper.run();
  const end = await blocksOf(server).countDocuments();
  const { access } = await server.signIn(admin);
  const blocksIn = async (query: Record<string, string>) =>
    (await readExport(access, query)).filter(({ kind }) => kind === 'block').map(({ block }) => block);
  expect(await blocksIn({ from: from.toISOString() })).toEqual([end]);
  expect(await blocksIn({ to: from.toISOString() })).toEqual(Array.from({ length: end - 1 }, (_, index) => index + 1));
  expect(await readExport(access, { to: '2001-01-01T00:00:00Z' })).toEqual([]);
  expect(await readExport(access, { from: '2101-01-01T00:00:00Z' })).toEqual([]);
});

test('a time that is none is refused as anywhere else', async () => {
  const { access: token } = await server.signIn(admin);
  const { status, body } = await server.rest('GET', '/audit-logs/export?from=yesterday', { token });
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
});
