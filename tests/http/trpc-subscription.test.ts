// Subscriptions over tRPC's own server-sent events, by its own client: the same items, guard and ends as over REST.
import { once } from 'node:events';
import { createTRPCClient, httpSubscriptionLink, type TRPCClientError } from '@trpc/client';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { AppError } from '../../server/src/errors.ts';
import { wire } from '../../server/src/platform/wire.ts';
import { batch, request, unwrap } from '../support/doors.ts';
import { openStream, readBlock } from '../support/event-stream.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { at, ended, type Listening, listen, newName, news, type things } from '../support/things.ts';

let server: TestServer;
let app: Listening;
beforeAll(async () => {
  server = await startTestServer();
  app = await listen(server);
});
afterAll(async () => {
  await app.close();
  await server.close();
});

const createClient = (token?: string, { url } = app) =>
  createTRPCClient<typeof things>({
    links: [
      httpSubscriptionLink({
        url: `${url}/trpc`,
        transformer: wire,
        EventSource,
        eventSourceOptions: {
          fetch: (target, init) =>
            fetch(target, {
              ...init,
              headers: { ...init.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
            }),
        },
      }),
    ],
  }).things;

/** What a subscriber is told, in order: items, its error, or that it is over. */
type Told = { readonly item: unknown } | { readonly error: TRPCClientError<typeof things> } | 'complete';

/** Subscribes; each call of `next` waits for one thing more to be told. */
function subscribe(procedure: ReturnType<typeof createClient>['watch'], input: { name: string }) {
  const told: Told[] = [];
  let wake = () => {};
  const tell = (one: Told) => {
    told.push(one);
    wake();
  };
  const { unsubscribe } = procedure.subscribe(input, {
    onData(item) {
      expectTypeOf(item).toEqualTypeOf<{ text: string; at: Date }>();
      tell({ item });
    },
    onError: (error) => tell({ error }),
    onComplete: () => tell('complete'),
  });
  const next = async (): Promise<Told> => {
    for (;;) {
      const one = told.shift();
      if (one !== undefined) return one;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { unsubscribe, next };
}

const errorOf = (told: Told): Answer => (typeof told === 'object' && 'error' in told ? told.error.data : told);

async function signIn(role = 'User') {
  return server.signIn(await server.createUser([{ name: role }]));
}

describe('a subscriber', () => {
  test('gets items as they come, times as times, and hears of the end', async () => {
    const name = newName();
    const { access } = await signIn();
    const { next } = subscribe(createClient(access).mine, { name });
    expect(await next()).toEqual({ item: { text: name, at } });
    news.emit(name, { text: '你好\n世界', at, password_hash: 'hunter2' });
    expect(await next()).toEqual({ item: { text: '你好\n世界', at } });
    news.emit(name, { end: true });
    expect(await next()).toBe('complete');
  });

  test('that goes away ends the source', async () => {
    const name = newName();
    const { next, unsubscribe } = subscribe(createClient().watch, { name });
    await next();
    const ends = ended(name);
    unsubscribe();
    await ends;
  });

  test('is told of an error by its code, once, and is not asked to try again', async () => {
    const name = newName();
    const { next } = subscribe(createClient().watch, { name });
    await next();
    news.emit(name, new AppError('IN_USE'));
    expect(errorOf(await next())).toMatchObject({ code: 'IN_USE', httpStatus: 409, path: 'things.watch' });
  });

  test.each([
    ['nobody', async () => createClient().mine, 'UNAUTHENTICATED', 401],
    ['a token that is none', async () => createClient('x').mine, 'TOKEN_INVALID', 401],
    ['one who lacks the right', async () => createClient((await signIn()).access).managed, 'PERMISSION_DENIED', 403],
    ['whose thing there is none', async () => createClient().missing, 'NOT_FOUND', 404],
  ])('%s is refused before anything begins', async (_, open, code, httpStatus) => {
    const name = newName();
    const begun = once(news, `began ${name}`).then(() => 'begun');
    const { next } = subscribe(await open(), { name });
    const first = await Promise.race([begun, next()]);
    expect(first === 'begun' ? first : errorOf(first as Told)).toMatchObject({ code, httpStatus });
  });

  test('hears which field does not fit', async () => {
    const { next } = subscribe(createClient().watch, { name: 'x'.repeat(41) });
    expect(errorOf(await next())).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: 'name' }] });
  });

  test('whose session ends gets nothing more', async () => {
    const name = newName();
    const { access, refresh } = await signIn();
    const { next } = subscribe(createClient(access).mine, { name });
    await next();
    await server.rest('POST', '/auth/logout', { body: { refresh_token: refresh } });
    news.emit(name, { text: 'after', at });
    expect(errorOf(await next())).toMatchObject({ code: 'SESSION_REVOKED', httpStatus: 401 });
  });

  test('over the limit is refused, and a stream counts once', async () => {
    const limited = await startTestServer({ config: { rate_limit: { enabled: true, read_write: '1/m' } } });
    const listening = await listen(limited);
    try {
      const name = newName();
      const first = subscribe(createClient(undefined, listening).watch, { name });
      await first.next();
      news.emit(name, { text: 'more', at });
      expect(await first.next()).toEqual({ item: { text: 'more', at } });
      const second = subscribe(createClient(undefined, listening).watch, { name });
      expect(errorOf(await second.next())).toMatchObject({ code: 'RATE_LIMITED', httpStatus: 429 });
      first.unsubscribe();
    } finally {
      await listening.close();
      await limited.close();
    }
  });
});

