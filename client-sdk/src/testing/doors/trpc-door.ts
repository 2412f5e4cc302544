// The tRPC door: real tRPC over a router that is made from the table, on the SDK's own wire, in the shape of the server's errors.
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { wire } from '../../wire.ts';
import type { CallInfo } from '../call.ts';
import { PROCEDURES, type ProcedurePath } from '../procedures.ts';
import { describeRefusal, listRefusalHeaders, toRefusal } from '../refusal.ts';
import type { Runner } from '../run.ts';
import type { Door } from './rest-door.ts';

/** tRPC's number for a status; a stream that is refused by that of INTERNAL_SERVER_ERROR would be asked for again for ever. */
const NUMBERS: Readonly<Partial<Record<number, keyof typeof TRPC_ERROR_CODES_BY_KEY>>> = {
  401: 'UNAUTHORIZED',
  402: 'PAYMENT_REQUIRED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
};

const numberOf = (status: number) =>
  TRPC_ERROR_CODES_BY_KEY[status < 500 ? (NUMBERS[status] ?? 'BAD_REQUEST') : 'INTERNAL_SERVER_ERROR'];

const MOST_CALLS = 20;

export function createTrpcDoor({ run }: Runner): Door {
  const t = initTRPC.context<CallInfo>().create({
    transformer: wire,
    isDev: false,
    isServer: true,
    allowOutsideOfServer: true,
    errorFormatter({ error, ctx, path }) {
      const body = describeRefusal(toRefusal(error), ctx?.requestId ?? '', ctx?.language ?? 'en');
      const data = { ...body, httpStatus: body.status, ...(path === undefined ? {} : { path }) };
      return { message: body.detail, code: numberOf(body.status), data };
    },
  });
  /** The input as it came: the table's schema reads it after access was decided. */
  const raw = t.procedure.input((value: unknown) => value);

  const build = (path: ProcedurePath) => {
    const { type } = PROCEDURES[path];
    const call = ({ ctx, input }: { ctx: CallInfo; input: unknown }) => run(path, () => input, ctx);
    if (type === 'query') return raw.query(call);
    if (type === 'mutation') return raw.mutation(call);
    return raw.subscription(async function* ({ ctx, input, signal }) {
      const items = await run(path, () => input, { ...ctx, signal: signal ?? ctx.signal });
      yield* items as AsyncIterable<unknown>;
    });
  };
  const paths = Object.keys(PROCEDURES) as ProcedurePath[];
  const router = t.router(Object.fromEntries(paths.map((path) => [path, build(path)])));

  return {
    answer: (req, info) =>
      fetchRequestHandler({
        endpoint: '/trpc',
        req,
        router,
        allowMethodOverride: true,
        maxBatchSize: MOST_CALLS,
        createContext: () => info,
        responseMeta({ errors: [first] }) {
          const refusal = first && toRefusal(first);
          return { headers: new Headers(refusal ? listRefusalHeaders(refusal, info.bearer !== null) : {}) };
        },
      }),
  };
}
