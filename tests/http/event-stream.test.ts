// Subscriptions over REST: what a reader gets and when, what ends a stream, and who is not let in.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../server/src/errors.ts';
import { ROLE_TABLE_GUARD } from '../../server/src/features/rbac/repository.ts';
import { request } from '../support/doors.ts';
import { type EventStream, openStream, readBlock } from '../support/event-stream.ts';
import { captureLog, type LogCapture } from '../support/log-lines.ts';
import { startTestServer, type TestServer, type Tokens } from '../support/server.ts';
import { soon } from '../support/soon.ts';
import { at, ended, type Listening, listen, newName, news } from '../support/things.ts';

const origin = 'https://app.example.com';
let server: TestServer;
let app: Listening;
let logs: LogCapture;
beforeAll(async () => {
  logs = captureLog();
  server = await startTestServer({ log: logs.log, config: { server: { cors_origins: [origin] } } });
  app = await listen(server);
});
afterAll(async () => {
  await app.close();
  await server.close();
});

const rest = (path: string, headers?: Record<string, string>) => openStream(`${app.url}/api/v1${path}`, headers);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function signIn(role = 'User'): Promise<Tokens & { id: string }> {
  const user = await server.createUser([{ name: role }]);
  return { ...(await server.signIn(user)), id: user.id };
}

/** Changes a role as an administrator would; resolves when this server knows. */
async function setRoleStatus(name: string, status: 'active' | 'inactive'): Promise<void> {
  const { database, live, takeGuard, transact } = server.deps;
  const rights_version = await transact((tx) => takeGuard(tx, ROLE_TABLE_GUARD));
  await database.db.collection('roles').updateOne({ name }, { $set: { status, rights_version } });
  await vi.waitFor(() => expect(live.roles().version).toBeGreaterThanOrEqual(rights_version), soon);
}

/** A stream of a thing of its own that has told the present state. */
async function follow(path = '/things', headers?: Record<string, string>): Promise<EventStream & { name: string }> {
  const name = newName();
  const stream = await rest(`${path}/${name}`, headers);
  expect(readBlock(await stream.next()).data).toEqual({ text: name, at: at.toISOString() });
  return { ...stream, name };
}

