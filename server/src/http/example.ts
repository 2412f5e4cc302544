// An example for a schema: what its fields name themselves (`meta.example`), else the plainest value that fits.
import { z } from 'zod';

/** An example of what comes out. */
export const exampleOf = (schema: z.core.$ZodType): unknown => build(schema, '2026-01-31T08:00:00.000Z');

/** An example of what goes in: times lie in the future, or they would be refused. */
export const exampleInputOf = (schema: z.core.$ZodType): unknown => build(schema, '2099-12-31T23:59:59.000Z');

function build(schema: z.core.$ZodType, time: string): unknown {
  const named = z.globalRegistry.get(schema)?.['example'];
  if (named !== undefined) return named;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape).flatMap(([name, field]) => {
          const value = build(field, time);
          return value === undefined ? [] : [[name, value]];
        }),
      );
    case 'array':
      return [build(def.element, time)].filter((item) => item !== undefined);
    case 'optional':
    case 'nullable':
    case 'readonly':
    case 'prefault':
      return build(def.innerType, time);
    case 'default':
      return def.defaultValue;
    case 'pipe':
      return build(def.in, time);
    case 'union':
      return def.options[0] && build(def.options[0], time);
    case 'enum':
      return Object.values(def.entries)[0];
    case 'literal':
      return def.values[0];
    case 'record':
      return {};
    case 'null':
      return null;
    case 'date':
      return time;
    case 'boolean':
      return true;
    case 'number':
      return 1;
    case 'string':
      return exampleText(schema as z.core.$ZodString);
    default:
      return undefined;
  }
}

function exampleText(schema: z.core.$ZodString): string {
  const { minimum } = schema._zod.bag as { minimum?: number };
  const { format } = schema._zod.def as { format?: string };
  if (format === 'email') return 'li.lei@example.com';
  if (format === 'url') return 'https://example.com/avatar.png';
  return 'text'.padEnd(minimum ?? 0, 'x');
}
