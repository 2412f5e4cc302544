// Access for a while: asked for, decided by others, granted once, over by itself.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lapseRequests } from '../../../server/src/features/users/requests/lapse.ts';
import { readMails } from '../../support/mailbox.ts';
import type { RestAnswer } from '../../support/server.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { createAdmin, createPerson, createRole, listActs, type Person } from '../users/people.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let server: TestServer;
let second: TestServer;
let admin: Person;
beforeAll(async () => {
  const config = { jwt: { rotation_interval: '3650d' } };
  server = await startTestServer({ config });
  second = await startTestServer({ sharedWith: server, config });
  await createRole([server, second], { name: 'Registrar', level: 2, pairs: ['role:MANAGE', 'tag:CREATE'] });
  await createRole([server, second], { name: 'Tagger', level: 1, pairs: ['tag:CREATE'] });
});
beforeEach(async () => {
  admin = await createAdmin(server);
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const ask = (token: string, fields: object = {}, headers = {}, on = server) =>
  on.rest('POST', '/rbac/requests', {
    token,
    headers,
    body: { role: 'Author', reason: '值班期间处理线上故障', duration: 3600, ...fields },
  });
const act = (deed: 'approve' | 'decline' | 'cancel', id: string, token: string, body: object = {}, on = server) =>
  on.rest('POST', `/rbac/requests/${id}/${deed}`, { token, body });
const list = (token: string, query = '') => server.rest('GET', `/rbac/requests${query}`, { token });
const told = ({ status, body }: RestAnswer) => [status, body?.code];
const idsOf = ({ body }: RestAnswer) => body.items.map(({ id }: { id: string }) => id);
const rolesOf = async (id: string) =>
  (await server.rest('GET', `/users/${id}`, { token: admin.token })).body.roles.map(
    ({ name }: { name: string }) => name,
  );
const subjectsTo = async ({ email }: { email: string }) =>
  (await readMails(server, email)).map(({ subject }) => subject).filter((subject) => !subject.includes('device'));

describe('asking', () => {
  test('makes a pending request, of a role by its name or its id', async () => {
    const person = await createPerson(server);
    const { status, body } = await ask(person.token, { role: 'Editor', duration: 900 });
    expect([status, body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        user_id: person.id,
        username: person.username,
        role_id: server.roleId('Editor'),
        role: 'Editor',
        reason: '值班期间处理线上故障',
        duration: 900,
        status: 'pending',
        approvals: [],
        approvals_needed: 1,
        decided_by: null,
        closed_at: null,
        comment: null,
        granted_until: null,
        created_at: expect.any(String),
        lapses_at: new Date(new Date(body.created_at).getTime() + 7 * DAY).toISOString(),
      },
    ]);
    expect((await ask(person.token, { role: server.roleId('Author').toUpperCase() })).body.role).toBe('Author');
    expect(await listActs(server, body.id)).toMatchObject([
      { act: 'rbac.request_created', actor: { id: person.id }, details: { role: 'Editor', duration: 900 } },
    ]);
  });

  test('needs a role, a reason and a time between a quarter of an hour and 90 days', async () => {
    const { token } = await createPerson(server);
    for (const bad of [
      { role: '' },
      { reason: '' },
      { reason: 'a\nb' },
      { reason: 'x'.repeat(501) },
      { duration: 899 },
      { duration: 90 * 86_400 + 1 },
      { duration: 3600.5 },
      { duration: '3600' },
      { expires_at: '2099-01-01T00:00:00Z' },
    ])
      expect(told(await ask(token, bad))).toEqual([400, 'VALIDATION_FAILED']);
    for (const role of ['Nobody', 'f'.repeat(24), 'author', '__proto__'])
      expect(told(await ask(token, { role }))).toEqual([404, 'NOT_FOUND']);
    expect((await ask(token, { duration: 90 * 86_400 })).status).toBe(201);
  });

  test('for what one holds is refused, and twice at once leaves one request, on both instances', async () => {
    const person = await createPerson(server);
    expect(told(await ask(person.token, { role: 'User' }))).toEqual([409, 'ALREADY_EXISTS']);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => ask(person.token, {}, {}, index % 2 === 0 ? server : second)),
    );
    expect(answers.map(told).sort()).toEqual([[201, undefined], ...Array(5).fill([409, 'ALREADY_EXISTS'])]);
    expect((await list(person.token)).body.items).toHaveLength(1);
    // Another role is another request.
    expect((await ask(person.token, { role: 'Tagger' })).status).toBe(201);
  });

  test('under one key is once, however often it is sent', async () => {
    const person = await createPerson(server);
    const key = { 'idempotency-key': `key of ${person.id}` };
    const answers = await Promise.all([1, 2, 3].map(() => ask(person.token, {}, key)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(told(await ask(person.token, { duration: 7200 }, key))).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
  });

  test('is good for twenty a day', async () => {
    const { token } = await createPerson(server);
    for (let i = 0; i < 20; i++) await act('cancel', (await ask(token)).body.id, token);
    const { status, body, headers } = await ask(token);
    expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'RATE_LIMITED', '3600']);
  });
});

