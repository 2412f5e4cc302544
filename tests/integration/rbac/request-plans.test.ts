// How the database runs rbac.requests.list: by index and in its order, however many requests there are.
import { type Document, ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, type Person } from '../users/people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer({ monitorCommands: true });
  admin = await createAdmin(server);
  const statuses = ['approved', 'declined', 'cancelled', 'lapsed', 'pending'];
  const users = Array.from({ length: 40 }, () => new ObjectId());
  const now = server.clock.now().getTime();
  await server.deps.database.db.collection('access_requests').insertMany(
    Array.from({ length: 2000 }, (_, index) => {
      const status = statuses[index % 5] ?? '';
      const own = index % 4 === 0;
      return {
        user_id: own ? new ObjectId(admin.id) : (users[index % 40] as ObjectId),
        // One pending request for a role: made-up roles keep them apart.
        role_id: status === 'pending' ? new ObjectId() : new ObjectId(server.roleId('Editor')),
        role_name: 'Editor',
        reason: 'a reason',
        duration: 3600,
        status,
        approvals: [],
        decided_by: null,
        closed_at: null,
        comment: null,
        granted_until: null,
        created_at: new Date(now - Math.floor(index / 7) * 1000),
      };
    }),
  );
});
afterAll(() => server.close());

async function explain(query: Record<string, string>): Promise<Document[]> {
  const { client, db } = server.deps.database;
  const sent: Document[] = [];
  const listen = ({ commandName, command }: { commandName: string; command: Document }) => {
    if (commandName === 'find' && command['find'] === 'access_requests') sent.push(command);
  };
  client.on('commandStarted', listen);
  const ask = (more: Record<string, string>) =>
    server.rest('GET', `/rbac/requests?${new URLSearchParams({ limit: '10', ...query, ...more })}`, {
      token: admin.token,
    });
  const { body } = await ask({});
  if (body.next_cursor) await ask({ cursor: body.next_cursor });
  client.off('commandStarted', listen);
  return Promise.all(
    sent.map(({ find, filter, sort, limit }) =>
      db.command({ explain: { find, filter, sort, limit }, verbosity: 'executionStats' }),
    ),
  );
}
const stagesOf = (plan: Document): string[] => [
  plan['stage'],
  ...[plan['inputStage'], ...(plan['inputStages'] ?? []), plan['queryPlan']].filter(Boolean).flatMap(stagesOf),
];

test.each([
  {},
  { status: 'declined' },
  { status: 'pending' },
  { whose: 'to_decide' },
  { whose: 'to_decide', status: 'approved' },
])('asked for %j', async (query) => {
  const plans = await explain(query);
  expect(plans.length).toBeGreaterThan(0);
  for (const { queryPlanner } of plans) {
    const stages = stagesOf(queryPlanner.winningPlan);
    expect(stages).toContain('IXSCAN');
    expect(stages).not.toContain('COLLSCAN');
    expect(stages).not.toContain('SORT');
  }
});
