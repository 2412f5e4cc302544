// tRPC's walk through a procedure's middlewares without its copies: at each step it clones all options twice, by a helper for old runtimes, which costs a REST call as much as everything else in it.

/** What a middleware, a schema or the procedure itself comes to. */
export type Outcome = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: unknown };

type RawInput = () => Promise<unknown>;

interface Change {
  readonly ctx?: object;
  readonly input?: unknown;
  readonly getRawInput?: RawInput;
}

export type Middleware = (options: {
  readonly ctx: object;
  readonly type: string;
  readonly path: string;
  readonly meta: unknown;
  readonly input: unknown;
  readonly getRawInput: RawInput;
  readonly signal: undefined;
  readonly batchIndex: number;
  readonly next: (change?: Change) => Promise<Outcome>;
}) => Promise<Outcome>;

export interface Runnable {
  readonly path: string;
  readonly type: string;
  readonly meta: unknown;
  /** Those of the declaration, the schemas of input and output, and the procedure itself as the last. */
  readonly middlewares: readonly Middleware[];
}

/** What it returns answers as the procedure does; it throws what procedure, schemas or guard throw. */
export function compileProcedure({ path, type, meta, middlewares }: Runnable) {
  const walk = async (index: number, ctx: object, input: unknown, getRawInput: RawInput): Promise<Outcome> => {
    try {
      const middleware = middlewares[index];
      if (!middleware) throw new Error(`${path}: a middleware called next() where nothing follows`);
      return await middleware({
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
