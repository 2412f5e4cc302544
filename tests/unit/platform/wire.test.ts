// How much a caller may send: values, tags, and text beside a bigint.
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../server/src/errors.ts';
import { assertPlainJson, wire } from '../../../server/src/platform/wire.ts';

function refusalOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError && error.code === 'VALIDATION_FAILED') return error.details.detail;
    throw error;
  }
  return undefined;
}
const read = (json: unknown, values?: unknown) =>
  refusalOf(() => wire.input.deserialize(values === undefined ? { json } : { json, meta: { values } }));

describe('values', () => {
  // The list itself is one.
  test('10,000 in all are read, one more is refused', () => {
    expect(refusalOf(() => assertPlainJson(Array(9_999).fill(0)))).toBeUndefined();
    expect(refusalOf(() => assertPlainJson(Array(10_000).fill(0)))).toBe('too many values');
  });

  test('count wherever they stand', () => {
    const halves = { a: Array(5_000).fill({}), b: { c: Array(5_000).fill('x') } };
    expect(refusalOf(() => assertPlainJson(halves))).toBe('too many values');
    expect(read(halves)).toBe('too many values');
    expect(read(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [index, 1])))).toBe('too many values');
  });

  test('so do the tags', () => {
    const tags = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`a${index}`, ['Date']]));
    expect(read({}, tags)).toBe('too many values');
  });
});

describe('beside a bigint', () => {
  test('text of 4,096 characters is read, longer text is refused wherever it stands', () => {
    const limit = '1'.repeat(4_096);
    expect(read({ n: limit }, { n: ['bigint'] })).toBeUndefined();
    expect(read({ n: `${limit}1` }, { n: ['bigint'] })).toMatch(/4096/);
    expect(read({ n: '1', list: [`${limit}1`] }, { n: ['bigint'] })).toMatch(/4096/);
    expect(read(`${limit}1`, ['bigint'])).toMatch(/4096/);
  });

  test('elsewhere text may be longer', () => {
    expect(read({ text: 'x'.repeat(5_000) }, { at: ['undefined'] })).toBeUndefined();
  });
});
