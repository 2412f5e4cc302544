// system.audit.list: by whatever one looks for, newest first, by index and in its order.
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../../../support/server.ts';
import { createAdmin, linesOf, makeLines } from './trail.ts';

let server: TestServer;
let admin: Awaited<ReturnType<typeof createAdmin>>;
/** Of the newest of many lines. */
let newest: number;
beforeAll(async () => {
  server = await startTestServer({ monitorCommands: true });
  admin = await createAdmin(server);
  newest = server.clock.now().getTime() - 3_600_000;
  const acts = ['test.one', 'test.two', 'testing.one', 'other.act'];
  const lines = makeLines(server, 400).map((line, index) => ({
    ...line,
    // Many share an instant: then the id decides.
    at: new Date(newest - Math.floor(index / 9) * 1000),
    act: acts[index % 4] as string,
    outcome: index % 5 === 0 ? ('failure' as const) : ('success' as const),
    actor: { ...line.actor, id: String(index % 6).repeat(24) },
    target: { kind: 'user', id: String(index % 7).repeat(24) },
    request_id: `request-${index % 11}`,
  }));
  await linesOf(server).insertMany(lines);
  await server.deps.auditKeeper.run();
});
afterAll(() => server.close());

const list = async (query: Record<string, string | number | boolean> = {}): Promise<Answer> => {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return (await server.rest('GET', `/audit-logs?${text}`, { token: admin.token })).body;
};
async function listAll(query: Record<string, string | number>): Promise<Answer[]> {
  const items: Answer[] = [];
  let cursor: string | null = null;
  do {
    const page: Answer = await list({ ...query, limit: 30, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}

test('a sign-in stands in it, with who, from where, and the block it is sealed in', async () => {
  const { items } = await list({ actor_id: admin.id, act: 'auth.login' });
  expect(items).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      at: expect.any(String),
      act: 'auth.login',
      outcome: 'success',
      actor: { kind: 'user', id: admin.id, sid: expect.any(String) },
      target: { kind: 'session', id: expect.any(String) },
      ip: '127.0.0.1',
      user_agent: expect.any(String),
      request_id: expect.any(String),
      details: { method: 'pwd', methods: ['pwd'], client_id: null },
      personal: null,
      erased: false,
      block: 1,
    },
  ]);
});

test('what is not sealed yet has no block', async () => {
  await server.signIn(admin);
  const { items } = await list({ limit: 1 });
  expect(items).toMatchObject([{ act: 'auth.login', block: null }]);
});

const middle = () => new Date(newest - 20_000).toISOString();
const filters: Record<string, () => Record<string, string>> = {
  nothing: () => ({}),
  'an act': () => ({ act: 'test.one' }),
  'the beginning of acts': () => ({ act: 'test.' }),
  'an actor': () => ({ actor_id: '1'.repeat(24) }),
  'a target': () => ({ target_id: '2'.repeat(24) }),
  'a request': () => ({ request_id: 'request-3' }),
  'an outcome': () => ({ outcome: 'failure' }),
  'a beginning': () => ({ from: middle() }),
  'an end': () => ({ to: middle() }),
  'an actor and an outcome': () => ({ actor_id: '1'.repeat(24), outcome: 'failure' }),
  'a target and the beginning of acts': () => ({ target_id: '2'.repeat(24), act: 'test.' }),
  'an act within a time': () => ({ act: 'test.one', from: middle() }),
};

describe.each(Object.entries(filters))('by %s', (_, make) => {
  test('exactly what fits, newest first, each once over all pages', async () => {
    const filter = make();
    const all = await linesOf(server).find().sort({ at: -1, _id: -1 }).toArray();
    const { act, actor_id, target_id, request_id, outcome, from, to } = filter;
    const wanted = all.filter(
      (line) =>
        (act === undefined || (act.endsWith('.') ? line.act.startsWith(act) : line.act === act)) &&
        (actor_id === undefined || line.actor.id === actor_id) &&
        (target_id === undefined || line.target.id === target_id) &&
        (request_id === undefined || line.request_id === request_id) &&
        (outcome === undefined || line.outcome === outcome) &&
        (from === undefined || line.at >= new Date(from)) &&
        (to === undefined || line.at < new Date(to)),
    );
    const items = await listAll(filter);
    expect(items.map(({ id }) => id)).toEqual(wanted.map(({ _id }) => _id.toHexString()));
    expect(items.length).toBeGreaterThan(5);
  });

  test('by index and in its order, the first page and one far in', async () => {
    const filter = make();
    const far = (await list({ ...filter, limit: 4 })).next_cursor;
    const plans = [
      ...(await explain(() => list({ ...filter, limit: 5 }))),
      ...(await explain(() => list({ ...filter, limit: 5, cursor: far }))),
    ];
    expect(plans).toHaveLength(2);
    for (const { queryPlanner, executionStats } of plans) {
      const stages = stagesOf(queryPlanner.winningPlan);
      expect(stages).toContain('IXSCAN');
      expect(stages).not.toContain('COLLSCAN');
      expect(stages).not.toContain('SORT');
      expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(60);
    }
  });
});

/** The find commands that the server sends while `work` runs, explained by the database. */
async function explain(work: () => Promise<unknown>): Promise<Document[]> {
  const { client, db } = server.deps.database;
  const sent: Document[] = [];
  const listen = ({ commandName, command }: { commandName: string; command: Document }) => {
    if (commandName === 'find' && command['find'] === 'audit_logs') sent.push(command);
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

test('acts that only begin alike are not taken for one another', async () => {
  const names = new Set((await listAll({ act: 'test.' })).map(({ act }) => act));
  expect(names).toEqual(new Set(['test.one', 'test.two']));
});

test.each(['auth*', '.login', 'auth..login', '$where', 'Auth.login'])('%s names no act', async (act) => {
  expect((await list({ act })).code).toBe('VALIDATION_FAILED');
});

test('nobody reads it who may not configure the system', async () => {
  const editor = await server.signIn(await server.createUser([{ name: 'Editor' }]));
  for (const path of ['', '/verify', '/export'])
    expect((await server.rest('GET', `/audit-logs${path}`, { token: editor.access })).body.code).toBe(
      'PERMISSION_DENIED',
    );
});
