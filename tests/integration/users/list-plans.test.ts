// How the database runs users.list: by index and in its order, so that no number of users makes it slow.
import type { Document } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { filters, insertCrowd, sorts } from './crowd.ts';
import { createAdmin } from './people.ts';

let server: TestServer;
let token: string;
beforeAll(async () => {
  server = await startTestServer({ monitorCommands: true });
  token = (await createAdmin(server)).token;
  await insertCrowd(server);
});
afterAll(() => server.close());

const list = (query: Record<string, string | number>) =>
  server.rest(
    'GET',
    `/users?${new URLSearchParams(Object.fromEntries(Object.entries(query).map(([k, v]) => [k, String(v)])))}`,
    { token },
  );

/** The find commands that the server sends while `work` runs, explained by the database. */
async function explain(work: () => Promise<unknown>): Promise<Document[]> {
  const { client, db } = server.deps.database;
  const sent: Document[] = [];
  const listen = ({ commandName, command }: { commandName: string; command: Document }) => {
    if (commandName === 'find' && command['find'] === 'users') sent.push(command);
  };
  client.on('commandStarted', listen);
  await work();
  client.off('commandStarted', listen);
  return Promise.all(
    sent.map(({ find, filter, sort, limit }) =>
      db.command({ explain: { find, filter, ...(sort ? { sort } : {}), limit }, verbosity: 'executionStats' }),
    ),
  );
}
const stagesOf = (plan: Document): string[] => [
  plan['stage'],
  ...[plan['inputStage'], ...(plan['inputStages'] ?? []), plan['queryPlan']].filter(Boolean).flatMap(stagesOf),
];

const cases = filters.flatMap(([name, filter]) => sorts.map((sort) => [name, sort, filter] as const));
test.each(cases)(
  'by %s, sorted by %s: by index and in its order, the first page and one far in',
  async (_, sort, filter) => {
    const far = (await list({ ...filter, sort, limit: 20 })).body.next_cursor;
    const plans = [
      ...(await explain(() => list({ ...filter, sort, limit: 10 }))),
      ...(await explain(() => list({ ...filter, sort, limit: 10, cursor: far }))),
    ];
    expect(plans).toHaveLength(2);
    for (const { queryPlanner, executionStats } of plans) {
      const stages = stagesOf(queryPlanner.winningPlan);
      expect(stages).toContain('IXSCAN');
      expect(stages).not.toContain('COLLSCAN');
      expect(stages).not.toContain('SORT');
      // A page reads about what it shows, however many there are; what is filtered on the way adds its share.
      expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(80);
    }
  },
);

test.each(sorts)('few of a status among many of a role, sorted by %s: only those are read', async (sort) => {
  const users = server.deps.database.db.collection('users');
  await users.updateMany({ status: 'locked' }, { $set: { status: 'inactive' } });
  await users.updateOne({ 'roles.role_name': 'User' }, { $set: { status: 'locked' } });
  const [plan] = await explain(() => list({ status: 'locked', role: 'User', sort, limit: 10 }));
  const stages = stagesOf(plan?.['queryPlanner'].winningPlan);
  expect(stages).not.toContain('SORT');
  expect(plan?.['executionStats'].totalDocsExamined).toBeLessThanOrEqual(3);
});

test('a search uses the indexes of all that it looks through', async () => {
  const [plan] = await explain(() => list({ search: 'zoe' }));
  const stages = stagesOf(plan?.['queryPlanner'].winningPlan);
  expect(stages).not.toContain('COLLSCAN');
  expect(stages.filter((stage) => stage === 'IXSCAN').length).toBeGreaterThanOrEqual(4);
});
