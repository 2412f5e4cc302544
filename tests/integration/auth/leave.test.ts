// Leaving: told, 15 days to come back by signing in, then everything held on a person goes; an administrator always remains.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cleanUp } from '../../../server/src/features/system/cleanup.ts';
import { showTime } from '../../../server/src/platform/mail/time.ts';
import { createAuthenticator } from '../../support/authenticator.ts';
import { settle } from '../../support/instances.ts';
import { readMails } from '../../support/mailbox.ts';
import {
  beginSignIn,
  createHolder,
  expectOk,
  nextCode,
  refresh,
  registerPasskey,
  signInByPasskey,
  verify,
} from '../../support/second-factors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, listActs, listLastingAdmins, type Person } from '../users/people.ts';

let server: TestServer;
let second: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  second = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const DAY = 24 * 3_600_000;
const TERM = 15 * DAY;

const leave = (token: string, on = server) => on.rest('DELETE', '/auth/account', { token });
const clean = (on = server) => cleanUp(on.deps);
const isThere = async (id: string) => (await server.deps.users.findById(id)) !== null;
const isLeaving = async (id: string) => (await server.deps.users.findById(id))?.deletion_due_at !== undefined;
const login = ({ email, password }: { email: string; password: string }, on = server) =>
  on.rest('POST', '/auth/login', { body: { email, password } });

describe('asking to leave', () => {
  test('says until when, ends every session, tells the person, is recorded', async () => {
    const person = await createPerson(server);
    const elsewhere = await server.signIn(person);
    const asked = server.clock.now().getTime();
    const { status, body } = await leave(person.token);
    expect([status, Object.keys(body)]).toEqual([202, ['deletion_due_at']]);
    expect(Math.round((new Date(body.deletion_due_at).getTime() - asked) / DAY)).toBe(15);
    for (const token of [person.token, elsewhere.access])
      expect((await server.rest('GET', '/auth/me', { token })).body.code).toBe('SESSION_REVOKED');
    const refreshed = await server.rest('POST', '/auth/refresh', { body: { refresh_token: elsewhere.refresh } });
    expect(refreshed.body.code).toBe('SESSION_REVOKED');
    await settle([server, second]);
    const [mail] = await readMails(server, person.email);
    expect(mail?.text).toContain(`will be deleted on ${showTime(body.deletion_due_at, 'en', 'UTC')}`);
    const [record] = (await listActs(server, person.id)).filter(({ act }) => act.startsWith('auth.account_deletion'));
    expect(record).toMatchObject({ act: 'auth.account_deletion_requested', actor: { id: person.id } });
  });

  test('the browser’s cookie goes', async () => {
    const user = await server.createUser();
    const headers = { origin: server.url };
    const body = { email: user.email, password: user.password, refresh_transport: 'cookie' };
    const signedIn = await server.rest('POST', '/auth/login', { body, headers });
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const answer = await server.rest('DELETE', '/auth/account', {
      token: signedIn.body.access_token,
      headers: { ...headers, cookie },
    });
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-ac_refresh=;.*(Max-Age=0|Expires=Thu, 01 Jan 1970)/);
  });

  test('is for people: neither a stranger nor a service', async () => {
    expect((await server.rest('DELETE', '/auth/account')).body.code).toBe('UNAUTHENTICATED');
    const token = await server.mintClientToken(['users:read']);
    expect((await leave(token)).body.code).toBe('PERMISSION_DENIED');
  });
});