describe('a decision', () => {
  test('grants from the approval on, for as long as was asked; the token of before is stale at once', async () => {
    const person = await createPerson(server);
    const { id } = (await ask(person.token)).body;
    server.clock.advance(2 * 60_000);
    const before = Math.floor(server.clock.now().getTime() / 1000) * 1000;
    const { status, body } = await act('approve', id, admin.token, { comment: '同意' });
    const until = new Date(body.granted_until).getTime();
    expect([status, body.status, body.decided_by, body.comment]).toEqual([200, 'approved', admin.id, '同意']);
    expect(until - before - HOUR).toBeGreaterThanOrEqual(0);
    expect(until - server.clock.now().getTime()).toBeLessThanOrEqual(HOUR);
    const grant = (await server.deps.users.findById(person.id))?.roles[1];
    expect([grant?.role_name, grant?.granted_by?.toHexString(), grant?.expires_at?.getTime()]).toEqual([
      'Author',
      admin.id,
      until,
    ]);
    expect(told(await second.rest('GET', '/auth/me', { token: person.token }))[0]).toBe(401);
    const check = async () =>
      (
        await server.rest('POST', '/rbac/check', {
          token: (await server.signIn(admin)).access,
          body: { user_id: person.id, permission: 'KNOWLEDGE_CREATE' },
        })
      ).body.reason;
    expect(await check()).toBe('granted');
    server.clock.advance(until - server.clock.now().getTime());
    expect(await check()).toBe('grant_expired');
    expect((await listActs(server, person.id)).map(({ act, details }) => [act, details['request_id']])).toEqual([
      ['users.assign_role', id],
    ]);
    expect((await listActs(server, id)).map(({ act }) => act)).toEqual([
      'rbac.request_created',
      'rbac.request_approved',
    ]);
  });

  test('against it grants nothing; both are told to whoever asked, each by a mail of its own', async () => {
    const person = await createPerson(server);
    const [no, yes] = [(await ask(person.token)).body.id, (await ask(person.token, { role: 'Tagger' })).body.id];
    expect((await act('decline', no, admin.token, { comment: 'not now' })).body).toMatchObject({
      status: 'declined',
      comment: 'not now',
      granted_until: null,
    });
    expect((await act('approve', yes, admin.token)).status).toBe(200);
    const again = (await ask((await server.signIn(person)).access)).body.id;
    await act('decline', again, admin.token);
    expect(await rolesOf(person.id)).toEqual(['User', 'Tagger']);
    expect((await subjectsTo(person)).sort()).toEqual([
      'Your request for access was approved',
      'Your request for access was declined',
      'Your request for access was declined',
    ]);
    const texts = (await readMails(server, person.email)).map(({ text }) => text).join('\n');
    expect(texts).toContain('Comment: not now');
    expect(texts).toMatch(/role “Tagger” until \d\d? \w+ 2\d{3} at \d\d:\d\d UTC/);
  });

  test('is made once, of however many at the same moment, on both instances', async () => {
    const others = [await createAdmin(server), await createAdmin(server), await createAdmin(server)];
    for (let round = 0; round < 5; round++) {
      const person = await createPerson(server);
      const { id } = (await ask(person.token)).body;
      const answers = await Promise.all(
        [admin, ...others].map(({ token }, index) =>
          act(round > 2 && index === 3 ? 'decline' : 'approve', id, token, {}, index % 2 === 0 ? server : second),
        ),
      );
      expect(answers.map(told).sort()).toEqual([[200, undefined], ...Array(3).fill([409, 'INVALID_TRANSITION'])]);
      const declined = answers[3]?.status === 200 && round > 2;
      expect(await rolesOf(person.id)).toEqual(declined ? ['User'] : ['User', 'Author']);
      expect((await listActs(server, id)).map(({ act }) => act)).toEqual([
        'rbac.request_created',
        declined ? 'rbac.request_declined' : 'rbac.request_approved',
      ]);
    }
  });

  test('is nobody’s about themselves, nor about what stands above them', async () => {
    const own = (await ask(admin.token, { role: 'Author' })).body.id;
    for (const deed of ['approve', 'decline'] as const)
      expect(told(await act(deed, own, admin.token))).toEqual([403, 'PERMISSION_DENIED']);
    const registrar = await createPerson(server, [{ name: 'Registrar' }]);
    const person = await createPerson(server);
    const [above, within] = [(await ask(person.token)).body.id, (await ask(person.token, { role: 'Tagger' })).body.id];
    const high = (await ask((await createPerson(server, [{ name: 'Editor' }])).token, { role: 'Tagger' })).body.id;
    for (const id of [above, high]) {
      expect(told(await act('approve', id, registrar.token))).toEqual([403, 'PERMISSION_DENIED']);
      expect(told(await act('decline', id, registrar.token))).toEqual([403, 'PERMISSION_DENIED']);
    }
    expect(told(await act('approve', within, person.token))).toEqual([403, 'PERMISSION_DENIED']);
    expect((await act('approve', within, registrar.token)).status).toBe(200);
  });

  test('comes too late for what is closed, and not at all to what there is not', async () => {
    const person = await createPerson(server);
    const { id } = (await ask(person.token)).body;
    await act('decline', id, admin.token);
    for (const deed of ['approve', 'decline'] as const)
      expect(told(await act(deed, id, admin.token))).toEqual([409, 'INVALID_TRANSITION']);
    expect(told(await act('cancel', id, person.token))).toEqual([409, 'INVALID_TRANSITION']);
    expect(told(await act('approve', 'f'.repeat(24), admin.token))).toEqual([404, 'NOT_FOUND']);
  });

  test('finds a role that was granted meanwhile, and an account that is off', async () => {
    const person = await createPerson(server);
    const { id } = (await ask(person.token)).body;
    const body = { role_id: server.roleId('Author') };
    await server.rest('POST', `/users/${person.id}/roles`, { token: admin.token, body });
    expect(told(await act('approve', id, admin.token))).toEqual([409, 'ALREADY_EXISTS']);
    await server.rest('DELETE', `/users/${person.id}/roles/${body.role_id}`, { token: admin.token });
    await server.rest('POST', `/users/${person.id}/status`, { token: admin.token, body: { status: 'inactive' } });
    expect(told(await act('approve', id, admin.token))).toEqual([409, 'INVALID_TRANSITION']);
    expect((await server.deps.users.findById(person.id))?.roles).toHaveLength(1);
  });

  test('for Admin wants a proof that is fresh', async () => {
    const person = await createPerson(server);
    const { id } = (await ask(person.token, { role: 'Admin' })).body;
    server.clock.advance(11 * 60_000);
    expect(told(await act('approve', id, admin.token))).toEqual([403, 'STEP_UP_REQUIRED']);
    expect((await act('approve', id, (await server.signIn(admin)).access)).body.status).toBe('approved');
  });
});

