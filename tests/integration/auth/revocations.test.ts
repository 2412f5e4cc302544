// The revocation feed: what services are told, as events and by asking again, over two instances and a restart.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClient, getClientToken, type TestClient } from '../../support/clients.ts';
import { type EventStream, openStream, readBlock } from '../../support/event-stream.ts';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let other: TestServer;
let admin: string;
let reader: TestClient;
let token: string;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  reader = await createClient(server, admin, { scopes: ['feed:read'] });
  token = await getClientToken(server, reader);
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const poll = (cursor?: string, on = server) =>
  on.rest('GET', `/auth/revocations${cursor === undefined ? '' : `?cursor=${cursor}`}`, { token });

/** Batches as they come; whatever only says that the stream lives is passed over. */
async function follow(on: TestServer, cursor?: string) {
  const query = cursor === undefined ? '' : `?cursor=${cursor}`;
  const stream = await openStream(`${on.url}/api/v1/auth/revocations${query}`, { authorization: `Bearer ${token}` });
  const nextBatch = async (): Promise<Answer> => {
    for (;;) {
      const block = await stream.next();
      if (block === null) throw new Error('the stream ended');
      if (!block.startsWith(':')) return readBlock(block).data;
    }
  };
  return {
    stream,
    nextBatch,
    /** The next record that is of this type and id. */
    async expectRecord(type: string, id: string): Promise<Answer> {
      for (;;) {
        const { records } = await nextBatch();
        const found = records.find((record: Answer) => record.type === type && record.id === id);
        if (found) return found;
      }
    },
  };
}

const sidOf = (access: string): string =>
  JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()).sid;
const act = async (method: string, path: string, body?: unknown) => {
  const answer = await server.rest(method, path, { token: admin, body });
  if (answer.status >= 300) throw new Error(`${path} answered ${answer.status} ${answer.body.code}`);
  return answer.body;
};

describe.each([
  ['the instance that acts', () => server],
  ['another', () => other],
] as const)('at %s, told of', (_, instance) => {
  let feed: Awaited<ReturnType<typeof follow>>;
  beforeAll(async () => {
    feed = await follow(instance());
    expect((await feed.nextBatch()).reset).toBe(true);
  });
  afterAll(() => feed.stream.leave());

  test('a session that ended', async () => {
    const { access } = await server.signIn(await server.createUser());
    await server.rest('POST', '/auth/logout', { token: access });
    expect(await feed.expectRecord('session', sidOf(access))).toEqual({
      cursor: expect.stringMatching(/^[0-9a-f]{16}-[0-9a-f]{6}$/),
      type: 'session',
      id: sidOf(access),
      value: null,
      at: expect.stringMatching(/Z$/),
    });
  });

  test('a person whose rights changed, and whose tokens are stale', async () => {
    const user = await server.createUser();
    await act('POST', `/users/${user.id}/roles`, { role_id: server.roleId('Editor') });
    expect((await feed.expectRecord('user', user.id)).value).toBe(1);
    await act('POST', `/users/${user.id}/status`, { status: 'inactive' });
    expect((await feed.expectRecord('user', user.id)).value).toBe(2);
  });

  test('a role whose rights changed', async () => {
    const { db } = server.deps.database;
    const roles = db.collection('roles');
    const role = await roles.findOne({ name: 'Author' });
    const version = Number(role?.['rights_version']) + 7;
    await roles.updateOne({ name: 'Author' }, { $set: { rights_version: version } });
    expect((await feed.expectRecord('role', String(role?._id))).value).toEqual({
      name: 'Author',
      rights_version: version,
    });
  });

  test('a client whose secret was withdrawn, and that was removed', async () => {
    const client = await createClient(server, admin, { scopes: ['users:read'] });
    expect((await feed.expectRecord('client', client.id)).value).toEqual({ epoch: 0, scopes: ['users:read'] });
    await act('POST', `/clients/${client.id}/rotate-secret`, { keep_old_for: 0 });
    expect((await feed.expectRecord('client', client.id)).value).toEqual({ epoch: 1, scopes: ['users:read'] });
    await act('DELETE', `/clients/${client.id}`);
    expect((await feed.expectRecord('client', client.id)).value).toBeNull();
  });

  test('silence: that the stream lives', async () => {
    let batch = await feed.nextBatch();
    while (batch.records.length > 0) batch = await feed.nextBatch();
    expect(batch).toEqual({ cursor: expect.any(String), at: expect.any(String), reset: false, records: [] });
  });
});

