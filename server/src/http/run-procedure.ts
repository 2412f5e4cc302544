// The walk through a procedure's middlewares, for both doors, as tRPC walks it but without its copies: at each step tRPC clones all options twice, by a helper for old runtimes, which costs a call as much as everything else in it.
import type { z } from 'zod';

/** What a middleware, a schema or the procedure itself comes to. */
export type Outcome = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: unknown };

/** One call, with tRPC's own names. */
export interface ProcedureCall {
  readonly ctx: object;
  readonly getRawInput: () => Promise<unknown>;
  readonly signal?: AbortSignal | undefined;
  readonly batchIndex?: number;
}

interface Change {
  readonly ctx?: object;
  readonly input?: unknown;
  readonly getRawInput?: ProcedureCall['getRawInput'];
}

interface MiddlewareOptions extends Required<ProcedureCall> {
  readonly type: string;
  readonly path: string;
  readonly meta: unknown;
  readonly input: unknown;
  readonly next: (change?: Change) => Promise<Outcome>;
}

export interface Middleware {
  (options: MiddlewareOptions): Promise<Outcome>;
  /** tRPC's mark on the middlewares that it makes of schemas. */
  readonly _type?: 'input' | 'output' | 'errors';
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

  const walk = async (index: number, call: ProcedureCall, input: unknown): Promise<Outcome> => {
    try {
      const step = steps[index];
      if (!step) throw new Error(`${path}: a middleware called next() where nothing follows`);
      const { ctx, getRawInput, signal, batchIndex = 0 } = call;
      const next = (change?: Change) => {
        const following =
          change?.ctx || change?.getRawInput
            ? { ...call, ctx: { ...ctx, ...change.ctx }, getRawInput: change.getRawInput ?? getRawInput }
            : call;
        return walk(index + 1, following, change && 'input' in change ? change.input : input);
      };
      return await step({ ctx, type, path, meta, input, getRawInput, signal, batchIndex, next });
    } catch (error) {
      return { ok: false, error };
    }
  };

  return async (call: ProcedureCall): Promise<unknown> => {
    const outcome = await walk(0, call, undefined);
    if (!outcome.ok) throw outcome.error;
    return outcome.data;
  };
}