const urlOf = (path: string, input: unknown = { name: newName() }) =>
  `/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`;

describe('on the wire', () => {
  test('a stream has the headers of every answer, and is kept by nobody', async () => {
    const { status, headers, leave } = await openStream(`${app.url}${urlOf('things.watch')}`, {
      'x-request-id': 'order-4711',
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'order-4711',
    });
    leave();
  });

  test('an item that is not what was promised is our fault, and nothing of it leaves', async () => {
    const name = newName();
    const { next, rest, headers } = await openStream(`${app.url}${urlOf('things.watch', { name })}`);
    for (let blocks = 0; blocks < 2; blocks++) await next();
    news.emit(name, { text: 42, at, secret: 'hunter2' });
    const blocks = await rest();
    expect(blocks.join()).not.toMatch(/hunter2|text|expected|stack/);
    const { event, data } = readBlock(blocks[0] ?? null);
    expect([event, data.json.data]).toMatchObject([
      'serialized-error',
      { code: 'INTERNAL', httpStatus: 500, request_id: headers['x-request-id'] },
    ]);
  });

  test('a stop cuts the stream: a subscriber that is told of no end asks again', async () => {
    const stopping = await listen(server);
    const name = newName();
    const { next, rest } = await openStream(`${stopping.url}${urlOf('things.watch', { name })}`);
    for (let blocks = 0; blocks < 2; blocks++) await next();
    const ends = ended(name);
    stopping.fastify.announceStop();
    expect((await rest()).join('')).not.toContain('event: return');
    await ends;
    stopping.fastify.server.closeIdleConnections();
    await stopping.close();
  });

  test('silence is broken by pings', async () => {
    const beating = await listen(server, 20);
    const { next, leave } = await openStream(`${beating.url}${urlOf('things.silent')}`);
    expect(readBlock(await next())).toEqual({ event: 'connected', data: { reconnectAfterInactivityMs: 45_000 } });
    expect(readBlock(await next()).event).toBe('ping');
    leave();
    await beating.close();
  });
});

describe('what is refused', () => {
  const told = (answer: Answer) => [answer.status, unwrap(answer)?.code, unwrap(answer)?.detail];

  test('a subscription in a batch, alone in it or not', async () => {
    const input = { name: newName() };
    for (const others of [[], [{ path: 'things.list' }]]) {
      const answer = await batch(app, [{ path: 'things.watch', input }, ...others]);
      expect(told(answer)).toEqual([400, 'VALIDATION_FAILED', 'A subscription is opened by itself, not in a batch']);
    }
    const byGet = await request(app, 'GET', `${urlOf('things.watch')}&batch=1`);
    expect(told(byGet).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('a subscription by POST', async () => {
    const answer = await request(app, 'POST', '/trpc/things.watch', { body: { json: { name: newName() } } });
    expect(told(answer)).toEqual([400, 'VALIDATION_FAILED', 'A subscription is opened by GET']);
  });

  test('a query that is asked for as a subscription', async () => {
    const headers = { accept: 'text/event-stream' };
    const answer = await request(app, 'GET', '/trpc/things.list', { headers });
    expect(told(answer)).toEqual([400, 'VALIDATION_FAILED', 'Only subscriptions are answered as events']);
    expect(told(await request(app, 'GET', '/trpc/things.none', { headers })).slice(0, 2)).toEqual([404, 'NOT_FOUND']);
  });

  test('credentials in the address', async () => {
    const params = encodeURIComponent(JSON.stringify({ token: 'x' }));
    const answer = await request(app, 'GET', `${urlOf('things.watch')}&connectionParams=${params}`);
    expect(told(answer).slice(0, 2)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('a field that the schema does not know, by which address or header it may come', async () => {
    const asked = `${app.url}${urlOf('things.watch')}`;
    for (const [url, headers] of [
      [`${asked}&lastEventId=1`, {}],
      [asked, { 'last-event-id': '1' }],
    ] as const) {
      const { rest } = await openStream(url, headers);
      const errors = (await rest()).filter((block) => block.includes('serialized-error'));
      expect(errors.map((block) => readBlock(block).data.json.data.code)).toEqual(['VALIDATION_FAILED']);
    }
  });
});
