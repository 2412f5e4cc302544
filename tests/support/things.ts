// A router of subscriptions for tests: things that are watched, told of by the test itself, and a server in front of them.
import { EventEmitter, on, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { self } from '../../server/src/access.ts';
import { buildApp } from '../../server/src/app.ts';
import { fail } from '../../server/src/errors.ts';
import { endpoint, NoInput, router, streamOf } from '../../server/src/procedure.ts';
import type { TestServer } from './server.ts';

/** News of things by name; and `began <name>`, `ended <name>` of those who watch them. */
export const news = new EventEmitter().setMaxListeners(0);
const Thing = z.object({ text: z.string(), at: z.date() });
/** When everything happens. */
export const at = new Date('2026-01-31T08:00:00.000Z');
const ByName = z.strictObject({ name: z.string().max(40) });

/** Yields what is told of a thing; `{ end: true }` is its end, an error its failure. */
async function* watch(name: string, signal: AbortSignal | undefined, present?: z.input<typeof Thing>) {
  const told = on(news, name, signal ? { signal } : {});
  news.emit(`began ${name}`);
  try {
    if (present) yield present;
    for await (const [item] of told) {
      if (item instanceof Error) throw item;
      if (item.end) return;
      yield item as z.input<typeof Thing>;
    }
  } finally {
    news.emit(`ended ${name}`);
  }
}

export const things = router({
  things: router({
    watch: endpoint({ access: 'public', rest: 'GET /things/{name}', summary: 'Follow a thing', limit: 'read' })
      .input(ByName)
      .output(streamOf(Thing))
      .subscription(({ input, signal }) => watch(input.name, signal, { text: input.name, at })),

    /** Tells nothing of its own accord. */
    silent: endpoint({ access: 'public', rest: 'GET /silence/{name}', summary: 'Follow silence', limit: 'read' })
      .input(ByName)
      .output(streamOf(Thing))
      .subscription(({ input, signal }) => watch(input.name, signal)),

    /** Waits for what does not heed the signal. */
    deaf: endpoint({ access: 'public', rest: 'GET /deaf/{name}', summary: 'Follow blindly', limit: 'read' })
      .input(ByName)
      .output(streamOf(Thing))
      .subscription(async function* ({ input }) {
        yield { text: input.name, at };
        await once(news, 'never');
      }),

    missing: endpoint({ access: 'public', rest: 'GET /missing/{name}', summary: 'Follow nothing', limit: 'read' })
      .input(ByName)
      .output(streamOf(Thing))
      // biome-ignore lint/correctness/useYield: it fails before it could.
      .subscription(async function* () {
        fail('NOT_FOUND');
      }),

    mine: endpoint({ access: 'session', rest: 'GET /mine/{name}', summary: 'Follow as oneself', limit: 'read' })
      .input(ByName)
      .output(streamOf(Thing))
      .subscription(({ input, signal }) => watch(input.name, signal, { text: input.name, at })),

    managed: endpoint({
      access: 'category:MANAGE',
      rest: 'GET /managed/{name}',
      summary: 'Follow by right',
      limit: 'read',
    })
      .input(ByName)
      .output(streamOf(Thing))
      .subscription(({ input, signal }) => watch(input.name, signal, { text: input.name, at })),

    own: endpoint({
      access: [self('id'), 'category:MANAGE'],
      rest: 'GET /people/{id}/things',
      summary: 'Follow what is one’s own',
      limit: 'read',
    })
      .input(z.strictObject({ id: z.string() }))
      .output(streamOf(Thing))
      .subscription(({ input, signal }) => watch(input.id, signal, { text: input.id, at })),

    list: endpoint({ access: 'public', rest: 'GET /things', summary: 'List things', limit: 'read' })
      .input(NoInput)
      .output(z.object({ names: z.array(z.string()) }))
      .query(() => ({ names: [] })),
  }),
});

let names = 0;
/** Of a thing that nobody else watches. */
export const newName = () => `thing-${++names}`;

/** Resolves when a watcher of the thing has come to its end. */
export const ended = (name: string) => once(news, `ended ${name}`);

export interface Listening {
  readonly url: string;
  readonly fastify: FastifyInstance;
  close(): Promise<void>;
}

/** The product's whole app in front of the things, on what the server has already built. */
export async function listen({ deps }: TestServer, heartbeat?: number): Promise<Listening> {
  const fastify = await buildApp(deps, { router: things, ...(heartbeat === undefined ? {} : { heartbeat }) });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`;
  return { url, fastify, close: () => fastify.close() };
}