describe('coming back', () => {
  test('by signing in, to the last day; it is recorded, and nothing is removed later', async () => {
    const person = await createPerson(server);
    await leave(person.token);
    server.clock.advance(TERM - 60_000);
    await clean();
    expect((await login(person)).status).toBe(200);
    expect(await isLeaving(person.id)).toBe(false);
    const acts = (await listActs(server, person.id)).map(({ act }) => act);
    expect(acts).toContain('auth.account_deletion_called_off');
    server.clock.advance(TERM);
    await clean();
    expect(await isThere(person.id)).toBe(true);
  });

  test('by the whole of it: a password alone does not call it off where a factor is asked for', async () => {
    const holder = await createHolder(server);
    await leave(holder.tokens.access);
    const { mfa_token } = await beginSignIn(server, holder);
    expect((await login({ ...holder, password: 'a wrong guess' })).status).toBe(401);
    expect(await isLeaving(holder.id)).toBe(true);
    expect((await verify(server, mfa_token, 'totp', nextCode(server, holder.app.secret))).status).toBe(200);
    expect(await isLeaving(holder.id)).toBe(false);
  });

  test('a sign-in that is under way while its account asks to leave is refused; the next one calls it off', async () => {
    const person = await createPerson(server);
    const { reserve } = server.deps.hasher;
    vi.spyOn(server.deps.hasher, 'reserve').mockImplementationOnce((signal) => {
      const slot = reserve(signal);
      return {
        ...slot,
        async verify(...compared) {
          const verdict = await slot.verify(...compared);
          expect((await leave(person.token)).status).toBe(202);
          return verdict;
        },
      };
    });
    expect((await login(person)).body.code).toBe('INVALID_CREDENTIALS');
    expect(await isLeaving(person.id)).toBe(true);
    expect((await login(person)).body.status).toBe('ok');
    expect(await isLeaving(person.id)).toBe(false);
  });

  test('a new password is no signing in', async () => {
    const person = await createPerson(server);
    await leave(person.token);
    await server.deps.users.update(person.id, {}, { $set: { password_change_required: true } });
    const { change_token } = expectOk(await login(person));
    const body = { change_token, new_password: 'another horse battery' };
    expect((await server.rest('POST', '/auth/password/reset', { body })).status).toBe(204);
    expect(await isLeaving(person.id)).toBe(true);
    expect((await login({ ...person, password: 'another horse battery' })).status).toBe(200);
    expect(await isLeaving(person.id)).toBe(false);
  });
});

describe('after the term', () => {
  /** Somebody of whom something is held wherever something can be. */
  async function createTrace(): Promise<{ person: Person; key: ReturnType<typeof createAuthenticator> }> {
    const person = await createPerson(server);
    const key = createAuthenticator(server.url.replace('127.0.0.1', 'localhost'));
    expectOk(await registerPasskey(server, person.token, key));
    const { access: token } = await refresh(server, { access: person.token, refresh: person.refresh });
    await beginSignIn(server, person);
    const bind = { email: `new-${person.email}`, purpose: 'bind' };
    expectOk(await server.rest('POST', '/auth/otp', { token, body: bind }));
    expectOk(await server.rest('POST', '/auth/password/forgot', { body: { email: person.email } }));
    await settle([server, second]);
    return { person: { ...person, token }, key };
  }
  const HOLDS = ['passkeys', 'sign_in_tickets', 'otp_challenges', 'one_time_codes'];
  const countHeld = (id: string) =>
    Promise.all(
      HOLDS.map((name) => server.deps.database.db.collection(name).countDocuments({ user_id: new ObjectId(id) })),
    );

  test('the account goes with its passkeys, codes and unfinished sign-ins; its sessions stay ended', async () => {
    const { person, key } = await createTrace();
    expect(await countHeld(person.id)).toEqual([1, 1, 1, 1]);
    await leave(person.token);
    server.clock.advance(TERM + 1_000);
    expect((await clean()).leavers).toBe(1);
    expect(await isThere(person.id)).toBe(false);
    expect(await countHeld(person.id)).toEqual([0, 0, 0, 0]);
    expect((await signInByPasskey(server, key)).body.code).toBe('INVALID_CREDENTIALS');
    expect((await login(person)).body.code).toBe('INVALID_CREDENTIALS');
    const { access } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    expect((await server.rest('GET', `/users/${person.id}`, { token: access })).body.code).toBe('NOT_FOUND');
    const acts = await listActs(server, person.id);
    expect(acts.at(-1)).toMatchObject({ act: 'users.removed', actor: { kind: 'system', id: null } });
  });

  test('not a moment before', async () => {
    const person = await createPerson(server);
    await leave(person.token);
    server.clock.advance(TERM - 60_000);
    expect((await clean()).leavers).toBe(0);
    expect(await isThere(person.id)).toBe(true);
    server.clock.advance(61_000);
    expect((await clean()).leavers).toBe(1);
  });

  test('two instances clean up at once: each leaver goes once', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => createPerson(server)));
    for (const { token } of people) await leave(token);
    server.clock.advance(TERM + 1_000);
    const done = await Promise.all([clean(), clean(second)]);
    expect(done.reduce((sum, { leavers }) => sum + leavers, 0)).toBe(5);
    for (const { id } of people) {
      const acts = (await listActs(server, id)).filter(({ act }) => act === 'users.removed');
      expect([await isThere(id), acts.length]).toEqual([false, 1]);
    }
  });

  test('who comes back while it is cleaned up either stays or is gone, and is told which', async () => {
    for (let round = 0; round < 5; round++) {
      const person = await createPerson(server);
      await leave(person.token);
      server.clock.advance(TERM + 1_000);
      const [{ leavers }, { status }] = await Promise.all([clean(second), login(person)]);
      expect([status, leavers]).toEqual((await isThere(person.id)) ? [200, 0] : [401, 1]);
    }
  });
});

