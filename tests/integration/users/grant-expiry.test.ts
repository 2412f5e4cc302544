// What is made of grants as they run out: a reminder, a record of the end that is none of somebody's act, and in time nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { administration } from '../../../server/src/database/migrations/0005-administration.ts';
import { newGrant } from '../../../server/src/features/users/new-user.ts';
import { sweepGrants } from '../../../server/src/features/users/sweep-grants.ts';
import { showTime } from '../../../server/src/platform/mail/time.ts';
import { readMails } from '../../support/mailbox.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { createPerson, listActs, type Person } from './people.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let server: TestServer;
let second: TestServer;
let admin: Person;
beforeAll(async () => {
  // Years go by here, and nobody is to wait for keys.
  const config = { jwt: { rotation_interval: '3650d' } };
  server = await startTestServer({ config });
  second = await startTestServer({ sharedWith: server, config });
});
beforeEach(async () => {
  // The clock has been moved, by more than a session lasts.
  admin = await createPerson(server, [{ name: 'Admin' }]);
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const inMs = (ms: number) => new Date(Math.floor((server.clock.now().getTime() + ms) / 1000) * 1000);
async function grant(id: string, expires_at: Date | null, role = 'Editor') {
  const body = { role_id: server.roleId(role), expires_at };
  expect((await server.rest('POST', `/users/${id}/roles`, { token: admin.token, body })).status).toBe(201);
}
async function renew(id: string, expires_at: Date | null) {
  const path = `/users/${id}/roles/${server.roleId('Editor')}`;
  const { access: token } = await server.signIn(admin);
  expect((await server.rest('PUT', path, { token, body: { expires_at } })).status).toBe(200);
}
const sweep = () => sweepGrants(server.deps);
const actsOf = async (id: string) => (await listActs(server, id)).map(({ act }) => act);
const grantsOf = async (id: string) =>
  (await server.deps.users.findById(id))?.roles.map(({ role_name }) => role_name) ?? [];
const remindersOf = async ({ email }: Pick<TestUser, 'email'>) =>
  (await readMails(server, email)).filter(({ subject }) => subject === '您的角色即将到期');
const check = async (id: string) => {
  const { access: token } = await server.signIn(admin);
  const body = { user_id: id, permission: 'knowledge:DELETE' };
  return (await server.rest('POST', '/rbac/check', { token, body })).body.reason;
};

describe('the end of a grant', () => {
  test('is on record once, as an act of nobody, with what was granted; however many sweep', async () => {
    const { id } = await server.createUser();
    const end = inMs(HOUR);
    await grant(id, end);
    server.clock.advance(HOUR - 2000);
    await sweep();
    expect(await actsOf(id)).toEqual(['users.assign_role']);
    server.clock.advance(3000);
    await Promise.all([sweep(), sweepGrants(second.deps), sweep(), sweepGrants(second.deps)]);
    await sweep();
    const [, ...ended] = await listActs(server, id);
    expect(ended).toMatchObject([
      {
        act: 'users.grant_expired',
        actor: { kind: 'system', id: null },
        details: {
          role_id: server.roleId('Editor'),
          role: 'Editor',
          granted_by: admin.id,
          granted_at: expect.any(Date),
          expires_at: end,
        },
      },
    ]);
    expect(ended).toHaveLength(1);
  });

  test('takes no token with it: whoever signed in after it goes on', async () => {
    const person = await createPerson(server);
    await grant(person.id, inMs(HOUR));
    server.clock.advance(HOUR + 1000);
    const { access } = await server.signIn(person);
    expect(await sweep()).toBeGreaterThanOrEqual(1);
    expect((await server.rest('GET', '/auth/me', { token: access })).status).toBe(200);
  });

  test('still answers why for 30 days, then the grant is gone', async () => {
    const { id } = await server.createUser();
    await grant(id, inMs(HOUR));
    server.clock.advance(HOUR + 1000);
    for (const days of [0, 29]) {
      server.clock.advance(days * DAY);
      await sweep();
      expect([await check(id), await grantsOf(id)]).toEqual(['grant_expired', ['User', 'Editor']]);
    }
    server.clock.advance(DAY);
    await sweep();
    expect([await check(id), await grantsOf(id)]).toEqual(['no_permission', ['User']]);
    expect((await actsOf(id)).filter((act) => act === 'users.grant_expired')).toHaveLength(1);
  });

  test('that nobody swept for a year is recorded all the same, and then forgotten', async () => {
    const { id } = await server.createUser();
    await grant(id, inMs(HOUR));
    server.clock.advance(365 * DAY);
    await sweep();
    expect(await actsOf(id)).toEqual(['users.assign_role', 'users.grant_expired']);
    await sweep();
    expect(await grantsOf(id)).toEqual(['User']);
  });

  test('is told apart from a removal, and is not lost where a new grant comes first', async () => {
    const { id } = await server.createUser();
    await grant(id, inMs(HOUR));
    await server.rest('DELETE', `/users/${id}/roles/${server.roleId('Editor')}`, { token: admin.token });
    await grant(id, inMs(HOUR / 60));
    server.clock.advance(HOUR / 60 + 1000);
    await grant(id, null);
    server.clock.advance(2 * HOUR);
    await sweep();
    expect(await actsOf(id)).toEqual([
      'users.assign_role',
      'users.remove_role',
      'users.assign_role',
      'users.grant_expired',
      'users.assign_role',
    ]);
    expect(await check(id)).toBe('granted');
  });

  test('that was put off in time is none', async () => {
    const { id } = await server.createUser();
    await grant(id, inMs(HOUR));
    await renew(id, inMs(3 * HOUR));
    server.clock.advance(2 * HOUR);
    await sweep();
    await renew(id, null);
    server.clock.advance(2 * HOUR);
    await sweep();
    expect(await actsOf(id)).toEqual(['users.assign_role', 'users.renew_role', 'users.renew_role']);
    expect(await check(id)).toBe('granted');
  });

  test('of hundreds at one instant is recorded in one sweep', async () => {
    const users = server.deps.database.db.collection('users');
    const [role, now] = [{ id: server.roleId('Author'), name: 'Author' }, server.clock.now()];
    const { _id, email, ...template } = (await server.deps.users.findById((await server.createUser()).id)) ?? {};
    await users.insertMany(
      Array.from({ length: 510 }, (_, index) => ({
        ...template,
        username: `crowd_${index}`,
        roles: [newGrant(role, null, now, inMs(HOUR))],
      })),
    );
    server.clock.advance(HOUR + 1000);
    await sweep();
    const recorded = { act: 'users.grant_expired', 'details.role': 'Author' };
    expect(await server.deps.database.db.collection('audit_logs').countDocuments(recorded)).toBe(510);
    await users.deleteMany({ username: /^crowd_/ });
  }, 120_000);

  test('is found by an index, however many grants have ended before', async () => {
    const plan = await server.deps.database.db
      .collection('users')
      .find({ 'roles.due_at': { $exists: true, $lte: server.clock.now() } })
      .explain('executionStats');
    expect(JSON.stringify(plan['queryPlanner'].winningPlan)).toContain('"indexName":"grant_due_at"');
  });

  test('of grants from before this version is recorded, too', async () => {
    const users = server.deps.database.db.collection('users');
    const { id } = await server.createUser([{ name: 'User' }, { name: 'Editor', expires_at: inMs(HOUR) }]);
    const _id = (await server.deps.users.findById(id))?._id;
    await users.updateOne({ _id: _id as never }, { $unset: { 'roles.$[].due_at': '' } });
    await administration.up(server.deps.database);
    await administration.up(server.deps.database);
    server.clock.advance(HOUR + 1000);
    await sweep();
    expect(await actsOf(id)).toEqual(['users.grant_expired']);
    expect((await server.deps.users.findById(id))?.roles[0]).not.toHaveProperty('due_at');
  });
});

describe('a reminder', () => {
  test('comes three days before, once, whoever sweeps', async () => {
    const user = await server.createUser();
    const end = inMs(30 * DAY);
    await grant(user.id, end);
    server.clock.advance(27 * DAY - HOUR);
    await sweep();
    expect(await remindersOf(user)).toEqual([]);
    server.clock.advance(2 * HOUR);
    await Promise.all([sweep(), sweepGrants(second.deps)]);
    // A message in hand would be taken for one whose worker died, days ago.
    await Promise.all([server.deps.outbox.idle(), second.deps.outbox.idle()]);
    server.clock.advance(2 * DAY);
    await sweep();
    await settleOutbox(second);
    const [mail, ...more] = await remindersOf(user);
    expect(more).toEqual([]);
    expect(mail?.text).toContain(user.username);
    expect(mail?.text).toContain(`“Editor”将于 ${showTime(end.toISOString(), 'zh', 'UTC')} 到期`);
  });

  test('of a grant for a week comes after three quarters of it; of one for hours never', async () => {
    const [week, hours] = [await server.createUser(), await server.createUser()];
    await grant(week.id, inMs(7 * DAY));
    await grant(hours.id, inMs(23 * HOUR));
    server.clock.advance(5.25 * DAY - HOUR);
    await sweep();
    expect(await remindersOf(week)).toHaveLength(0);
    server.clock.advance(2 * HOUR);
    await sweep();
    expect(await remindersOf(week)).toHaveLength(1);
    expect(await remindersOf(hours)).toHaveLength(0);
  });

  test('after a renewal comes again, before the new end', async () => {
    const user = await server.createUser();
    await grant(user.id, inMs(30 * DAY));
    server.clock.advance(28 * DAY);
    await sweep();
    await renew(user.id, inMs(30 * DAY));
    await sweep();
    expect(await remindersOf(user)).toHaveLength(1);
    server.clock.advance(27 * DAY + HOUR);
    await sweep();
    expect(await remindersOf(user)).toHaveLength(2);
  });

  test('of two roles that end together comes for each', async () => {
    const user = await server.createUser();
    await grant(user.id, inMs(30 * DAY));
    await grant(user.id, inMs(30 * DAY), 'Author');
    server.clock.advance(28 * DAY);
    await sweep();
    const texts = (await remindersOf(user)).map(({ text }) => /角色“(\w+)”/.exec(text)?.[1]);
    expect(texts.sort()).toEqual(['Author', 'Editor']);
  });

  test('is for nobody whose account is off, or whose grant is gone', async () => {
    const [off, revoked] = [await server.createUser(), await server.createUser()];
    for (const { id } of [off, revoked]) await grant(id, inMs(30 * DAY));
    await server.rest('POST', `/users/${off.id}/status`, { token: admin.token, body: { status: 'inactive' } });
    await server.rest('DELETE', `/users/${revoked.id}/roles/${server.roleId('Editor')}`, { token: admin.token });
    server.clock.advance(28 * DAY);
    await sweep();
    expect([...(await remindersOf(off)), ...(await remindersOf(revoked))]).toEqual([]);
  });

  test('goes by text message to who has a number alone', async () => {
    const user = await server.createUser();
    const phone = '+8613912345678';
    await server.deps.users.update(user.id, {}, { $set: { phone, phone_verified: true }, $unset: { email: '' } });
    await grant(user.id, inMs(30 * DAY));
    server.clock.advance(28 * DAY);
    await sweep();
    const [sms] = await readMails(server, phone);
    expect(sms?.text).toContain(`账号 ${user.username} 的角色“Editor”将于 `);
  });

  test('may be switched off, and then the end is recorded all the same', async () => {
    const quiet = await startTestServer({ config: { rbac: { grant_reminder: '0s' } } });
    try {
      const root = await createPerson(quiet, [{ name: 'Admin' }]);
      const user = await quiet.createUser();
      const body = { role_id: quiet.roleId('Editor'), expires_at: new Date(quiet.clock.now().getTime() + 30 * DAY) };
      await quiet.rest('POST', `/users/${user.id}/roles`, { token: root.token, body });
      quiet.clock.advance(30 * DAY - HOUR);
      await sweepGrants(quiet.deps);
      expect(await readMails(quiet, user.email)).toEqual([]);
      quiet.clock.advance(2 * HOUR);
      await sweepGrants(quiet.deps);
      expect((await listActs(quiet, user.id)).map(({ act }) => act)).toContain('users.grant_expired');
    } finally {
      await quiet.close();
    }
  });
});