describe('withdrawing', () => {
  test('is for one’s own; then one may ask again', async () => {
    const [person, other] = [await createPerson(server), await createPerson(server)];
    const { id } = (await ask(person.token)).body;
    for (const { token } of [other, admin]) expect(told(await act('cancel', id, token))).toEqual([404, 'NOT_FOUND']);
    expect((await act('cancel', id, person.token)).body.status).toBe('cancelled');
    expect(told(await act('approve', id, admin.token))).toEqual([409, 'INVALID_TRANSITION']);
    expect((await ask(person.token)).status).toBe(201);
  });

  test('at the moment of an approval: one of the two', async () => {
    for (let round = 0; round < 5; round++) {
      const person = await createPerson(server);
      const { id } = (await ask(person.token)).body;
      const [approved, cancelled] = await Promise.all([
        act('approve', id, admin.token, {}, second),
        act('cancel', id, person.token),
      ]);
      const granted = (await rolesOf(person.id)).includes('Author');
      // Approved first, the token that would withdraw may be stale already.
      expect([approved?.status, cancelled?.status === 200]).toEqual(granted ? [200, false] : [409, true]);
    }
  });
});

describe('after a week', () => {
  test('a request is over, whether it was swept or not; then one may ask again', async () => {
    const person = await createPerson(server);
    const { id, lapses_at } = (await ask(person.token)).body;
    const statusNow = async () => (await list((await server.signIn(person)).access)).body.items[0].status;
    server.clock.advance(new Date(lapses_at).getTime() - server.clock.now().getTime() - 5000);
    expect(await statusNow()).toBe('pending');
    server.clock.advance(5000);
    expect(await statusNow()).toBe('lapsed');
    const { access } = await server.signIn(admin);
    expect(told(await act('approve', id, access))).toEqual([409, 'INVALID_TRANSITION']);
    expect(idsOf(await list(access, '?whose=to_decide'))).not.toContain(id);
    const token = (await server.signIn(person)).access;
    expect(told(await act('cancel', id, token))).toEqual([409, 'INVALID_TRANSITION']);
    expect((await ask(token)).status).toBe(201);
    expect((await listActs(server, id)).map(({ act }) => act)).toEqual(['rbac.request_created', 'rbac.request_lapsed']);
  });

  test('sweeps on every instance write it down once', async () => {
    const person = await createPerson(server);
    const { id } = (await ask(person.token)).body;
    server.clock.advance(7 * DAY + 1000);
    await Promise.all([server, second, server, second].map(({ deps }) => lapseRequests(deps)));
    const acts = await listActs(server, id);
    expect(acts.map(({ act, actor }) => [act, actor['kind']])).toEqual([
      ['rbac.request_created', 'user'],
      ['rbac.request_lapsed', 'system'],
    ]);
    const lapsed = await list((await server.signIn(person)).access, '?status=lapsed');
    expect(idsOf(lapsed)).toEqual([id]);
  });
});

