// How the verifier follows the feed: signs of life, tries after failures, a token in time, text in pieces.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Batch } from '../../../client-sdk/src/verifier/batch.ts';
import type { OwnToken } from '../../../client-sdk/src/verifier/client-token.ts';
import { readEvents, type StreamEvent } from '../../../client-sdk/src/verifier/events.ts';
import { createFeed, type Feed } from '../../../client-sdk/src/verifier/feed.ts';
import type { StreamAnswer } from '../../../client-sdk/src/verifier/open-stream.ts';

interface Line {
  readonly url: string;
  readonly bearer: string | undefined;
  readonly signal: AbortSignal;
  say(text: string): void;
  end(): void;
}

let lines: Line[];
let tokens: number;
let applied: Batch[];
let errors: string[];
let answer: (line: Line) => Partial<StreamAnswer> | Promise<Partial<StreamAnswer>>;
let feed: Feed;
beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  tokens = 0;
  applied = [];
  errors = [];
  answer = () => ({});
  let own: OwnToken | undefined;
  feed = createFeed({
    url: 'https://auth.example.com',
    silentAfter: 30_000,
    env: {
      monotonic: () => Date.now(),
      random: () => 0,
      async openStream(url, headers, signal) {
        const { line, chunks } = openLine(url, headers['authorization'], signal);
        lines.push(line);
        return { status: 200, header: () => null, chunks, ...(await answer(line)) };
      },
    },
    token: {
      async get() {
        own ??= { token: `t${++tokens}`, life: 900, renewAt: Date.now() + 720_000, expiresAt: Date.now() + 900_000 };
        return own;
      },
      present: undefined,
      forget: () => {
        own = undefined;
      },
    },
    apply: (batch) => applied.push(batch),
    onError: ({ code }) => errors.push(code),
  });
});
afterEach(() => {
  feed.close();
  vi.useRealTimers();
});

function openLine(url: string, bearer: string | undefined, signal: AbortSignal) {
  const waiting: string[] = [];
  let wake = () => {};
  let over = false;
  const line: Line = {
    url,
    bearer,
    signal,
    say(text) {
      waiting.push(text);
      wake();
    },
    end() {
      over = true;
      wake();
    },
  };
  signal.addEventListener('abort', () => wake());
  async function* read() {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (signal.aborted) throw new Error('aborted');
      else if (over) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  return { line, chunks: read() };
}

const at = (ms: number) => new Date(Date.UTC(2030, 0, 1) + ms).toISOString();
const batch = (cursor: string, ms: number, reset = false) =>
  `data: ${JSON.stringify({ cursor, at: at(ms), reset, records: [] })}\n\n`;
const last = (): Line => lines.at(-1) as Line;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function begin() {
  feed.start();
  feed.start();
  await pass(0);
  last().say(batch('c1', 0, true));
  await pass(0);
}

test('it begins once, without a cursor, with the client’s own token', async () => {
  expect(feed.isLive()).toBe(false);
  await begin();
  expect(lines.map(({ url, bearer }) => [url, bearer])).toEqual([
    ['https://auth.example.com/api/v1/auth/revocations', 'Bearer t1'],
  ]);
  expect([feed.isLive(), feed.life, applied.length]).toEqual([true, 900, 1]);
  await feed.begun;
});

describe('a sign of life', () => {
  test('is a batch whose time moves on; heartbeats on the line are none', async () => {
    await begin();
    for (let second = 5; second <= 10; second += 5) {
      await pass(5_000);
      last().say(batch('c1', 0));
      last().say(': heartbeat\n\n');
    }
    await pass(2_001);
    // Given up for another connection, which goes on where the first one was.
    expect([lines.length, last().url.endsWith('?cursor=c1'), errors]).toEqual([1, false, ['NETWORK_ERROR']]);
    await pass(250);
    expect([lines.length, last().url.endsWith('?cursor=c1')]).toEqual([2, true]);
    last().say(batch('c1', 0));
    await pass(17_000);
    expect(feed.isLive()).toBe(true);
    await pass(2_000);
    expect(feed.isLive()).toBe(false);
    last().say(batch('c2', 5_000));
    await pass(0);
    expect(feed.isLive()).toBe(true);
  });

  test('of an instance whose clock is behind counts from its second batch on', async () => {
    await begin();
    await pass(29_000);
    last().say(batch('c2', -4_000));
    await pass(1_001);
    expect(feed.isLive()).toBe(false);
    last().say(batch('c3', -3_999));
    await pass(0);
    expect(feed.isLive()).toBe(true);
  });
});

describe('a stream that is delivered late', () => {
  test('counts from when the server said it: once it is too late, it is given up for another', async () => {
    await begin();
    // Each sign of life is three seconds later than the one before, and yet none is eleven seconds away.
    for (let beat = 1; beat <= 10; beat++) {
      await pass(8_000);
      expect([beat, feed.isLive()]).toEqual([beat, 3 * (beat - 1) + 8 <= 30]);
      last().say(batch(`c${beat}`, beat * 5_000));
      await pass(0);
      expect([beat, feed.isLive()]).toEqual([beat, 3 * beat <= 30]);
    }
    expect(errors).toEqual([]);
    await pass(8_000);
    last().say(batch('c11', 55_000));
    await pass(0);
    expect([feed.isLive(), errors]).toEqual([false, ['NETWORK_ERROR']]);
    await pass(250);
    last().say(batch('c12', 88_250));
    await pass(0);
    expect([lines.length, feed.isLive()]).toEqual([2, true]);
  });

  test('from its beginning tells of the time when it was asked for', async () => {
    answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 25_000));
      return {};
    };
    feed.start();
    await pass(25_000);
    last().say(batch('c1', 0, true));
    await pass(5_000);
    expect(feed.isLive()).toBe(true);
    await pass(1);
    expect([feed.isLive(), lines.length, errors]).toEqual([false, 1, []]);
  });
});