describe('administrators', () => {
  /** Leaves these as the only ones. */
  async function onlyAdmins(count: number): Promise<Person[]> {
    const users = server.deps.database.db.collection('users');
    await users.updateMany({}, { $pull: { roles: { role_name: 'Admin' } as never } });
    return Promise.all(Array.from({ length: count }, () => createAdmin(server)));
  }

  test('the last one stays', async () => {
    const [last] = await onlyAdmins(1);
    const { status, body } = await leave(last?.token ?? '');
    expect([status, body.code]).toEqual([409, 'LAST_ADMIN']);
    expect(await isLeaving(last?.id ?? '')).toBe(false);
    expect((await server.rest('GET', '/auth/me', { token: last?.token })).status).toBe(200);
  });

  test('one who is leaving is none to rely on', async () => {
    const [leaver, other] = await onlyAdmins(2);
    expect((await leave(leaver?.token ?? '')).status).toBe(202);
    const token = other?.token;
    expect((await leave(token ?? '')).body.code).toBe('LAST_ADMIN');
    const demoted = await server.rest('DELETE', `/users/${other?.id}/roles/${server.roleId('Admin')}`, { token });
    expect(demoted.body.code).toBe('LAST_ADMIN');
    const off = await server.rest('POST', `/users/${other?.id}/status`, { token, body: { status: 'inactive' } });
    expect(off.body.code).toBe('LAST_ADMIN');
  });

  test('two at once, on two instances: one stays', async () => {
    for (let round = 0; round < 8; round++) {
      const pair = await onlyAdmins(2);
      const answers = await Promise.all(pair.map(({ token }, index) => leave(token, index ? second : server)));
      expect(answers.map(({ status, body }) => [status, body.code]).sort()).toEqual([
        [202, undefined],
        [409, 'LAST_ADMIN'],
      ]);
    }
  });

  test('who has become the last one meanwhile is not removed when the term is over', async () => {
    const [leaver, other] = await onlyAdmins(2);
    await leave(leaver?.token ?? '');
    // As only a hand in the database could: no act of the server's leaves none.
    await server.deps.users.update(other?.id ?? '', {}, { $set: { status: 'inactive' } });
    server.clock.advance(TERM + 1_000);
    await clean();
    expect(await listLastingAdmins(server)).toEqual([leaver?.id]);
  });
});