describe('a cursor', () => {
  test('without one, everything that counts now', async () => {
    const { access } = await server.signIn(await server.createUser());
    await server.rest('POST', '/auth/logout', { token: access });
    const { status, body } = await poll();
    expect([status, body.reset]).toEqual([200, true]);
    const find = (type: string, id: string) => body.records.find((one: Answer) => one.type === type && one.id === id);
    expect(find('session', sidOf(access))).toBeDefined();
    expect(find('client', reader.id).value).toEqual({ epoch: 0, scopes: ['feed:read'] });
    expect(find('role', server.roleId('Admin')).value.name).toBe('Admin');
    const [kid] = server.deps.keys.jwks().keys.map((key) => key.kid ?? '');
    expect(find('key', kid ?? '').value).toBe('verifying');
  });

  test('goes on where it stands, at every instance, and misses nothing', async () => {
    const feed = await follow(server);
    let { cursor } = await feed.nextBatch();
    const ended: string[] = [];
    const heard: string[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const { access } = await server.signIn(await server.createUser());
      await server.rest('POST', '/auth/logout', { token: access });
      ended.push(sidOf(access));
      // By turns here and there.
      const on = turn % 2 === 0 ? other : server;
      for (let tries = 0; tries < 100 && !heard.includes(sidOf(access)); tries++) {
        const { body } = await poll(cursor, on);
        expect(body.reset).toBe(false);
        ({ cursor } = body);
        heard.push(...body.records.filter(({ type }: Answer) => type === 'session').map(({ id }: Answer) => id));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    expect(heard).toEqual(ended);
    feed.stream.leave();
  });

  test('from before an instance began is answered with everything', async () => {
    const { cursor } = (await poll()).body;
    const fresh = await startTestServer({ sharedWith: server });
    try {
      const { access } = await server.signIn(await server.createUser());
      await server.rest('POST', '/auth/logout', { token: access });
      const { body } = await poll(cursor, fresh);
      expect(body.reset).toBe(true);
      expect(body.records).toContainEqual(expect.objectContaining({ type: 'session', id: sidOf(access) }));
    } finally {
      await fresh.close();
    }
  });

  test.each(['nonsense', '', '0', `${'f'.repeat(16)}-000000`])('that is none (%s) is, too', async (cursor) => {
    expect((await poll(cursor)).body.reset).toBe(true);
  });

  test('far too long is refused', async () => {
    expect((await poll('0'.repeat(65))).body.errors).toMatchObject([{ path: 'cursor' }]);
  });
});

describe('a stream ends', () => {
  const readEnd = async (stream: EventStream): Promise<Answer> => {
    for (const block of await stream.rest()) if (block.startsWith('event: error')) return readBlock(block).data;
    return null;
  };

  test('with the instance; the reader goes on at another', async () => {
    const dying = await startTestServer({ sharedWith: server });
    const feed = await follow(dying);
    let { cursor } = await feed.nextBatch();
    const closing = dying.close();
    await feed.stream.rest().catch(() => []);
    await closing;
    const { access } = await server.signIn(await server.createUser());
    await server.rest('POST', '/auth/logout', { token: access });
    const again = await follow(other, cursor);
    let found = false;
    while (!found) {
      const batch = await again.nextBatch();
      ({ cursor } = batch);
      found = batch.records.some(({ id }: Answer) => id === sidOf(access));
    }
    expect(found).toBe(true);
    again.stream.leave();
  });

  test('where nothing is heard of changes any more; none is begun there', async () => {
    const deaf = await startTestServer({ sharedWith: server });
    try {
      const feed = await follow(deaf);
      await feed.nextBatch();
      vi.spyOn(deaf.deps.live, 'isStalled').mockReturnValue(true);
      expect((await readEnd(feed.stream)).code).toBe('DEPENDENCY_UNAVAILABLE');
      const { status, body, headers } = await poll(undefined, deaf);
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'DEPENDENCY_UNAVAILABLE', '1']);
    } finally {
      await deaf.close();
    }
  });

  test('with the right to read it', async () => {
    const client = await createClient(server, admin, { scopes: ['feed:read'] });
    const own = await getClientToken(server, client);
    const stream = await openStream(`${server.url}/api/v1/auth/revocations`, { authorization: `Bearer ${own}` });
    await stream.next();
    await act('DELETE', `/clients/${client.id}`);
    expect((await readEnd(stream)).code).toBe('SESSION_REVOKED');
  });
});

test('only an application with the scope may read it', async () => {
  const { access } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
  const without = await getClientToken(server, await createClient(server, admin, { scopes: ['users:read'] }));
  for (const [bearer, status, code] of [
    [undefined, 401, 'UNAUTHENTICATED'],
    [access, 403, 'PERMISSION_DENIED'],
    [without, 403, 'PERMISSION_DENIED'],
  ] as const) {
    const answer = await server.rest('GET', '/auth/revocations', { token: bearer });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  }
});
