// The tRPC wire: superjson restricted to what the contract uses, and the check that JSON from outside is plain.
import superjson from 'superjson';
import { AppError } from '../errors.ts';

const MAX_DEPTH = 32;
const MAX_VALUES = 10_000;
/** Reading a bigint takes time by the square of its length; which string a tag means is superjson's to tell. */
const MAX_BIGINT_INPUT = 4096;
const REVIVED = new Set(['Date', 'undefined', 'bigint']);

const isForbiddenKey = (key: string): boolean => key === '__proto__' || key === 'constructor' || key === 'prototype';

const refuse = (message: string): never => {
  throw new AppError('VALIDATION_FAILED', { detail: message, errors: [{ path: '', message }] });
};

/** What a walk over values from outside has seen. */
interface Walk {
  values: number;
  /** Length of the longest string. */
  longest: number;
}

/**
 * Refuses what no caller needs and what attacks are made of: keys that reach prototypes, nesting over 32, and more
 * than 10,000 values.
 *
 * @throws AppError VALIDATION_FAILED
 */
export function assertPlainJson(value: unknown): void {
  walkJson(value, 0, { values: 0, longest: 0 });
}

function walkJson(value: unknown, depth: number, walk: Walk): void {
  countValue(walk);
  if (typeof value === 'string') walk.longest = Math.max(walk.longest, value.length);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (const item of value) walkJson(item, depth + 1, walk);
    return;
  }
  for (const key of Object.keys(value)) {
    if (isForbiddenKey(key)) refuse(`the key "${key}" is not allowed`);
    walkJson(Reflect.get(value, key), depth + 1, walk);
  }
}

function countValue(walk: { values: number }): void {
  walk.values++;
  if (walk.values > MAX_VALUES) refuse('too many values');
}

interface TagWalk {
  values: number;
  hasBigint: boolean;
}

/** superjson revives what a client names: only Date, undefined and bigint may be named. */
function assertPlainMeta(meta: unknown, { longest }: Walk): void {
  if (meta === undefined) return;
  if (typeof meta !== 'object' || meta === null) refuse('meta must be an object');
  // With them a client could build cycles.
  for (const key of Object.keys(meta as object))
    if (key !== 'values' && key !== 'v') refuse(`meta.${key} is not accepted`);
  const tags: TagWalk = { values: 0, hasBigint: false };
  walkTags(Reflect.get(meta as object, 'values'), 0, tags);
  if (tags.hasBigint && longest > MAX_BIGINT_INPUT)
    refuse(`beside a bigint no text may be longer than ${MAX_BIGINT_INPUT} characters`);
}

function walkTags(node: unknown, depth: number, walk: TagWalk): void {
  if (node === undefined) return;
  countValue(walk);
  if (depth >= MAX_DEPTH) refuse(`nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(node)) {
    if (node.length > 1 || !REVIVED.has(String(node[0]))) refuse('only Date, undefined and bigint may be revived');
    if (String(node[0]) === 'bigint') walk.hasBigint = true;
    return;
  }
  if (typeof node !== 'object' || node === null) refuse('meta.values must be an object');
  for (const [key, child] of Object.entries(node as object)) {
    if (key.split('.').some(isForbiddenKey)) refuse(`the key "${key}" is not allowed`);
    walkTags(child, depth + 1, walk);
  }
}

function deserialize(wire: unknown): unknown {
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire))
    return refuse('the input must be { "json": …, "meta"?: … }');
  for (const key of Object.keys(wire))
    if (key !== 'json' && key !== 'meta') refuse(`the key "${key}" is not allowed beside "json" and "meta"`);
  const json: unknown = Reflect.get(wire, 'json');
  const meta: unknown = Reflect.get(wire, 'meta');
  const walk: Walk = { values: 0, longest: 0 };
  walkJson(json, 0, walk);
  assertPlainMeta(meta, walk);
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
