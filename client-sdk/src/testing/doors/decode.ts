// From what JSON and query strings can carry to what a schema expects: only where the schema refuses what came, and says what it wants.
import type { z } from 'zod';

/** A copy in which dates, and in queries numbers, booleans and lists of one, are what the schema wants them to be. */
export function decodeInput(schema: z.ZodType, value: unknown, isQuery: boolean): unknown {
  const decoded = structuredClone(value);
  const { error } = schema.safeParse(decoded);
  for (const [path, wanted] of listWanted(error?.issues ?? [], [])) {
    const holder = path.slice(0, -1).reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), decoded);
    const key = path.at(-1);
    if (key === undefined || !isObject(holder) || !Object.hasOwn(holder, key)) continue;
    holder[key] = convert(holder[key], wanted, isQuery);
  }
  return decoded;
}

const isObject = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null;

function listWanted(issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[]): [PropertyKey[], string][] {
  return issues.flatMap((issue): [PropertyKey[], string][] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union') return issue.errors.flatMap((form) => listWanted(form, path));
    return issue.code === 'invalid_type' ? [[path, issue.expected]] : [];
  });
}

/** RFC 3339 §5.6. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function convert(value: unknown, wanted: string, isQuery: boolean): unknown {
  if (wanted === 'date') return typeof value === 'string' && DATE_TIME.test(value) ? new Date(value) : value;
  if (!isQuery || typeof value !== 'string') return value;
  if (wanted === 'number' || wanted === 'int')
    return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value);
  if (wanted === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return wanted === 'array' ? [value] : value;
}
