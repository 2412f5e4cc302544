// Editing users: of oneself the profile, with user:UPDATE names and addresses too; a changed address is unverified.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unwrap } from '../../support/doors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, listActs, type Person } from './people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer();
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const update = (id: string, body: unknown, token = admin.token) => server.rest('PUT', `/users/${id}`, { token, body });

describe('oneself', () => {
  test('changes the profile, and the fields that are named alone', async () => {
    const me = await createPerson(server);
    const first = await update(me.id, { profile: { name: '李雷', department: '研发部' } }, me.token);
    expect([first.status, first.body.profile]).toEqual([
      200,
      { name: '李雷', avatar: null, department: '研发部', position: null },
    ]);
    const avatar = 'https://example.com/a.png';
    const next = await update(me.id, { profile: { avatar, department: null } }, me.token);
    expect(next.body.profile).toEqual({ name: '李雷', avatar, department: null, position: null });
    expect((await update(me.id, { profile: {} }, me.token)).body.profile).toEqual(next.body.profile);
    expect((await server.rest('GET', '/auth/me', { token: me.token })).body.profile.name).toBe('李雷');
  });

  test.each([
    ['username', { username: 'somebody.else' }],
    ['email', { email: 'new@example.com' }],
    ['phone', { phone: '13800138001' }],
    ['the phone away', { phone: null }],
    ['a name beside the profile', { username: 'x.y.z', profile: { name: 'x' } }],
  ])('does not change %s', async (_, body) => {
    const me = await createPerson(server);
    for (const answer of [
      await update(me.id, body, me.token),
      await server.trpc('users.update', { id: me.id, ...body }, { token: me.token }),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.body.error ? unwrap(answer) : answer.body).toMatchObject({
        code: 'PERMISSION_DENIED',
        permission: 'user:UPDATE',
      });
    }
    expect((await server.deps.users.findById(me.id))?.profile.name).toBeNull();
  });

  test.each([
    ['status', { status: 'active' }],
    ['roles', { roles: [] }],
    ['verification', { email_verified: true }],
    ['a password', { password: 'correct horse battery' }],
    ['a hash', { password_hash: 'x' }],
    ['the epoch', { security: { token_epoch: 0 } }],
    ['history', { login_history: { login_count: 0 } }],
    ['its id', { _id: '0'.repeat(24) }],
    ['an operator', { $set: { status: 'active' } }],
    ['a path', { 'profile.name': 'x' }],
    ['a profile of one’s own making', { profile: { admin: true } }],
  ])('has no field for %s, nor has an administrator', async (_, body) => {
    const me = await createPerson(server);
    for (const token of [me.token, admin.token])
      expect((await update(me.id, body, token)).body.code).toBe('VALIDATION_FAILED');
  });

  test('does not change others', async () => {
    const me = await createPerson(server);
    const { status, body } = await update(admin.id, { profile: { name: 'x' } }, me.token);
    expect([status, body.code, body.permission]).toEqual([403, 'PERMISSION_DENIED', 'user:UPDATE']);
  });
});

describe('profile fields', () => {
  test.each([
    ['a script for an avatar', { avatar: 'javascript:alert(1)' }, 'profile.avatar'],
    ['data for an avatar', { avatar: 'data:image/png;base64,AAAA' }, 'profile.avatar'],
    ['a file for an avatar', { avatar: 'file:///etc/passwd' }, 'profile.avatar'],
    ['two lines', { name: 'a\nb' }, 'profile.name'],
    ['a control character', { name: 'a\u0000b' }, 'profile.name'],
    ['a line separator', { department: 'a\u2028b' }, 'profile.department'],
    ['nothing but blanks', { position: '   ' }, 'profile.position'],
    ['101 characters', { name: 'x'.repeat(101) }, 'profile.name'],
    ['an operator', { name: { $gt: '' } }, 'profile.name'],
  ])('refuse %s', async (_, profile, path) => {
    const { status, body } = await update(admin.id, { profile });
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'VALIDATION_FAILED', path]);
  });
});

