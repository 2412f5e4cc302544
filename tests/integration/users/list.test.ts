// users.list: filters, sorts, pages that fit together, search.
import type { Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserDocument } from '../../../server/src/features/users/document.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { filters, holds, insertCrowd, type Sort, sorts } from './crowd.ts';
import { createAdmin } from './people.ts';

let server: TestServer;
let token: string;
let everybody: UserDocument[];

beforeAll(async () => {
  server = await startTestServer();
  token = (await createAdmin(server)).token;
  everybody = await insertCrowd(server);
});
afterAll(() => server.close());

const list = (query: Record<string, string | number | boolean>) =>
  server.rest(
    'GET',
    `/users?${new URLSearchParams(Object.fromEntries(Object.entries(query).map(([k, v]) => [k, String(v)])))}`,
    { token },
  );

const keyOf: Record<Sort, (user: UserDocument) => number | string> = {
  created_at: (user) => -user.created_at.getTime(),
  last_login_at: (user) => -user.login_history.last_login_at.getTime(),
  username: (user) => user.username,
};

/** All ids in order, sorted here and not by the server. */
function sorted(sort: Sort, keep: (user: UserDocument) => boolean): string[] {
  const id = (user: UserDocument) => user._id.toHexString();
  const direction = sort === 'username' ? 1 : -1;
  return everybody
    .filter(keep)
    .sort((a, b) => {
      const [x, y] = [keyOf[sort](a), keyOf[sort](b)];
      return x < y ? -1 : x > y ? 1 : (id(a) < id(b) ? -1 : 1) * direction;
    })
    .map(id);
}

describe.each(filters)('by %s', (_, filter, keep) => {
  test.each(sorts)('sorted by %s, its pages are one sort cut into pieces', async (sort) => {
    const wanted = sorted(sort, keep);
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const { status, body } = await list({ ...filter, sort, limit: 37, ...(cursor === null ? {} : { cursor }) });
      expect(status).toBe(200);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
      pages++;
    } while (cursor !== null);
    expect(seen).toEqual(wanted);
    expect(pages).toBe(Math.max(1, Math.ceil(wanted.length / 37)));
  });

  test('the total is counted when it is asked for', async () => {
    expect((await list({ ...filter, limit: 1, with_total: true })).body.total).toBe(sorted('username', keep).length);
    expect((await list({ ...filter, limit: 1 })).body).not.toHaveProperty('total');
  });
});

describe('pages', () => {
  test('are 20 by default and 100 at most, the newest first', async () => {
    const { body } = await list({});
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(sorted('created_at', () => true).slice(0, 20));
    expect((await list({ limit: 100 })).body.items).toHaveLength(100);
    for (const limit of [0, 101, -1]) expect((await list({ limit })).body.code).toBe('VALIDATION_FAILED');
  });

  test('a full last page is the last', async () => {
    const editors = sorted('username', holds('Editor'));
    expect((await list({ role: 'Editor', limit: editors.length })).body.next_cursor).toBeNull();
    expect((await list({ role: 'Editor', limit: editors.length - 1 })).body.next_cursor).toBeTypeOf('string');
  });

  test('a cursor is good for its own sort only', async () => {
    for (const sort of sorts) {
      const cursor = (await list({ sort, limit: 1 })).body.next_cursor;
      for (const other of sorts) {
        const { status, body } = await list({ sort: other, limit: 1, cursor });
        if (other === sort) expect(status).toBe(200);
        else expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, 'VALIDATION_FAILED', 'cursor']);
      }
    }
  });

  test('a cursor of another’s making is refused, whatever it tries', async () => {
    const make = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const id = 'f'.repeat(24);
    for (const cursor of [
      '',
      'x',
      'at-5',
      make({}),
      make(['created_at', -1, 'date', { $gt: '' }, id]),
      make(['created_at', -1, 'date', 1e300, id]),
      make(['created_at', -1, 'date', 'x', id]),
      make(['created_at', -1, 'date', 0, { $ne: null }]),
      make(['created_at', -1, 'date', 0, 'short']),
      make(['password_hash', -1, 'string', 'a', id]),
      'x'.repeat(1025),
    ]) {
      const { status, body } = await list({ cursor });
      expect([cursor, status, body.code, body.errors?.[0]?.path]).toEqual([cursor, 400, 'VALIDATION_FAILED', 'cursor']);
    }
  });

  test('never signed in is null, not 1970', async () => {
    const { body } = await list({ sort: 'last_login_at', limit: 100, status: 'locked' });
    const logins = body.items.map(
      (user: { login_history: { last_login_at: string | null } }) => user.login_history.last_login_at,
    );
    expect(logins.some((at: string | null) => at === null)).toBe(true);
    expect(logins.some((at: string | null) => at?.startsWith('1970'))).toBe(false);
  });

  test('show nothing but the fields of a user', async () => {
    const { body } = await list({ limit: 1 });
    expect(Object.keys(body.items[0]).sort()).toEqual([
      'created_at',
      'email',
      'email_verified',
      'id',
      'login_history',
      'phone',
      'phone_verified',
      'profile',
      'roles',
      'status',
      'updated_at',
      'username',
    ]);
    expect(Object.keys(body.items[0].login_history).sort()).toEqual(['last_login_at', 'login_count']);
  });

  test('of a role that does not exist are refused', async () => {
    for (const role of ['Nobody', 'admin', '$ne']) {
      const { body } = await list({ role });
      expect([body.code, body.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'role']);
    }
  });
});