describe('after a failure', () => {
  test('it waits twice as long each time, up to ten seconds, and begins anew once it was heard', async () => {
    answer = () => Promise.reject(new Error('refused'));
    feed.start();
    await pass(0);
    await feed.begun;
    expect(feed.failure?.code).toBe('NETWORK_ERROR');
    const gaps: number[] = [];
    for (let turn = 0; turn < 8; turn++) {
      const [count, before] = [lines.length, Date.now()];
      while (lines.length === count) await pass(50);
      gaps.push(Date.now() - before);
    }
    expect(gaps).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    answer = () => ({});
    await pass(10_000);
    last().say(batch('c1', 0, true));
    await pass(0);
    expect([feed.failure, feed.isLive()]).toEqual([null, true]);
    last().end();
    await pass(250);
    expect(last().url).toContain('cursor=c1');
  });

  test('a refusal is told by its code, its Retry-After kept to', async () => {
    const problem = { code: 'OVERLOADED', status: 503, retry_after: 3, detail: 'busy', title: '', request_id: 'r' };
    async function* body() {
      yield JSON.stringify(problem).slice(0, 10);
      yield JSON.stringify(problem).slice(10);
    }
    answer = () => ({ status: 503, chunks: body() });
    feed.start();
    await pass(2_999);
    expect([lines.length, errors]).toEqual([1, ['OVERLOADED']]);
    await pass(1);
    expect(lines.length).toBe(2);
  });

  test('a token that is refused, at first or in the midst, is not sent again', async () => {
    await begin();
    last().say('event: error\ndata: {"code":"TOKEN_STALE","status":401}\n\n');
    await pass(250);
    expect([errors, last().bearer]).toEqual([['TOKEN_STALE'], 'Bearer t2']);
  });

  test('what is no feed is told', async () => {
    feed.start();
    await pass(0);
    last().say('data: {"hello":1}\n\n');
    await pass(0);
    expect([errors, feed.isLive()]).toEqual([['NETWORK_ERROR'], false]);
  });
});

test('before its token expires a connection is changed for another, without a word and without a wait', async () => {
  await begin();
  for (let second = 5; second < 810; second += 5) {
    await pass(5_000);
    last().say(batch(`c${second}`, second * 1000));
  }
  await pass(5_000);
  expect([lines.length, lines[0]?.signal.aborted, last().bearer, errors]).toEqual([2, true, 'Bearer t2', []]);
  expect(last().url).toContain('cursor=c805');
});

test('closed, it is silent and asks no more', async () => {
  await begin();
  feed.close();
  await pass(60_000);
  expect([feed.isLive(), lines.length, last().signal.aborted, errors]).toEqual([false, 1, true, []]);
});

test('events come in whatever pieces', async () => {
  const text = ': hi\n\nevent: error\ndata: {"a":1}\n\n\ndata:x\ndata: y\r\n\r\nid: 7\n\ndata\n\n';
  for (const size of [1, 2, 7, 1_000]) {
    async function* chunks() {
      for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size);
    }
    const events: StreamEvent[] = await Array.fromAsync(readEvents(chunks()));
    expect(events).toEqual([
      { event: 'error', data: '{"a":1}' },
      { event: 'message', data: 'x\ny' },
      { event: 'message', data: '' },
    ]);
  }
});
