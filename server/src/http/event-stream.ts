// Subscriptions over REST: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) for whoever accepts them, the first item as JSON for whoever polls.
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { AppError } from '../errors.ts';
import { describeProblem, sendProblem } from './errors.ts';
import { createContext, streamSignalOf } from './request.ts';
import type { compileProcedure } from './run-procedure.ts';

const EVENTS = 'text/event-stream';

export interface StreamOptions {
  readonly run: ReturnType<typeof compileProcedure>;
  readonly readInput: (request: FastifyRequest) => unknown;
  /** Between two signs of life, in ms. */
  readonly heartbeat: number;
}

/** The handler of a subscription's door. What goes wrong before the first item is answered as anywhere else; later it is an event. */
export function createStreamHandler({ run, readInput, heartbeat }: StreamOptions) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const signal = streamSignalOf(request, reply);
    const ctx = createContext(request.server.deps, request, reply, { door: 'rest', signal });
    try {
      const items = (await run({ ctx, getRawInput: async () => readInput(request), signal })) as Items;
      if (!wantsEvents(request)) return reply.type('application/json').send(JSON.stringify(await takeFirst(items)));
      const first = items.next();
      // Who has nothing to tell for so long is heard from all the same.
      const isEarly = await Promise.race([first.then(() => true), sleep(heartbeat, false, { ref: false })]);
      const events = listEvents(first, items, (error) => (signal.aborted ? null : describeProblem(error, request)));
      const body = withHeartbeats(events, heartbeat, isEarly);
      // Else nginx keeps events back until they fill a buffer.
      return reply.type(EVENTS).header('x-accel-buffering', 'no').send(body);
    } catch (error) {
      // Nobody waits for the answer, or the server stops: the next one will know.
      return sendProblem(signal.aborted ? new AppError('OVERLOADED', { retryAfter: 1 }) : error, request, reply);
    }
  };
}

type Items = AsyncGenerator<unknown, void>;

/** HEAD opens nothing: nobody would read it. */
const wantsEvents = ({ method, raw }: FastifyRequest): boolean =>
  method === 'GET' && new Negotiator(raw).mediaType(['application/json', EVENTS]) === EVENTS;

async function takeFirst(items: Items): Promise<unknown> {
  for await (const item of items) return item;
  throw new Error('the stream ended before its first item, which is the present state');
}

/** @param tell - what a reader is told of an error; null when nobody reads any more */
async function* listEvents(
  first: Promise<IteratorResult<unknown, void>>,
  items: Items,
  tell: (error: unknown) => object | null,
): AsyncGenerator<string, void> {
  try {
    // JSON has no line breaks of its own: one line of data is enough.
    for (let next = await first; !next.done; next = await items.next()) yield `data: ${JSON.stringify(next.value)}\n\n`;
  } catch (error) {
    const told = tell(error);
    if (told) yield `event: error\ndata: ${JSON.stringify(told)}\n\n`;
  } finally {
    await items.return();
  }
}

/** A comment, which clients skip. */
const HEARTBEAT_LINE = ': heartbeat\n\n';

/** @param hasBegun - false: the first thing that is sent is a heartbeat */
function withHeartbeats(events: AsyncIterable<string>, heartbeat: number, hasBegun: boolean): PassThrough {
  const body = new PassThrough();
  if (!hasBegun) body.write(HEARTBEAT_LINE);
  const timer = setInterval(() => {
    // A client that does not take what there is gets no more of it.
    if (body.writable && !body.writableNeedDrain) body.write(HEARTBEAT_LINE);
  }, heartbeat);
  void pipeline(events, body)
    // The client went away, which is one way for a stream to end.
    .catch(() => undefined)
    .finally(() => clearInterval(timer));
  return body;
}
