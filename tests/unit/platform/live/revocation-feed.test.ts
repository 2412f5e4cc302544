// The log behind the revocation feed: cursors that are good everywhere, what is kept, and when everything is told again.
import { describe, expect, test } from 'vitest';
import { createRevocationLog, type Revocation } from '../../../../server/src/platform/live/revocation-feed.ts';

const session = (id: string): Revocation => ({ type: 'session', id, value: null });
const at = (seconds: number, counter = 1): string =>
  seconds.toString(16).padStart(8, '0') + counter.toString(16).padStart(8, '0');

function makeLog(all: readonly Revocation[] = []) {
  let time = 1_000_000;
  const log = createRevocationLog({ listAll: () => all, keptFor: 60_000, now: () => new Date(time) });
  return {
    log,
    advance: (ms: number) => {
      time += ms;
    },
    read: (cursor?: string) => {
      const { cursor: next, reset, records } = log.read(cursor);
      return { next, reset, ids: records.map(({ id }) => id) };
    },
  };
}

test('who begins is told all there is, and then what comes', () => {
  const { log, read } = makeLog([session('old')]);
  log.hear(at(1));
  const first = read();
  expect(first).toMatchObject({ reset: true, ids: ['old'] });
  log.note(at(2), session('a'));
  log.note(at(3), session('b'));
  const second = read(first.next);
  expect(second).toMatchObject({ reset: false, ids: ['a', 'b'] });
  expect(read(second.next)).toEqual({ next: second.next, reset: false, ids: [] });
});

test('changes of one transaction are told apart, and none twice', () => {
  const { log, read } = makeLog();
  log.hear(at(1));
  const { next } = read();
  for (const id of ['a', 'b', 'c']) log.note(at(2), session(id));
  expect(read(next).ids).toEqual(['a', 'b', 'c']);
  const cursors = log.read(next).records.map(({ cursor }) => cursor);
  expect(cursors.map((cursor) => read(cursor).ids)).toEqual([['b', 'c'], ['c'], []]);
});

test('a cursor of one instance is good at another', () => {
  const [one, other] = [makeLog(), makeLog()];
  for (const { log } of [one, other]) {
    log.hear(at(1));
    log.note(at(2), session('a'));
    log.note(at(2), session('b'));
    log.note(at(5, 7), session('c'));
  }
  for (const { cursor } of one.log.read(one.log.read(undefined).cursor).records) expect(cursor).toBeDefined();
  const [first] = one.log.read(`${at(1)}-000000`).records;
  expect(other.read(first?.cursor)).toMatchObject({ reset: false, ids: ['b', 'c'] });
});

test('of a cursor that is ahead the rest is waited for', () => {
  const [ahead, behind] = [makeLog(), makeLog()];
  for (const { log } of [ahead, behind]) log.hear(at(1));
  ahead.log.note(at(2), session('a'));
  const { next } = ahead.read();
  expect(behind.read(next)).toEqual({ next, reset: false, ids: [] });
  behind.log.note(at(2), session('a'));
  behind.log.note(at(3), session('b'));
  expect(behind.read(next).ids).toEqual(['b']);
});

describe('all there is, again', () => {
  test.each([
    ['nonsense', 'nonsense'],
    ['an empty one', ''],
    ['one from before this instance began', `${at(4)}-000000`],
    ['one from far ahead', `${at(9_999)}-000000`],
    ['one that looks like it and is not', `${at(11)}-00000z`],
  ])('for %s', (_, cursor) => {
    const { log, read } = makeLog([session('all')]);
    log.hear(at(5));
    log.note(at(10), session('a'));
    expect(read(cursor)).toMatchObject({ reset: true, ids: ['all'] });
  });

  test('for one that is older than what is kept; not for the last one that was dropped', () => {
    const { log, advance, read } = makeLog([session('all')]);
    log.hear(at(1));
    const { next: early } = read();
    log.note(at(2), session('a'));
    const { next: dropped } = read(early);
    advance(61_000);
    log.note(at(70), session('b'));
    log.hear(at(75));
    expect(read(early)).toMatchObject({ reset: true, ids: ['all'] });
    expect(read(dropped)).toMatchObject({ reset: false, ids: ['b'] });
  });

  test('when changes may have been missed, until the stream is heard again', () => {
    const { log, read } = makeLog([session('all')]);
    log.hear(at(1));
    const { next } = read();
    log.forget();
    expect(read(next).reset).toBe(true);
    log.hear(at(9));
    const again = read(next);
    expect(again.reset).toBe(true);
    expect(read(again.next).reset).toBe(false);
  });
});

test('much at once is told in parts', () => {
  const { log, read } = makeLog();
  log.hear(at(1));
  let { next } = read();
  for (let i = 0; i < 2_500; i++) log.note(at(2), session(String(i)));
  const parts = [0, 0, 0, 0].map(() => {
    const part = read(next);
    ({ next } = part);
    return part.ids.length;
  });
  expect(parts).toEqual([1_000, 1_000, 500, 0]);
});

test('whoever waits is woken once for what comes together', async () => {
  const { log } = makeLog();
  log.hear(at(1));
  const news = log.watch(new AbortController().signal);
  const woken = news.next(10_000);
  for (let i = 0; i < 100; i++) log.note(at(2), session(String(i)));
  await woken;
  expect(log.read(`${at(1)}-000000`).records).toHaveLength(100);
  news.close();
});
