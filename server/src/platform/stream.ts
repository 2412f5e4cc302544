// Streams: the schema of an answer that comes item by item, and the way of its items from their source to a reader.
import { z } from 'zod';

/** A stream without news says so this often, in ms: to proxies, to clients, and to the silence timeout of its connection. */
export const HEARTBEAT = 15_000;

/** What the items of a stream are, by its schema. */
const itemSchemas = new WeakMap<z.core.$ZodType, z.ZodType>();

/**
 * The output schema of a subscription: of each item only what `item` makes of it leaves.
 *
 * The first item is the present state and comes at once: it is all that a poller is answered. What the subscription waits
 * for ends with its `signal`.
 *
 * @example
 * watch: endpoint({ access: 'public', rest: 'GET /auth/qr/{qr_id}', summary: 'Follow a QR sign-in', limit: 'read' })
 *   .input(QrIdInput).output(streamOf(QrStatus))
 *   .subscription(({ ctx, input, signal }) => watchQr(ctx, input, signal)),
 */
export function streamOf<Item extends z.ZodType>(item: Item) {
  const schema = z
    .custom<AsyncIterable<z.input<Item>>>(isStream)
    .transform((source): AsyncIterable<z.output<Item>> => mapItems(source, (value) => item.parse(value)));
  itemSchemas.set(schema, item);
  return schema;
}

const isStream = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** The schema of one item; null where the output is no stream. */
export const itemOf = (output: z.core.$ZodType): z.ZodType | null => itemSchemas.get(output) ?? null;

/** Each item as `map` makes it; when that throws, the source ends. */
export async function* mapItems<From, To>(
  source: AsyncIterable<From>,
  map: (item: From) => To | Promise<To>,
): AsyncGenerator<To, void> {
  for await (const item of source) yield await map(item);
}

/**
 * The items of a source until it ends, the signal aborts, or the reader turns away; then the source ends as well. What still
 * waits for its next item when the signal aborts is told to end, and not waited for.
 *
 * @throws AbortError when the signal aborts, so that nobody takes a stream that was cut for one that came to its end
 */
export async function* readUntil<Item>(source: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item, void> {
  const items = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await nextUnlessAborted(items, signal);
      if (result.done) return;
      yield result.value;
    }
  } finally {
    const ended = items.return?.(undefined);
    if (signal.aborted) ended?.catch(() => undefined);
    else await ended;
  }
}

/** No race of promises: each would leave its mark on the signal for as long as the stream lasts. */
function nextUnlessAborted<Item>(items: AsyncIterator<Item>, signal: AbortSignal): Promise<IteratorResult<Item>> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => reject(signal.reason);
    const settle = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    items.next().then(resolve, reject).finally(settle);
  });
}
