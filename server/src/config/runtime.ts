// Keys of the configuration that are given new values while the server runs: read and bounded as in the file, under production's rules.
import { z } from 'zod';
import type { Bounds, FieldMeta } from './fields.ts';
import { printValue } from './print.ts';
import { productionProblems } from './production.ts';
import { type Config, configSchema } from './schema.ts';

/** Values by key, as they would be written in the file. */
export type RuntimeValues = Readonly<Record<string, unknown>>;

export interface Refusal {
  readonly key: string;
  readonly message: string;
}

/** The configuration with these values in place; what cannot be taken leaves its key as it was. */
export function overlayConfig(base: Config, values: RuntimeValues): { config: Config; refusals: Refusal[] } {
  let config = base;
  const refusals: Refusal[] = [];
  for (const [key, raw] of Object.entries(values)) {
    const parsed = fieldOf(key).safeParse(raw);
    const next = parsed.success ? replaceKey(config, key, parsed.data) : config;
    const message = parsed.success ? findNewProblem(config, next) : describeIssue(parsed.error, key);
    if (message === null) config = next;
    else refusals.push({ key, message });
  }
  return { config, refusals };
}

/** What a key is set to, as it is written; null where nothing is. */
export const readKey = (config: Config, key: string): unknown =>
  printValue(readValue(config, key), fieldOf(key)) ?? null;

/** What may be given for it. */
export function describeKey(key: string): { allowed: string } & Bounds {
  const { mend = '', bounds = {} } = metaOf(key);
  return { allowed: mend.replace(/^(Give|List) /, ''), ...bounds };
}

/** All keys here are a section and a name. */
const pathOf = (key: string) => key.split('.') as [section: string, name: string];

function fieldOf(key: string): z.ZodType {
  const [section, name] = pathOf(key);
  const shape = (configSchema.shape as Record<string, z.ZodType>)[section];
  const field = shape instanceof z.ZodObject ? shape.shape[name] : undefined;
  if (!(field instanceof z.ZodType)) throw new Error(`there is no key ${key}`);
  return field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field;
}

const metaOf = (key: string): Partial<FieldMeta> => fieldOf(key).meta() ?? {};

function sectionOf(config: Config, section: string): object {
  const found: unknown = Reflect.get(config, section);
  return typeof found === 'object' && found !== null ? found : {};
}

function readValue(config: Config, key: string): unknown {
  const [section, name] = pathOf(key);
  return Reflect.get(sectionOf(config, section), name);
}

function replaceKey(config: Config, key: string, value: unknown): Config {
  const [section, name] = pathOf(key);
  return { ...config, [section]: { ...sectionOf(config, section), [name]: value } };
}

/** The secrets are as they were: what the start let pass is no news. */
function findNewProblem(before: Config, after: Config): string | null {
  const describe = (config: Config) =>
    productionProblems(config, {}, { madeUpSecrets: [] }).map(({ key, message }) => `${key}: ${message}`);
  const known = new Set(describe(before));
  return describe(after).find((problem) => !known.has(problem)) ?? null;
}

const describeIssue = (error: z.ZodError, key: string): string =>
  `${error.issues[0]?.message ?? 'cannot be used'}: ${metaOf(key).mend ?? 'give another value'}`;
