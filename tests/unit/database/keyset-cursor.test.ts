// Cursors: every kind of value comes back as it went, and nothing else is taken for one.
import { ObjectId } from 'mongodb';
import { describe, expect, test } from 'vitest';
import type { KeysetSort } from '../../../server/src/database/keyset.ts';
import {
  type CursorValue,
  decodeCursor,
  encodeCursor,
  toCursorValue,
} from '../../../server/src/database/keyset-cursor.ts';

const sort: KeysetSort = { field: 'created_at', direction: -1 };
const id = new ObjectId();
const pack = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const read = (given: KeysetSort, cursor: string) => () => decodeCursor(given, cursor);
const bad = expect.objectContaining({
  code: 'VALIDATION_FAILED',
  details: { errors: [{ path: 'cursor', message: expect.any(String) }] },
});

describe('cursor', () => {
  test.each<[string, CursorValue]>([
    ['a date', new Date(1_700_000_000_123)],
    ['a date before 1970', new Date(-5)],
    ['a string', '张三 "$gt" \u0000'],
    ['a number', -1.5],
    ['an id', new ObjectId()],
  ])('carries %s', (_name, value) => {
    const cursor = encodeCursor(sort, value, id);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(decodeCursor(sort, cursor)).toEqual({ value, id });
  });

  test('is good for the sort it was made for alone', () => {
    const cursor = encodeCursor(sort, new Date(0), id);
    expect(read({ ...sort, direction: 1 }, cursor)).toThrow(bad);
    expect(read({ ...sort, field: 'username' }, cursor)).toThrow(bad);
  });

  test.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['an object', pack({ field: 'created_at' })],
    ['too few parts', pack(['created_at', -1])],
    ['an operator for a value', pack(['created_at', -1, 'string', { $gt: '' }, id])],
    ['an unknown kind', pack(['created_at', -1, 'regex', '.*', id])],
    ['a date out of range', pack(['created_at', -1, 'date', 1e300, id])],
    ['a number that is none', pack(['created_at', -1, 'number', null, id])],
    ['an operator for an id', pack(['created_at', -1, 'date', 0, { $ne: 1 }])],
    ['a short id', pack(['created_at', -1, 'date', 0, 'abc'])],
    ['one that is too long', pack(['created_at', -1, 'string', 'x'.repeat(5000), id])],
  ])('refuses %s', (_name, cursor) => {
    expect(read(sort, cursor)).toThrow(bad);
  });

  test('cannot be made of a field that a document lacks', () => {
    expect(() => toCursorValue(null, 'login_history.last_login_at')).toThrow('login_history.last_login_at');
  });
});
