// What a schema found wrong, in words for whoever filled the field in; schemas that have words of their own keep them.
import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  nan: 'a number',
  int: 'a whole number',
  boolean: 'a boolean',
  date: 'a date',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  bigint: 'a whole number',
};

const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  url: 'a URL',
  uuid: 'a UUID',
  datetime: 'a date-time, such as 2026-01-31T08:00:00Z',
};

export function explainIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return explainMissing(issue) ?? `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return explainMissing(issue) ?? `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'too_small':
      return explainBound(
        issue.origin,
        issue.minimum,
        issue.exact ? 'exactly' : issue.inclusive ? 'at least' : 'more than',
      );
    case 'too_big':
      return explainBound(
        issue.origin,
        issue.maximum,
        issue.exact ? 'exactly' : issue.inclusive ? 'at most' : 'less than',
      );
    case 'invalid_format':
      return issue.format in FORMATS ? `must be ${FORMATS[issue.format]}` : 'does not have the form that is wanted';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'has fields that are not known';
    case 'invalid_union':
      return explainMissing(issue) ?? 'has none of the forms that are accepted';
    default:
      return 'is not valid';
  }
}

function explainMissing({ input, path = [] }: z.core.$ZodRawIssue): string | undefined {
  if (input !== undefined) return undefined;
  return path.length > 0 ? 'is required' : 'an input is required';
}

const COUNTED: Readonly<Record<string, string>> = { string: 'character', array: 'item', set: 'item', map: 'item' };

function explainBound(origin: string, bound: number | bigint, how: string): string {
  if (origin === 'date') return `must be ${how} ${new Date(Number(bound)).toISOString()}`;
  const unit = COUNTED[origin];
  if (unit === undefined) return `must be ${how} ${bound}`;
  if (bound === 1 && how === 'at least') return 'must not be empty';
  return `must have ${how} ${bound} ${unit}${bound === 1 ? '' : 's'}`;
}
