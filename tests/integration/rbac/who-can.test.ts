// Who may do something now: by which roles, until when, in pages that read no more than they show.
import { type Document, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RoleDocument } from '../../../server/src/features/rbac/repository.ts';
import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { newGrant } from '../../../server/src/features/users/new-user.ts';
import { unwrap } from '../../support/doors.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';
import { insertCrowd } from '../users/crowd.ts';
import { createAdmin, createPerson, createRole, type Person } from '../users/people.ts';

let server: TestServer;
let other: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer({ monitorCommands: true });
  other = await startTestServer({ sharedWith: server });
  admin = await createAdmin(server);
  await insertCrowd(server);
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const whoCan = async (query: Record<string, string | number>, token = admin.token, at = server): Promise<Answer> => {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return (await at.rest('GET', `/rbac/who-can?${text}`, { token })).body;
};
async function readAll(query: Record<string, string | number>): Promise<Answer[]> {
  const items: Answer[] = [];
  let cursor: string | null = null;
  do {
    const page: Answer = await whoCan({ ...query, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}

test('everybody who may, once and by user name, and nobody else', async () => {
  const items = await readAll({ permission: 'KNOWLEDGE_READ', limit: 7 });
  const names = items.map(({ username }) => username);
  expect(names).toEqual([...new Set(names)].sort());
  const everybody = await server.deps.database.db.collection('users').find().toArray();
  for (let at = 0; at < everybody.length; at += 100) {
    const some = everybody.slice(at, at + 100);
    const checks = some.map(({ _id }) => ({ user_id: _id.toHexString(), permission: 'KNOWLEDGE_READ' }));
    const { results } = (await server.rest('POST', '/rbac/check-many', { token: admin.token, body: { checks } })).body;
    for (const [index, user] of some.entries())
      expect([user['username'], names.includes(user['username'])]).toEqual([user['username'], results[index].allowed]);
  }
  const { total } = await whoCan({ permission: 'KNOWLEDGE_READ', limit: 1, with_total: 'true' });
  expect(total).toBe(items.length);
});

test('by which roles, and until when', async () => {
  const now = server.clock.now();
  const at = (minutes: number) => new Date(Math.floor(now.getTime() / 1000 + minutes * 60) * 1000);
  await createRole([server, other], { name: 'One', level: 1, pairs: ['sea:SAIL'] });
  await createRole([server, other], { name: 'Two', level: 1, pairs: ['sea:MANAGE', 'tag:CREATE'] });
  const someone = await server.createUser(
    [{ name: 'One', expires_at: at(5) }, { name: 'Two', expires_at: at(9) }, { name: 'User' }],
    { username: 'a_sailor' },
  );
  await server.createUser([{ name: 'Two', expires_at: at(9) }, { name: 'One' }], { username: 'b_sailor' });
  await server.createUser([{ name: 'Two', expires_at: new Date(0) }], { username: 'c_sailor' });
  const asked = { resource: 'SEA', action: 'sail' };
  const role = (name: string, expires_at: Date | null) => ({
    role_id: server.roleId(name),
    name,
    expires_at: expires_at?.toISOString() ?? null,
  });
  const { items, next_cursor } = await whoCan(asked);
  expect(next_cursor).toBeNull();
  expect(items).toEqual([
    {
      user_id: someone.id,
      username: 'a_sailor',
      name: null,
      roles: [role('One', at(5)), role('Two', at(9))],
      until: at(9).toISOString(),
    },
    {
      user_id: expect.any(String),
      username: 'b_sailor',
      name: null,
      roles: [role('Two', at(9)), role('One', null)],
      until: null,
    },
  ]);
  // MANAGE implies what nobody has named.
  const juggle = (await whoCan({ resource: 'sea', action: 'juggle' })).items;
  expect(juggle.map(({ roles }: Answer) => roles.map(({ name }: Answer) => name))).toEqual([['Two'], ['Two']]);
  const overTrpc = unwrap(await server.trpc('rbac.whoCan', asked, { token: admin.token }));
  expect(JSON.parse(JSON.stringify(overTrpc)).items).toEqual(items);
  // At the instant it ends it has ended, on every instance.
  server.clock.advance(at(9).getTime() - server.clock.now().getTime());
  admin = await createPerson(server, [{ name: 'Admin' }]);
  for (const instance of [server, other])
    expect((await whoCan(asked, admin.token, instance)).items.map(({ username }: Answer) => username)).toEqual([
      'b_sailor',
    ]);
});

test('a permission by its name, a pair, an alias', async () => {
  const names = async (query: Record<string, string>) =>
    (await whoCan({ ...query, limit: 100 })).items.map(({ username }: Answer) => username);
  const wanted = await names({ permission: 'KNOWLEDGE_PUBLISH' });
  expect(wanted.length).toBeGreaterThan(10);
  for (const query of [
    { permission: 'knowledge_publish' },
    { permission: 'knowledge_base:publish' },
    { resource: 'KNOWLEDGE_BASE', action: 'Publish' },
  ])
    expect(await names(query)).toEqual(wanted);
});

test('what nobody knows, nobody may', async () => {
  for (const query of [
    { permission: 'NOTHING' },
    { permission: 'constructor' },
    { resource: 'moon', action: 'LAND' },
    { resource: '__proto__', action: 'x' },
  ])
    expect(await whoCan({ ...query, with_total: 'true' })).toEqual({ items: [], next_cursor: null, total: 0 });
});

test('half a question is none, nor are two at once, nor a cursor of another list', async () => {
  const foreign = (await server.rest('GET', '/users?limit=1', { token: admin.token })).body.next_cursor;
  for (const query of [
    {},
    { resource: 'knowledge' },
    { action: 'READ' },
    { permission: 'SEARCH', resource: 'knowledge', action: 'SEARCH' },
    { permission: 'SEARCH', cursor: foreign },
    { permission: 'SEARCH', cursor: 'x' },
    { permission: 'SEARCH', limit: 101 },
    { permission: 'SEARCH', user_id: admin.id },
  ] as Record<string, string | number>[])
    expect([query, (await whoCan(query)).code]).toEqual([query, 'VALIDATION_FAILED']);
});

test('whoever may not read users is not told, nor is an application', async () => {
  const { token } = await createPerson(server);
  const answers = [
    await whoCan({ permission: 'SEARCH' }, token),
    await whoCan({ permission: 'SEARCH' }, await server.mintClientToken(['rbac:check', 'users:read'])),
  ];
  for (const { code, permission } of answers) expect([code, permission]).toEqual(['PERMISSION_DENIED', 'user:READ']);
});

describe('how the database finds them', () => {
  /** The commands that the server sends to users while `work` runs, explained by the database. */
  async function explainFinds(work: () => Promise<unknown>): Promise<Document[]> {
    const { client, db } = server.deps.database;
    const sent: Document[] = [];
    const listen = ({ commandName, command }: { commandName: string; command: Document }) => {
      if (commandName === 'find' && command['find'] === 'users') sent.push(command);
    };
    client.on('commandStarted', listen);
    await work();
    client.off('commandStarted', listen);
    return Promise.all(
      sent.map(({ find, filter, sort, limit, projection, hint }) =>
        db.command({
          explain: { find, filter, sort, limit, projection, ...(hint ? { hint } : {}) },
          verbosity: 'executionStats',
        }),
      ),
    );
  }
  const stagesOf = (plan: Document): string[] => [
    plan['stage'],
    ...[plan['inputStage'], ...(plan['inputStages'] ?? []), plan['queryPlan']].filter(Boolean).flatMap(stagesOf),
  ];

  test.each([
    ['many roles', { permission: 'KNOWLEDGE_READ' }, 60],
    ['two roles', { permission: 'KNOWLEDGE_PUBLISH' }, 60],
    ['one role', { permission: 'USER_MANAGE' }, 60],
  ])('of %s: by index and in its order, the first page and one far in', async (_, asked, most) => {
    const far = (await whoCan({ ...asked, limit: 20 })).next_cursor;
    const plans = [
      ...(await explainFinds(() => whoCan({ ...asked, limit: 10 }))),
      ...(far ? await explainFinds(() => whoCan({ ...asked, limit: 10, cursor: far })) : []),
    ];
    expect(plans.length).toBeGreaterThan(0);
    for (const { queryPlanner, executionStats } of plans) {
      const stages = stagesOf(queryPlanner.winningPlan);
      expect(stages).toContain('IXSCAN');
      expect(stages).not.toContain('COLLSCAN');
      expect(stages).not.toContain('SORT');
      expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(most);
    }
  });

  test('of more roles than are merged: still in order, and none twice', async () => {
    const users = server.deps.database.db.collection<UserDocument>('users');
    const names = Array.from({ length: 250 }, (_, index) => `Crew ${index}`);
    const [first, last] = [names[0], names.at(-1) ?? ''];
    await createRole([server], { name: 'Crew', level: 1, pairs: ['ship:BOARD'] });
    const roles = server.deps.database.db.collection<RoleDocument>('roles');
    const crew = await roles.findOne({ name: 'Crew' });
    if (!crew) throw new Error('no crew');
    await roles.insertMany(names.map((name) => ({ ...crew, _id: new ObjectId(), name })));
    await vi.waitFor(() => {
      if (!server.deps.live.roles().byName.has(last)) throw new Error(`${last} is not known yet`);
    }, 10_000);
    const now = server.clock.now();
    const table = server.deps.live.roles();
    const grants = [names[3], names[200], first].flatMap((name) => {
      const role = table.byName.get(name ?? '');
      return role ? [newGrant(role, null, now, null)] : [];
    });
    expect(grants).toHaveLength(3);
    await users.updateMany({ username: /^c_/ }, { $set: { roles: grants } });
    const wanted = await users.find({ username: /^c_/, status: 'active' }).sort({ username: 1 }).toArray();
    const plans = await explainFinds(async () => {
      const items = await readAll({ resource: 'ship', action: 'board', limit: 30 });
      expect(items.map(({ username }) => username)).toEqual(wanted.map(({ username }) => username));
    });
    for (const { queryPlanner } of plans) {
      expect(stagesOf(queryPlanner.winningPlan)).not.toContain('SORT');
      expect(stagesOf(queryPlanner.winningPlan)).not.toContain('COLLSCAN');
    }
  });
});