describe('the list', () => {
  test('holds one’s own by default, and pages by cursor and status', async () => {
    const person = await createPerson(server);
    const ids: string[] = [];
    for (const role of ['Author', 'Editor', 'Tagger']) ids.unshift((await ask(person.token, { role })).body.id);
    await act('cancel', ids[0] ?? '', person.token);
    const first = await list(person.token, '?limit=2&with_total=true');
    expect([idsOf(first), first.body.total]).toEqual([ids.slice(0, 2), 3]);
    expect(idsOf(await list(person.token, `?limit=2&cursor=${first.body.next_cursor}`))).toEqual(ids.slice(2));
    expect(idsOf(await list(person.token, '?status=pending'))).toEqual(ids.slice(1));
    expect(idsOf(await list(person.token, '?status=cancelled'))).toEqual(ids.slice(0, 1));
  });

  test('of what one may decide holds no own and none above one’s level; without the right there is none', async () => {
    const [person, registrar] = [await createPerson(server), await createPerson(server, [{ name: 'Registrar' }])];
    const [low, high] = [(await ask(person.token, { role: 'Tagger' })).body.id, (await ask(person.token)).body.id];
    const editor = await createPerson(server, [{ name: 'Editor' }]);
    const ofEditor = (await ask(editor.token, { role: 'Tagger' })).body.id;
    const own = (await ask(admin.token, { role: 'Tagger' })).body.id;
    const ofRegistrar = idsOf(await list(registrar.token, '?whose=to_decide&limit=100'));
    expect([low, high, ofEditor].map((id) => ofRegistrar.includes(id))).toEqual([true, false, false]);
    const ofAdmin = await list(admin.token, '?whose=to_decide&limit=100');
    expect([low, high, ofEditor, own].map((id) => idsOf(ofAdmin).includes(id))).toEqual([true, true, true, false]);
    expect(ofAdmin.body.items.find(({ id }: { id: string }) => id === low).username).toBe(person.username);
    expect(told(await list(person.token, '?whose=to_decide'))).toEqual([403, 'PERMISSION_DENIED']);
    await act('decline', low, admin.token);
    expect(idsOf(await list(admin.token, '?whose=to_decide'))).not.toContain(low);
    expect(idsOf(await list(registrar.token, '?whose=to_decide&status=declined'))).toContain(low);
  });
});

test('whoever may decide is told, at most once an hour, and never who asked', async () => {
  const users = server.deps.database.db.collection('users');
  // The others of this file would be told, too.
  await users.updateMany({}, { $pull: { roles: { role_name: { $in: ['Admin', 'Registrar'] } } as never } });
  const [one, two] = [await createAdmin(server), await createAdmin(server)];
  const registrar = await createPerson(server, [{ name: 'Registrar' }]);
  const person = await createPerson(server);
  await ask(person.token, {}, { 'accept-language': 'zh-CN' });
  // Of two that are in hand at once either may come first.
  await settleOutbox(server);
  await ask(person.token, { role: 'Editor' });
  await ask(one.token, { role: 'Author' });
  const waiting = ['有权限申请待您审批'];
  expect([await subjectsTo(two), await subjectsTo(registrar), await subjectsTo(person)]).toEqual([waiting, [], []]);
  expect(await subjectsTo(one)).toEqual(waiting);
  server.clock.advance(61 * 60_000);
  await ask((await server.signIn(person)).access, { role: 'Tagger' });
  expect(await subjectsTo(two)).toEqual(['A request for access waits for you', ...waiting]);
  expect(await subjectsTo(registrar)).toEqual(['A request for access waits for you']);
});

test('a request goes with the account', async () => {
  const person = await createPerson(server);
  await ask(person.token);
  const { deps } = server;
  await deps.transact((tx) => deps.removeUserData(tx, person.id));
  const _id = (await deps.users.findById(person.id))?._id;
  expect(await deps.database.db.collection('access_requests').countDocuments({ user_id: _id as never })).toBe(0);
});
