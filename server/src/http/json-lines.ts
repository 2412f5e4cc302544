// A stream that comes to its end, over REST: one item a line (https://github.com/ndjson/ndjson-spec), as fast as the client takes them.
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { describeProblem, sendProblem } from './errors.ts';
import type { StreamOptions } from './event-stream.ts';
import { createContext, streamSignalOf } from './request.ts';

type Items = AsyncGenerator<unknown, void>;

/** What goes wrong before the first item is answered as anywhere else; later the connection ends, so that nobody takes a part for the whole. */
export function createLinesHandler({ run, readInput, type }: Omit<StreamOptions, 'heartbeat'> & { type: string }) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const signal = streamSignalOf(request, reply);
    const ctx = createContext(request.server.deps, request, reply, { door: 'rest', signal });
    try {
      const items = (await run({ ctx, getRawInput: async () => readInput(request), signal })) as Items;
      const first = await items.next();
      reply.type(type);
      if (request.method !== 'HEAD') return reply.send(Readable.from(writeLines(first, items, request, signal)));
      await items.return();
      return reply.send();
    } catch (error) {
      return sendProblem(signal.aborted ? new AppError('OVERLOADED', { retryAfter: 1 }) : error, request, reply);
    }
  };
}

async function* writeLines(
  first: IteratorResult<unknown, void>,
  items: Items,
  request: FastifyRequest,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  try {
    for (let next = first; !next.done; next = await items.next()) yield `${JSON.stringify(next.value)}\n`;
  } catch (error) {
    // Describing it is what logs it.
    if (!signal.aborted) describeProblem(error, request);
    throw error;
  } finally {
    await items.return();
  }
}
