// What an attack looks like, told by name: one address on many accounts, many locks, rights that change.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditDocument } from '../../../../server/src/platform/audit.ts';
import { startTestServer, type TestServer } from '../../../support/server.ts';
import { createAdmin, linesOf, makeLines } from './trail.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const count = async (type: string): Promise<number> =>
  (await server.deps.metrics.securityEvents.get()).values.find(({ labels }) => labels.type === type)?.value ?? 0;

async function fail(count: number, make: (index: number) => Partial<AuditDocument>): Promise<void> {
  const failure = { act: 'auth.login', outcome: 'failure' as const, at: server.clock.now() };
  await linesOf(server).insertMany(
    makeLines(server, count).map((line, index) => ({ ...line, ...failure, ...make(index) })),
  );
  await server.deps.auditKeeper.run();
}

test('one address that fails with twenty accounts is a spray, told once; nineteen are none, nor is one account often', async () => {
  const accounts = (ip: string, from: number) => (index: number) => ({
    ip,
    details: { identifier: `account ${from + index}`, locked: false },
  });
  await fail(19, accounts('192.0.2.1', 0));
  await fail(40, () => ({ ip: '192.0.2.2', details: { identifier: 'account 1', locked: false } }));
  expect(await count('spray')).toBe(0);
  await fail(1, accounts('192.0.2.1', 19));
  expect(await count('spray')).toBe(1);
  await fail(20, accounts('192.0.2.1', 100));
  expect(await count('spray')).toBe(1);
  server.clock.advance(11 * 60_000);
  await fail(20, accounts('192.0.2.1', 200));
  expect(await count('spray')).toBe(2);
});

test('ten locks within minutes are a storm; spread over an hour they are none', async () => {
  const lock = () => ({ ip: null, details: { identifier: 'x', locked: true } });
  for (let round = 0; round < 12; round++) {
    await fail(1, lock);
    server.clock.advance(6 * 60_000);
  }
  expect(await count('lock_storm')).toBe(0);
  await fail(12, lock);
  expect(await count('lock_storm')).toBe(1);
});

test('rights that change are counted, once each, whoever seals', async () => {
  const { token } = await createAdmin(server);
  await server.deps.auditKeeper.run();
  const before = await count('privilege_change');
  const user = await server.createUser();
  await server.rest('POST', `/users/${user.id}/roles`, { token, body: { role_id: server.roleId('Editor') } });
  await server.rest('DELETE', `/users/${user.id}/roles/${server.roleId('Editor')}`, { token });
  await server.deps.auditKeeper.run();
  await server.deps.auditKeeper.run();
  expect(await count('privilege_change')).toBe(before + 2);
});
