// What a caller is told of an input that was refused.
import { TRPCError } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { answerError } from '../../server/src/answer-error.ts';

const audience = { id: 'request', language: () => 'en' as const };

function answer(schema: z.ZodType, value: unknown) {
  const { error } = schema.safeParse(value);
  return answerError(new TRPCError({ code: 'BAD_REQUEST', message: 'refused', cause: error }), audience);
}
const messageOf = (schema: z.ZodType, value: unknown) => answer(z.object({ field: schema }), { field: value }).errors;

describe('a field', () => {
  const day = new Date('2026-01-31T08:00:00.000Z');

  test.each<[string, z.ZodType, unknown]>([
    ['is required', z.string(), undefined],
    ['is required', z.enum(['a', 'b']), undefined],
    ['must be a string', z.string(), 1],
    ['must be a number', z.number(), 'x'],
    ['must be a whole number', z.int(), 1.5],
    ['must be a boolean', z.boolean(), 'yes'],
    ['must be a date', z.date(), 'tomorrow'],
    ['must be a list', z.array(z.string()), {}],
    ['must be an object', z.strictObject({}), 'x'],
    ['must not be empty', z.string().min(1), ''],
    ['must not be empty', z.array(z.string()).min(1), []],
    ['must have at least 8 characters', z.string().min(8), 'short'],
    ['must have at most 3 characters', z.string().max(3), 'long'],
    ['must have at most 1 item', z.array(z.int()).max(1), [1, 2]],
    ['must have exactly 2 characters', z.string().length(2), 'x'],
    ['must be at least 1', z.int().min(1), 0],
    ['must be at most 100', z.int().max(100), 101],
    ['must be more than 0', z.number().positive(), 0],
    ['must be a multiple of 5', z.number().multipleOf(5), 3],
    ['must be at least 2026-01-31T08:00:00.000Z', z.date().min(day), new Date(0)],
    ['must be one of a, b', z.enum(['a', 'b']), 'c'],
    ['must be ok', z.literal('ok'), 'no'],
    ['must be an e-mail address', z.email(), 'x'],
    ['does not have the form that is wanted', z.string().regex(/^a/), 'b'],
    ['says so itself', z.string().regex(/^a/, 'says so itself'), 'b'],
    ['says so itself', z.string('says so itself'), 1],
  ])('%s', (message, schema, value) => {
    expect(messageOf(schema, value)).toEqual([{ path: 'field', message }]);
  });
});

test('an input that is missing as a whole', () => {
  expect(answer(z.object({}), undefined).detail).toBe('an input is required');
});

test('of a union the nearest form is told of', () => {
  const schema = z.union([z.strictObject({ a: z.string(), b: z.string() }), z.strictObject({ c: z.string() })]);
  expect(answer(schema, { a: 'x' }).errors).toEqual([{ path: 'b', message: 'is required' }]);
});

describe('of many errors', () => {
  test('20 are told, and how many more there are; the first 5 in one line', () => {
    const unknown = Object.fromEntries(Array.from({ length: 115_000 }, (_, index) => [`k${index}`, 1]));
    const { errors = [], detail } = answer(z.strictObject({ name: z.string() }), unknown);
    expect(errors).toHaveLength(21);
    expect(errors[0]).toEqual({ path: 'name', message: 'is required' });
    expect(errors.at(-1)).toEqual({ path: '', message: 'and 114981 more' });
    expect(detail.split('; ')).toHaveLength(5);
  });

  test('20 are told as they are', () => {
    const { errors = [] } = answer(z.array(z.string()), Array(20).fill(1));
    expect(errors).toHaveLength(20);
    expect(errors.at(-1)).toEqual({ path: '19', message: 'must be a string' });
  });
});