describe('with user:UPDATE', () => {
  test('names and addresses change, and a changed address is unverified', async () => {
    const { id, email } = await server.createUser();
    const users = server.deps.database.db.collection('users');
    await users.updateOne({ email }, { $set: { phone: '+8613900000001', phone_verified: true } });
    const tag = id.slice(-8);
    const same = await update(id, { email: email.toUpperCase(), phone: '139 0000 0001' });
    expect(same.body).toMatchObject({ email, email_verified: true, phone: '+8613900000001', phone_verified: true });
    const next = await update(id, { username: `New.${tag}`, email: `New.${tag}@Example.com`, phone: '13900000002' });
    expect(next.body).toMatchObject({
      username: `new.${tag}`,
      email: `new.${tag}@example.com`,
      email_verified: false,
      phone: '+8613900000002',
      phone_verified: false,
    });
    const gone = await update(id, { email: null, phone: null });
    expect(gone.body).toMatchObject({ email: null, email_verified: false, phone: null, phone_verified: false });
    expect(gone.body.username).toBe(`new.${tag}`);
    const acts = await listActs(server, id);
    expect(acts.map(({ act, details }) => [act, details.fields])).toEqual([
      ['users.update', ['email', 'phone']],
      ['users.update', ['username', 'email', 'phone']],
      ['users.update', ['email', 'phone']],
    ]);
  });

  test('of oneself as well', async () => {
    const me = await createAdmin(server);
    expect((await update(me.id, { username: `me.${me.id.slice(-8)}` }, me.token)).status).toBe(200);
  });

  test.each([
    '13800138000',
    '138 0013 8000',
    '138-0013-8000',
    '0086 138 0013 8000',
    '008613800138000',
    '+86 138 0013 8000',
    '+8613800138000',
    '１３８００１３８０００',
    '＋８６　１３８００１３８０００',
    '(+86) 13800138000',
    '86 13800138000',
  ])('the number %j is +8613800138000', async (phone) => {
    const { id } = await server.createUser();
    const { status, body } = await update(id, { phone });
    expect([status, body.phone]).toEqual([200, '+8613800138000']);
    expect((await update(id, { phone: null })).body.phone).toBeNull();
  });

  test.each(['1234', 'telephone', '+1234', '138001380001380013800', '++8613800138000', '{"$gt":""}'])(
    'the number %j is none',
    async (phone) => {
      const { status, body } = await update((await server.createUser()).id, { phone });
      expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'VALIDATION_FAILED', 'phone']);
    },
  );

  test('numbers of other countries keep their own', async () => {
    const { id } = await server.createUser();
    expect((await update(id, { phone: '+1 415 555 2671' })).body.phone).toBe('+14155552671');
    expect((await update(id, { phone: '0044 20 7946 0958' })).body.phone).toBe('+442079460958');
  });

  test('what another holds is refused by name, in whatever spelling', async () => {
    const holder = await server.createUser();
    await update(holder.id, { phone: '13900000009' });
    const { id } = await server.createUser();
    for (const [field, value] of [
      ['username', holder.username.toUpperCase()],
      ['email', holder.email.toUpperCase()],
      ['phone', '１３９０００００００９'],
    ]) {
      const { status, body } = await update(id, { [String(field)]: value, profile: { name: 'half done' } });
      expect([status, body.code, body.errors]).toEqual([
        409,
        'ALREADY_EXISTS',
        [{ path: field, message: expect.any(String) }],
      ]);
    }
    expect((await server.deps.users.findById(id))?.profile.name).toBeNull();
    expect(await listActs(server, id)).toEqual([]);
  });

  test('of several who want one name at once, one gets it', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => server.createUser()));
    const answers = await Promise.all(people.map(({ id }) => update(id, { username: 'the.one' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
  });

  test.each(['ab', 'x'.repeat(33), 'with space', 'a@b.c', '李雷雷', 'a/b/c', ''])(
    'the name %j is none',
    async (username) => {
      const { body } = await update((await server.createUser()).id, { username });
      expect([body.code, body.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'username']);
    },
  );

  test('an edit says that a registration is meant to be: it lapses no more', async () => {
    const { id, email } = await server.createUser();
    const users = server.deps.database.db.collection('users');
    const lapse = async () => {
      await users.updateOne({ email }, { $set: { unverified_until: new Date(), email_verified: false } });
    };
    const lapses = async () => (await server.deps.users.findById(id))?.unverified_until !== undefined;
    await lapse();
    await update(id, { username: `kept.${id.slice(-8)}` });
    expect(await lapses()).toBe(false);
    const me = await createPerson(server);
    await users.updateOne({ email: me.email }, { $set: { unverified_until: new Date() } });
    await update(me.id, { profile: { name: '李雷' } }, me.token);
    expect((await server.deps.users.findById(me.id))?.unverified_until).toBeDefined();
  });

  test('nobody is NOT_FOUND', async () => {
    expect((await update('0'.repeat(24), { profile: { name: 'x' } })).body.code).toBe('NOT_FOUND');
  });
});
