// The router as a flat list: what the REST door, OpenAPI, the permission table and the matrix test are all read from.
import type { z } from 'zod';
import { itemOf } from '../platform/stream.ts';
import type { Declaration, Meta } from '../procedure.ts';
import { appRouter } from '../router.ts';
import type { Middleware } from './run-procedure.ts';

export interface ProcedureEntry {
  /** Dotted path: `users.assignRole`. */
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly declaration: Declaration;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Under /api/v1, with `{name}` for parameters. */
  readonly restPath: string;
  readonly tag: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** The schema of one item of a subscription; null for what is answered whole. */
  readonly item: z.ZodType | null;
  /** What stands beside it in the router, and what a call runs through. */
  readonly meta: Meta;
  readonly middlewares: readonly Middleware[];
}

interface ProcedureDef {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly meta?: Meta;
  readonly inputs: readonly unknown[];
  readonly output?: unknown;
  readonly middlewares: readonly Middleware[];
}

/** tRPC keeps the procedures flat, by dotted path; its type shows them nested. */
export interface Router {
  readonly _def: { readonly procedures: object };
}
type FlatProcedures = Readonly<Record<string, { readonly _def: ProcedureDef }>>;

/**
 * Lists every procedure.
 *
 * @param router - the whole product's when absent
 * @throws Error for one without declaration, REST door, input or output schema, and for one that streams by halves: such a
 * server does not start
 */
export function listProcedures(router: Router = appRouter): readonly ProcedureEntry[] {
  return Object.entries(router._def.procedures as FlatProcedures).map(([path, { _def: def }]) => {
    const { meta, type } = def;
    const item = def.output ? itemOf(def.output as z.ZodType) : null;
    const missing = [
      meta?.endpoint ? null : 'an access declaration (use endpoint())',
      meta?.openapi ? null : 'a REST door',
      def.inputs[0] ? null : 'an input schema (NoInput for none)',
      def.output ? null : 'an output schema',
      type === 'subscription' && def.output && !item ? 'a stream for its output (use streamOf())' : null,
      type === 'subscription' && meta?.openapi && meta.openapi.method !== 'GET' ? 'GET for its REST door' : null,
      meta?.endpoint?.produces && !item ? 'a stream for its output, which its lines are' : null,
      type !== 'subscription' && item ? 'subscription() as its end: its output is a stream' : null,
    ].filter((one) => one !== null);
    if (!meta?.endpoint || !meta.openapi || missing.length > 0)
      throw new Error(`procedure ${path} lacks ${missing.join(', ')}`);
    const { method, path: restPath, tags } = meta.openapi;
    return {
      path,
      type,
      declaration: meta.endpoint,
      method,
      restPath,
      tag: tags[0] ?? '',
      input: def.inputs[0] as z.ZodType,
      output: def.output as z.ZodType,
      item,
      meta,
      middlewares: def.middlewares,
    };
  });
}
