// Valid inputs of procedures, and every place in them where another value can be put.
import type { z } from 'zod';
import { exampleOf } from '../../server/src/http/example.ts';

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Path = readonly (string | number)[];

/** Valid inputs that name every field: one per form, where the input has several. */
export function listSamples({ input }: { readonly input: z.core.$ZodType }): Json[] {
  const { def } = (input as z.core.$ZodTypes)._zod;
  const samples = def.type === 'union' ? def.options.map(exampleOf) : [exampleOf(input)];
  return samples.filter((sample): sample is Json => sample !== undefined);
}

/** Every value of a sample with its place, the whole sample first. */
export function listPlaces(value: Json, path: Path = []): { path: Path; value: Json }[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [{ path, value }, ...inner.flatMap(([name, field]) => listPlaces(field as Json, [...path, name]))];
}

export function replaceAt(value: Json, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  if (Array.isArray(value))
    return value.map((item, i) => (String(i) === String(name) ? replaceAt(item, rest, by) : item));
  const fields = value as { [field: string]: Json };
  return { ...fields, [name]: replaceAt(fields[name] as Json, rest, by) };
}
