// The configuration as YAML that could be read back, with the secrets masked.
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Rate } from './fields.ts';
import type { Config } from './schema.ts';
import { configSchema } from './schema.ts';

const mask = '***';

export function printConfig(config: Config): string {
  return stringify(printValue(config, configSchema), { lineWidth: 0 });
}

/** A value as it is written in files. */
export function printValue(value: unknown, schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodOptional) return value === undefined ? undefined : printValue(value, schema.def.innerType);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { kind } = { kind: undefined, ...(value as object) };
    const chosen = schema.options.find((option) => option instanceof z.ZodObject && option.shape.kind?.value === kind);
    return chosen === undefined ? mask : printValue(value, chosen);
  }
  if (schema instanceof z.ZodPrefault) return printValue(value, schema.def.innerType);
  if (schema instanceof z.ZodObject) {
    const fields = new Map(Object.entries(value ?? {}));
    return mapEntries(schema.shape, (inner, key) => printValue(fields.get(key), inner));
  }
  switch (schema instanceof z.ZodType ? schema.meta()?.print : undefined) {
    case 'secret':
      return mask;
    case 'url':
      return maskUrl(String(value));
    case 'duration':
      return printDuration(Number(value));
    case 'rate':
      return printRate(value as Rate);
    case 'structure':
      return maskStructure(value);
    default:
      return value;
  }
}

function mapEntries<T>(value: Readonly<Record<string, T>>, map: (value: T, key: string) => unknown): unknown {
  const entries = Object.entries(value).map(([key, inner]) => [key, map(inner, key)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

/** Up to the last `@`, so that a password with an unescaped one in it does not show; and options that carry secrets. */
function maskUrl(url: string): string {
  return url
    .replace(/\/\/.*@/s, `//${mask}@`)
    .replaceAll(/([?&][^=&]*(?:password|token|secret|properties)[^=&]*=)[^&]*/gi, `$1${mask}`);
}

function maskStructure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskStructure);
  const isSecret = (key: string) => /secret|password|token$|key/i.test(key);
  if (typeof value !== 'object' || value === null) return value;
  return mapEntries({ ...value } as Record<string, unknown>, (inner, key) =>
    typeof inner === 'string' && isSecret(key) ? mask : maskStructure(inner),
  );
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** In the largest unit that leaves nothing over. */
function printDuration(milliseconds: number): string {
  const unit = units.find(([, length]) => milliseconds % length === 0);
  return unit === undefined ? `${milliseconds}ms` : `${milliseconds / unit[1]}${unit[0]}`;
}

function printRate({ points, seconds }: Rate): string {
  const unit = units.find(([, length]) => length === seconds * 1000);
  return `${points}/${unit?.[0] ?? `${seconds}s`}`;
}
