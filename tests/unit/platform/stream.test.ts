// Streams on their way: whatever ends one, its source comes to an end, and nobody waits for what no longer matters.
import { getEventListeners, on } from 'node:events';
import { EventEmitter } from 'node:stream';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';
import { itemOf, mapItems, readUntil, streamOf } from '../../../server/src/platform/stream.ts';

const Item = z.object({ text: z.string() });

/** Yields what it is given, and tells when its end has run. */
function createSource<T>(...items: T[]) {
  const ended = vi.fn();
  const source = async function* () {
    try {
      yield* items;
    } finally {
      ended();
    }
  };
  return { source: source(), ended };
}

const never = () => new AbortController().signal;

describe('streamOf()', () => {
  test('lets of each item through what its schema does', async () => {
    const { source } = createSource<z.input<typeof Item>>({ text: 'a', ...{ secret: 1 } }, { text: 'b' });
    expect(await Array.fromAsync(streamOf(Item).parse(source))).toEqual([{ text: 'a' }, { text: 'b' }]);
  });

  test('ends at an item that does not fit, and ends its source', async () => {
    const { source, ended } = createSource<unknown>({ text: 'a' }, { text: 1 }, { text: 'c' });
    const items = streamOf(Item).parse(source);
    expect((await items[Symbol.asyncIterator]().next()).value).toEqual({ text: 'a' });
    await expect(Array.fromAsync(items)).rejects.toThrow(z.ZodError);
    expect(ended).toHaveBeenCalledOnce();
  });

  test.each([undefined, null, [], {}, 'text', async () => {}])('refuses %j in place of a stream', (value) => {
    expect(streamOf(Item).safeParse(value).success).toBe(false);
  });

  test('takes what its schema takes, and gives what that gives', () => {
    const schema = streamOf(z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }));
    expectTypeOf<z.input<typeof schema>>().toEqualTypeOf<AsyncIterable<{ at: string }>>();
    expectTypeOf<z.output<typeof schema>>().toEqualTypeOf<AsyncIterable<{ at: Date }>>();
  });

  test('knows its item; other schemas have none', () => {
    expect(itemOf(streamOf(Item))).toBe(Item);
    expect(itemOf(Item)).toBeNull();
  });
});

describe('readUntil()', () => {
  test('passes on every item and the end, or the error', async () => {
    expect(await Array.fromAsync(readUntil(createSource(1, 2, 3).source, never()))).toEqual([1, 2, 3]);
    const failing = mapItems(createSource(1).source, () => {
      throw new Error('broken');
    });
    await expect(Array.fromAsync(readUntil(failing, never()))).rejects.toThrow('broken');
  });

  test('ends the source when the reader turns away', async () => {
    const { source, ended } = createSource(1, 2, 3);
    for await (const _ of readUntil(source, never())) break;
    expect(ended).toHaveBeenCalledOnce();
  });

  test('ends at once when the signal aborts, whatever the source waits for', async () => {
    const { signal, abort } = createAbort();
    const deaf = async function* () {
      await new Promise(() => {});
      yield 1;
    };
    const reading = readUntil(deaf(), signal).next();
    abort();
    await expect(reading).rejects.toHaveProperty('name', 'AbortError');
  });

  test('begins nothing when the signal has aborted before', async () => {
    const { signal, abort } = createAbort();
    abort();
    const begun = vi.fn();
    const source = async function* () {
      begun();
      yield 1;
    };
    await expect(readUntil(source(), signal).next()).rejects.toHaveProperty('name', 'AbortError');
    expect(begun).not.toHaveBeenCalled();
  });

  test('does not mind what a source that is left behind comes to', async () => {
    const { signal, abort } = createAbort();
    const news = new EventEmitter();
    const reading = readUntil(on(news, 'item', { signal }), signal).next();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    abort();
    await expect(reading).rejects.toHaveProperty('name', 'AbortError');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(news.listenerCount('item')).toBe(0);
  });

  test('leaves nothing on the signal, however many items there were', async () => {
    const { signal } = createAbort();
    await Array.fromAsync(readUntil(createSource(...Array(100).keys()).source, signal));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

function createAbort() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