describe('events', () => {
  test('come one by one, while the stream is open', async () => {
    const { name, next } = await follow();
    for (const text of [
      'first',
      '第二个：你好，世界',
      'two\nlines\r\nand\u2028more',
      '{"event":"x"}\n\ndata: forged',
    ]) {
      news.emit(name, { text, at });
      const block = await next();
      expect(block).toBe(`data: ${JSON.stringify({ text, at: at.toISOString() })}`);
      expect(readBlock(block).data.text).toBe(text);
    }
    news.emit(name, { end: true });
    expect(await next()).toBeNull();
  });

  test('have the headers of every answer, and are kept by nobody', async () => {
    const { headers, status, leave } = await rest(`/things/${newName()}`, { origin, 'x-request-id': 'order-4711' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'order-4711',
      'access-control-allow-origin': origin,
    });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    leave();
  });

  test('hold what the schema lets through and nothing else', async () => {
    const { name, next, leave } = await follow();
    news.emit(name, { text: 'x', at, password_hash: 'hunter2' });
    expect(await next()).not.toContain('hunter2');
    leave();
  });

  test('end with an error where an item is not what was promised, and nothing of it leaves', async () => {
    const { name, rest: readRest, headers } = await follow();
    const logged = vi.spyOn(server.deps.log.error, 'error');
    const end = ended(name);
    news.emit(name, { text: 42, at, secret: 'hunter2' });
    const blocks = await readRest();
    expect(blocks).toHaveLength(1);
    expect(readBlock(blocks[0] ?? null)).toEqual({
      event: 'error',
      data: {
        type: 'urn:authcenter:error:INTERNAL',
        title: 'Something went wrong on our side',
        detail: 'Something went wrong on our side',
        status: 500,
        code: 'INTERNAL',
        request_id: headers['x-request-id'],
      },
    });
    expect(logged.mock.calls.map(([line]) => line)).toMatchObject([{ request_id: headers['x-request-id'] }]);
    await end;
  });

  test('end with the error that ends their source', async () => {
    const { name, rest: readRest } = await follow('/things', { 'accept-language': 'zh-CN' });
    news.emit(name, new AppError('IN_USE'));
    expect((await readRest()).map(readBlock)).toMatchObject([
      { event: 'error', data: { status: 409, code: 'IN_USE', title: '正在使用中' } },
    ]);
  });

  test('go to fifty readers at once', async () => {
    const name = newName();
    const warned = vi.fn();
    process.on('warning', warned);
    const streams = await Promise.all(Array.from({ length: 50 }, () => rest(`/things/${name}`)));
    for (const stream of streams) await stream.next();
    news.emit(name, { text: 'all', at });
    news.emit(name, { end: true });
    const seen = await Promise.all(streams.map((stream) => stream.rest()));
    expect(new Set(seen.map((blocks) => blocks.map((block) => readBlock(block).data.text).join()))).toEqual(
      new Set(['all']),
    );
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('a poller', () => {
  test.each([
    undefined,
    '*/*',
    'application/json',
    'text/html',
    'text/event-stream;q=0',
    'application/json, text/event-stream',
  ])('that accepts %s gets the first item, and the stream ends', async (accept) => {
    const name = newName();
    const end = ended(name);
    const { status, headers, body } = await request(app, 'GET', `/api/v1/things/${name}`, {
      headers: accept === undefined ? {} : { accept },
    });
    expect([status, body]).toEqual([200, { text: name, at: at.toISOString() }]);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    await end;
  });

  test.each(['text/event-stream, application/json', 'application/json;q=0.5, text/event-stream', 'TEXT/Event-Stream'])(
    'that accepts %s is none',
    async (accept) => {
      const { headers, leave } = await follow('/things', { accept });
      expect(headers['content-type']).toBe('text/event-stream');
      leave();
    },
  );

  test('of a stream that has no first item is told of our fault', async () => {
    const name = newName();
    news.once(`began ${name}`, () => news.emit(name, { end: true }));
    const { status, body } = await request(app, 'GET', `/api/v1/silence/${name}`);
    expect([status, body.code]).toEqual([500, 'INTERNAL']);
  });
});

describe('before a stream begins', () => {
  const began = vi.fn();
  const forms = [
    ['as events', 'text/event-stream'],
    ['as JSON', 'application/json'],
  ] as const;
  const refusal = async (path: string, accept: string, token?: string) => {
    const { status, headers, body } = await request(app, 'GET', `/api/v1${path}`, { token, headers: { accept } });
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    return [status, body.code];
  };

  test.each(forms)('%s, whoever may not come in is refused as anywhere else', async (_, accept) => {
    const user = await signIn();
    const name = newName();
    news.on(`began ${name}`, began);
    expect(await refusal(`/mine/${name}`, accept)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await refusal(`/mine/${name}`, accept, 'x')).toEqual([401, 'TOKEN_INVALID']);
    expect(await refusal(`/managed/${name}`, accept, user.access)).toEqual([403, 'PERMISSION_DENIED']);
    expect(await refusal(`/people/${'0'.repeat(24)}/things`, accept, user.access)).toEqual([403, 'PERMISSION_DENIED']);
    expect(began).not.toHaveBeenCalled();
  });

  test.each(forms)(
    '%s, input that does not fit and errors before the first item have their status',
    async (_, accept) => {
      expect(await refusal(`/things/${'x'.repeat(41)}`, accept)).toEqual([400, 'VALIDATION_FAILED']);
      expect(await refusal('/things/x?more=1', accept)).toEqual([400, 'VALIDATION_FAILED']);
      expect(await refusal('/missing/x', accept)).toEqual([404, 'NOT_FOUND']);
      // Before the input, the caller.
      expect(await refusal('/managed/x?more=1', accept)).toEqual([401, 'UNAUTHENTICATED']);
    },
  );

  test.each(forms)('%s, those who may come in do', async (_, accept) => {
    const editor = await signIn('Editor');
    const user = await signIn();
    for (const [path, { access }] of [
      [`/mine/${newName()}`, user],
      [`/managed/${newName()}`, editor],
      [`/people/${user.id}/things`, user],
      [`/people/${user.id}/things`, editor],
    ] as const) {
      const { status, leave } = await rest(path, { accept, ...bearer(access) });
      expect([path, status]).toEqual([path, 200]);
      leave();
    }
  });

  test('other methods find nothing, and HEAD begins nothing that lasts', async () => {
    const name = newName();
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await request(app, method, `/api/v1/things/${name}`, { body: {} })).status).toBe(404);
    const end = ended(name);
    const head = await request(app, 'HEAD', `/api/v1/things/${name}`, { headers: { accept: 'text/event-stream' } });
    expect([head.status, head.body]).toEqual([200, null]);
    await end;
  });
});

describe('what is no longer the reader’s', () => {
  const items = async ({ rest: readRest }: EventStream) => (await readRest()).map(readBlock);

  test('stays here when the session has ended', async () => {
    const { access, refresh } = await signIn();
    const { name, ...stream } = await follow('/mine', bearer(access));
    news.emit(name, { text: 'before', at });
    expect(readBlock(await stream.next()).data.text).toBe('before');
    await server.rest('POST', '/auth/logout', { body: { refresh_token: refresh } });
    news.emit(name, { text: 'after', at });
    expect(await items(stream)).toMatchObject([{ event: 'error', data: { status: 401, code: 'SESSION_REVOKED' } }]);
  });

  test('stays here when a right is lost; what is one’s own stays one’s own', async () => {
    const editor = await signIn('Editor');
    const { id, access } = await signIn();
    const managed = await follow('/managed', bearer(editor.access));
    const others = await rest(`/people/${id}/things`, bearer(editor.access));
    const own = await rest(`/people/${id}/things`, bearer(access));
    for (const stream of [others, own]) await stream.next();
    await setRoleStatus('Editor', 'inactive');
    for (const name of [managed.name, id]) news.emit(name, { text: 'after', at });
    const lost = { event: 'error', data: { status: 403, code: 'PERMISSION_DENIED', permission: 'category:MANAGE' } };
    expect(await items(managed)).toMatchObject([lost]);
    expect(await items(others)).toMatchObject([lost]);
    expect(readBlock(await own.next()).data.text).toBe('after');
    own.leave();
    await setRoleStatus('Editor', 'active');
  });

  test('stays here when the token has expired', async () => {
    const { access } = await signIn();
    const { name, ...stream } = await follow('/mine', bearer(access));
    server.clock.advance(16 * 60_000);
    news.emit(name, { text: 'after', at });
    expect(await items(stream)).toMatchObject([{ event: 'error', data: { status: 401, code: 'TOKEN_EXPIRED' } }]);
  });
});

describe('a stream ends', () => {
  test('with its source when the reader goes away, as events and before the first of them', async () => {
    const { name, leave } = await follow();
    const ends = ended(name);
    leave();
    await ends;
    const silent = newName();
    const [begins, endsToo] = [once(news, `began ${silent}`), ended(silent)];
    const poller = new AbortController();
    const poll = fetch(`${app.url}/api/v1/silence/${silent}`, { signal: poller.signal });
    await begins;
    poller.abort();
    await expect(poll).rejects.toThrow();
    await endsToo;
  });

  test('when the server stops, promptly, whatever its source waits for', async () => {
    const stopping = await listen(server);
    const open = (path: string) => openStream(`${stopping.url}/api/v1${path}`);
    const name = newName();
    const streams = await Promise.all([open(`/things/${name}`), open(`/deaf/${name}`)]);
    for (const stream of streams) await stream.next();
    const silent = newName();
    const begins = once(news, `began ${silent}`);
    const poll = request(stopping, 'GET', `/api/v1/silence/${silent}`);
    await begins;
    const ends = ended(name);
    stopping.fastify.announceStop();
    // In order: nobody is told of an error.
    for (const stream of streams) expect(await stream.rest()).toEqual([]);
    await ends;
    // Who waited for a first item may ask elsewhere.
    const { status, headers, body } = await poll;
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'OVERLOADED', '1']);
    stopping.fastify.server.closeIdleConnections();
    await stopping.close();
  });

  test('when the server stops and the reader takes nothing: nobody waits for that one', async () => {
    const stopping = await listen(server);
    const answering = once(stopping.fastify.server, 'request');
    const name = newName();
    await openStream(`${stopping.url}/api/v1/things/${name}`);
    const [, answer]: ServerResponse[] = await answering;
    for (let items = 0; items < 400; items++) news.emit(name, { text: 'x'.repeat(64 * 1024), at });
    await vi.waitFor(() => expect(answer?.writableNeedDrain).toBe(true), soon);
    await stopping.close();
  });

  test('when the app closes without a word before', async () => {
    const closing = await listen(server);
    const { next, rest: readRest } = await openStream(`${closing.url}/api/v1/things/${newName()}`);
    await next();
    const closed = closing.close();
    expect(await readRest()).toEqual([]);
    await closed;
  });

  test('after an hour: clients ask again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { name, rest: readRest } = await follow();
      const ends = ended(name);
      await vi.advanceTimersByTimeAsync(60 * 60_000);
      expect(await readRest()).toEqual([]);
      await ends;
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a heartbeat', () => {
  let beating: Listening;
  beforeAll(async () => {
    beating = await listen(server, 20);
  });
  afterAll(() => beating.close());

  test('is a comment between events, and comes before the first where that is long in coming', async () => {
    const silent = newName();
    const { next, headers, leave } = await openStream(`${beating.url}/api/v1/silence/${silent}`);
    expect(headers['content-type']).toBe('text/event-stream');
    for (let beats = 0; beats < 3; beats++) expect(await next()).toBe(': heartbeat');
    news.emit(silent, { text: 'at last', at });
    let block = await next();
    while (block === ': heartbeat') block = await next();
    expect(readBlock(block).data.text).toBe('at last');
    expect(await next()).toBe(': heartbeat');
    leave();
  });

  test('that was sent makes of the first item’s error an event', async () => {
    const silent = newName();
    const { next, rest: readRest } = await openStream(`${beating.url}/api/v1/silence/${silent}`);
    expect(await next()).toBe(': heartbeat');
    news.emit(silent, new AppError('NOT_FOUND'));
    const told = (await readRest()).filter((block) => block !== ': heartbeat').map(readBlock);
    expect(told).toMatchObject([{ event: 'error', data: { status: 404, code: 'NOT_FOUND' } }]);
  });
});

describe('a stream counts once', () => {
  test('against its limit, whatever it tells', async () => {
    const limited = await startTestServer({ config: { rate_limit: { enabled: true, read_write: '2/m' } } });
    const { url, close } = await listen(limited);
    try {
      const name = newName();
      const { next, leave } = await openStream(`${url}/api/v1/things/${name}`);
      for (let items = 0; items < 5; items++) {
        expect((await next())?.startsWith('data: ')).toBe(true);
        news.emit(name, { text: 'more', at });
      }
      const poll = () => request({ url }, 'GET', `/api/v1/things/${name}`);
      expect((await poll()).status).toBe(200);
      const refused = await poll();
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
      const events = await openStream(`${url}/api/v1/things/${name}`);
      expect(events.status).toBe(429);
      expect(JSON.parse(await events.body())).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
      leave();
    } finally {
      await close();
      await limited.close();
    }
  });

  const count = async (outcome: string) => {
    const { values } = (await server.deps.metrics.registry.getSingleMetric('authcenter_requests_total')?.get()) ?? {
      values: [],
    };
    const found = values.find(
      ({ labels }) =>
        labels['door'] === 'rest' && labels['procedure'] === 'things.watch' && labels['outcome'] === outcome,
    );
    return found?.value ?? 0;
  };

  test('in the metrics, when it is over, by how it ended', async () => {
    const before = { ok: await count('ok'), failed: await count('IN_USE') };
    const [over, failed, left] = [await follow(), await follow(), await follow()];
    expect([await count('ok'), await count('IN_USE')]).toEqual([before.ok, before.failed]);
    news.emit(over.name, { text: 'more', at });
    news.emit(over.name, { end: true });
    await over.rest();
    news.emit(failed.name, new AppError('IN_USE'));
    await failed.rest();
    left.leave();
    await vi.waitFor(
      async () => expect([await count('ok'), await count('IN_USE')]).toEqual([before.ok + 2, before.failed + 1]),
      soon,
    );
  });

  test('in the access log, when it is over', async () => {
    const linesOf = ({ name }: { name: string }) =>
      logs.lines().filter(({ path }) => path === `/api/v1/things/${name}`);
    const [over, left] = [await follow(), await follow()];
    expect([linesOf(over), linesOf(left)]).toEqual([[], []]);
    news.emit(over.name, { end: true });
    await over.rest();
    left.leave();
    await vi.waitFor(() => {
      expect(linesOf(over)).toMatchObject([{ method: 'GET', status: 200 }]);
      expect(linesOf(left)).toMatchObject([{ method: 'GET', status: 200, aborted: true }]);
    }, soon);
    expect(linesOf(over)[0]).not.toHaveProperty('aborted');
  });
});
