// `authcenter check-consistency` as an operator calls it: beside a running server, and its exit code as a program reads it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countNames, insertHolders, insertRole } from '../integration/rbac/role-documents.ts';
import { runCommandBeside } from '../support/command-line.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const run = (...args: string[]) => runCommandBeside(server, ['check-consistency', ...args]);

test('tells what differs, repairs it when asked to, and says by its exit code how it stands', async () => {
  const roleId = await insertRole(server, '审核员');
  await insertHolders(server, roleId, '旧名', 3);

  const found = await run();
  expect(found).toMatchObject({ status: 1, stderr: '' });
  expect(found.stdout).toContain(`role 审核员 (${roleId}): 3`);
  expect(await countNames(server, roleId)).toEqual({ 旧名: 3 });

  const repaired = await run('--repair', '--json');
  expect(repaired).toMatchObject({ status: 0, stderr: '' });
  const report = JSON.parse(repaired.stdout);
  expect(report).toMatchObject({ consistent: true, parked: 0 });
  const told = (copies: { copy: string; differing: number }[]) =>
    copies.find(({ copy }) => copy === 'role_name')?.differing;
  expect([told(report.found), told(report.copies)]).toEqual([3, 0]);
  expect(await countNames(server, roleId)).toEqual({ 审核员: 3 });

  expect(await run()).toMatchObject({ status: 0, stdout: expect.stringContaining('All copies are true.') });
});

test('an option it does not know is a wrong call', async () => {
  expect(await run('--now')).toMatchObject({ status: 2 });
  expect(await run('everything')).toMatchObject({ status: 2 });
});
