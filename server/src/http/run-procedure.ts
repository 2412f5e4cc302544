// tRPC's walk through a procedure's middlewares without its copies: at each step it clones all options twice, by a helper for old runtimes, which costs a REST call as much as everything else in it.
import type { z } from 'zod';

/** What a middleware, a schema or the procedure itself comes to. */
export type Outcome = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: unknown };

type RawInput = () => Promise<unknown>;

interface Change {
  readonly ctx?: object;
  readonly input?: unknown;
  readonly getRawInput?: RawInput;
}

export interface Middleware {
  (options: MiddlewareOptions): Promise<Outcome>;
  /** tRPC's mark on the middlewares that it makes of schemas. */
  readonly _type?: 'input' | 'output' | 'errors';
}

interface MiddlewareOptions {
  readonly ctx: object;
  readonly type: string;
  readonly path: string;
  readonly meta: unknown;
  readonly input: unknown;
  readonly getRawInput: RawInput;
  readonly signal: undefined;
  readonly batchIndex: number;
  readonly next: (change?: Change) => Promise<Outcome>;
}

export interface Runnable {
  readonly path: string;
  readonly type: string;
  readonly meta: unknown;
  readonly output: z.ZodType;
  /** Those of the declaration, the schemas of input and output, and the procedure itself as the last. */
  readonly middlewares: readonly Middleware[];
}

const checkOutput =
  (schema: z.ZodType): Middleware =>
  async ({ next }) => {
    const outcome = await next();
    return outcome.ok ? { ok: true, data: schema.parse(outcome.data) } : outcome;
  };

/** What it returns answers as the procedure does; it throws what procedure, schemas or guard throw. */
export function compileProcedure({ path, type, meta, output, middlewares }: Runnable) {
  const steps = middlewares.map((middleware) => (middleware._type === 'output' ? checkOutput(output) : middleware));
  const walk = async (index: number, ctx: object, input: unknown, getRawInput: RawInput): Promise<Outcome> => {
    try {
      const step = steps[index];
      if (!step) throw new Error(`${path}: a middleware called next() where nothing follows`);
      return await step({
        ctx,
        type,
        path,
        meta,
        input,
        getRawInput,
        signal: undefined,
        batchIndex: 0,
        next: (change) =>
          walk(
            index + 1,
            change?.ctx ? { ...ctx, ...change.ctx } : ctx,
            change && 'input' in change ? change.input : input,
            change?.getRawInput ?? getRawInput,
          ),
      });
    } catch (error) {
      return { ok: false, error };
    }
  };
  return async (ctx: object, getRawInput: RawInput): Promise<unknown> => {
    const outcome = await walk(0, ctx, undefined, getRawInput);
    if (!outcome.ok) throw outcome.error;
    return outcome.data;
  };
}