describe('search', () => {
  const names = async (search: string, more: Record<string, string | number | boolean> = {}) =>
    (await list({ search, limit: 100, sort: 'username', ...more })).body.items.map(
      ({ username }: { username: string }) => username,
    );

  beforeAll(async () => {
    const users = server.deps.database.db.collection('users');
    const make = async (username: string, fields: Document) => {
      await server.createUser([{ name: 'User' }], { username, email: `${username}@search.example.com` });
      await users.updateOne({ username }, { $set: fields });
    };
    await make('zoe.wang', { 'profile.name': '王小明', phone: '+8613811112222' });
    await make('zoe-wang', { 'profile.name': 'Zoe (Ops)', phone: '+8613811113333', status: 'inactive' });
    await make('zoexwang', { 'profile.name': 'Other' });
  });

  test('finds by the beginning of user name, address, number or name', async () => {
    expect(await names('zoe')).toEqual(['zoe-wang', 'zoe.wang', 'zoexwang']);
    expect(await names('ZOE.W')).toEqual(['zoe.wang']);
    expect(await names('Zoe-Wang@Search')).toEqual(['zoe-wang']);
    expect(await names('1381111')).toEqual(['zoe-wang', 'zoe.wang']);
    expect(await names('+86138111122')).toEqual(['zoe.wang']);
    expect(await names('王小')).toEqual(['zoe.wang']);
    expect(await names('Zoe (')).toEqual(['zoe-wang']);
  });

  test('the beginning only, and every character as it stands', async () => {
    for (const text of ['oe.wang', '小明', 'zoe.*', '^zoe', '.*', '(', '[a', '\\', 'zoe.wang$', '$where', '{"$gt":""}'])
      expect([text, await names(text)]).toEqual([text, []]);
  });

  test('goes with filters, sorts, pages and totals', async () => {
    expect(await names('zoe', { status: 'inactive' })).toEqual(['zoe-wang']);
    expect(await names('zoe', { role: 'Editor' })).toEqual([]);
    const first = (await list({ search: 'zoe', sort: 'username', limit: 2, with_total: true })).body;
    expect([first.items.length, first.total]).toEqual([2, 3]);
    const next = (await list({ search: 'zoe', sort: 'username', limit: 2, cursor: first.next_cursor })).body;
    expect([next.items[0].username, next.items.length, next.next_cursor]).toEqual(['zoexwang', 1, null]);
    const newest = (await list({ search: 'zoe' })).body.items.map(({ username }: { username: string }) => username);
    expect(newest).toEqual(['zoexwang', 'zoe-wang', 'zoe.wang']);
    const plain = (await list({ limit: 1 })).body.next_cursor;
    expect((await list({ search: 'zoe', cursor: plain })).body.code).toBe('VALIDATION_FAILED');
    expect((await list({ cursor: first.next_cursor })).body.code).toBe('VALIDATION_FAILED');
  });

  test('pages of many who came at one instant hold each of them once', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await list({ search: 'a_', limit: 10, ...(cursor === null ? {} : { cursor }) });
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(sorted('created_at', ({ username }) => username.startsWith('a_')).toSorted());
  });
});
