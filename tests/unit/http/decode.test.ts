// From query strings and JSON to what schemas expect, without a schema noticing.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { compileDecoder, type Source } from '../../../server/src/http/decode.ts';

const decode = (schema: z.ZodType, source: Source, value: unknown) =>
  (compileDecoder(schema, source) ?? ((x) => x))(value);

describe('queries', () => {
  test.each([
    ['5', 5],
    ['-1.5', -1.5],
    ['1e3', 1000],
    ['', ''],
    [' ', ' '],
    ['five', 'five'],
    ['Infinity', 'Infinity'],
    ['NaN', 'NaN'],
    [['5'], ['5']],
  ])('the number %j is %j', (text, value) => {
    expect(decode(z.number(), 'query', text)).toEqual(value);
  });

  test.each([
    ['true', true],
    ['false', false],
    ['1', '1'],
    ['0', '0'],
    ['True', 'True'],
    ['', ''],
  ])('the boolean %j is %j', (text, value) => {
    expect(decode(z.boolean(), 'query', text)).toBe(value);
  });

  test('text stays text', () => {
    for (const text of ['5', 'true', 'null', '2026-01-01T00:00:00Z'])
      expect(decode(z.string(), 'query', text)).toBe(text);
  });

  test('a list of one stands as a single value', () => {
    expect(decode(z.array(z.number()), 'query', '5')).toEqual([5]);
    expect(decode(z.array(z.number()), 'query', ['5', '6'])).toEqual([5, 6]);
    expect(decode(z.array(z.string()), 'query', 'a')).toEqual(['a']);
    expect(decode(z.array(z.string()).optional(), 'query', undefined)).toBeUndefined();
  });

  test('through optional, nullable, default, readonly and pipes', () => {
    const wrapped = z.object({
      a: z.number().optional(),
      b: z.boolean().default(false),
      c: z.number().nullable(),
      d: z.number().readonly(),
      e: z.number().pipe(z.number().min(1)),
      f: z.number().transform((n) => n + 1),
    });
    const decoded = decode(wrapped, 'query', { a: '1', b: 'true', c: '2', d: '3', e: '4', f: '5' });
    expect(wrapped.parse(decoded)).toEqual({ a: 1, b: true, c: 2, d: 3, e: 4, f: 6 });
  });
});

describe('JSON', () => {
  test('numbers and booleans are what they are', () => {
    const schema = z.object({ n: z.number(), b: z.boolean() });
    expect(decode(schema, 'json', { n: '5', b: 'true' })).toEqual({ n: '5', b: 'true' });
    expect(compileDecoder(schema, 'json')).toBeNull();
  });

  test.each([
    ['2026-01-31T08:00:00Z', true],
    ['2026-01-31T08:00:00.123Z', true],
    ['2026-01-31T08:00:00+08:00', true],
    ['2026-01-31T08:00:00', false],
    ['2026-01-31', false],
    ['2026-02-30T08:00:00Z', false],
    ['31 January 2026', false],
    ['', false],
    ['1769846400000', false],
  ])('the time %j: %s', (text, isTime) => {
    expect(decode(z.date(), 'json', text)).toEqual(isTime ? new Date(text) : text);
  });

  test('times are found wherever they stand, and null and numbers are left alone', () => {
    const schema = z.object({ list: z.array(z.object({ at: z.date().nullable().optional() })) });
    const at = '2026-01-31T08:00:00Z';
    expect(decode(schema, 'json', { list: [{ at }, { at: null }, {}, { at: 5 }] })).toEqual({
      list: [{ at: new Date(at) }, { at: null }, {}, { at: 5 }],
    });
  });

  test('of several forms the one that fits', () => {
    const schema = z.union([z.strictObject({ at: z.date() }), z.strictObject({ name: z.string() })]);
    expect(decode(schema, 'json', { at: '2026-01-31T08:00:00Z' })).toEqual({ at: new Date('2026-01-31T08:00:00Z') });
    expect(decode(schema, 'json', { name: '2026-01-31T08:00:00Z' })).toEqual({ name: '2026-01-31T08:00:00Z' });
    expect(decode(schema, 'json', { neither: 1 })).toEqual({ neither: 1 });
  });
});

test('what is decoded is a copy: neither value nor schema changes', () => {
  const schema = z.object({ n: z.number(), at: z.date() });
  const value = { n: '5', at: '2026-01-31T08:00:00Z' };
  decode(schema, 'query', value);
  expect(value).toEqual({ n: '5', at: '2026-01-31T08:00:00Z' });
  expect(schema.safeParse(value).success).toBe(false);
  expect(z.number().safeParse('5').success).toBe(false);
});

test('unknown fields come through, for strict schemas to refuse', () => {
  const schema = z.strictObject({ n: z.number() });
  expect(decode(schema, 'query', { n: '5', more: 'x' })).toEqual({ n: 5, more: 'x' });
});
