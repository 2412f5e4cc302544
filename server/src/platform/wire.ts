// The tRPC wire: superjson restricted to what the contract uses, and the check that JSON from outside is plain.
import superjson from 'superjson';
import { AppError } from '../errors.ts';

const MAX_DEPTH = 32;
const REVIVED = new Set(['Date', 'undefined', 'bigint']);

const isForbiddenKey = (key: string): boolean => key === '__proto__' || key === 'constructor' || key === 'prototype';

const refuse = (message: string): never => {
  throw new AppError('VALIDATION_FAILED', { detail: message, errors: [{ path: '', message }] });
};

/**
 * Refuses what no caller needs and what attacks are made of: keys that reach prototypes, and nesting over 32.
 *
 * @throws AppError VALIDATION_FAILED
 */
export function assertPlainJson(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (const item of value) assertPlainJson(item, depth + 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (isForbiddenKey(key)) refuse(`the key "${key}" is not allowed`);
    assertPlainJson(Reflect.get(value, key), depth + 1);
  }
}

/** superjson revives what a client names: only Date, undefined and bigint may be named. */
function assertPlainMeta(meta: unknown): void {
  if (meta === undefined) return;
  if (typeof meta !== 'object' || meta === null) refuse('meta must be an object');
  // With them a client could build cycles.
  for (const key of Object.keys(meta as object))
    if (key !== 'values' && key !== 'v') refuse(`meta.${key} is not accepted`);
  assertTags(Reflect.get(meta as object, 'values'), 0);
}

function assertTags(node: unknown, depth: number): void {
  if (node === undefined) return;
  if (depth >= MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(node)) {
    if (node.length > 1 || !REVIVED.has(String(node[0]))) refuse('only Date, undefined and bigint may be revived');
    return;
  }
  if (typeof node !== 'object' || node === null) refuse('meta.values must be an object');
  for (const [key, child] of Object.entries(node as object)) {
    if (key.split('.').some(isForbiddenKey)) refuse(`the key "${key}" is not allowed`);
    assertTags(child, depth + 1);
  }
}

function deserialize(wire: unknown): unknown {
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire))
    return refuse('the input must be { "json": …, "meta"?: … }');
  for (const key of Object.keys(wire))
    if (key !== 'json' && key !== 'meta') refuse(`the key "${key}" is not allowed beside "json" and "meta"`);
  const json: unknown = Reflect.get(wire, 'json');
  const meta: unknown = Reflect.get(wire, 'meta');
  assertPlainJson(json);
  assertPlainMeta(meta);
  try {
    return superjson.deserialize(
      meta === undefined ? { json: json as never } : { json: json as never, meta: meta as never },
    );
  } catch {
    return refuse('meta does not fit json');
  }
}

export const wire = {
  input: { serialize: superjson.serialize, deserialize },
  output: { serialize: superjson.serialize, deserialize: superjson.deserialize },
};
