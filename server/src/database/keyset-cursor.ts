// The opaque cursor of a keyset page: sort, value and id of the last document, typed on reading.
import { ObjectId } from 'mongodb';
import { AppError } from '../errors.ts';
import type { KeysetSort } from './keyset.ts';

export type CursorValue = Date | string | number | ObjectId;

const LONGEST_CURSOR = 4096;
const OBJECT_ID = /^[0-9a-f]{24}$/;

/** `[field, direction, kind, value, id]`, as base64url JSON. */
export function encodeCursor(sort: KeysetSort, value: CursorValue, id: ObjectId): string {
  const parts = [sort.field, sort.direction, kindOf(value), value instanceof Date ? value.getTime() : value, id];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * Reads a cursor that came back from a caller, trusting nothing in it.
 *
 * @throws AppError VALIDATION_FAILED when it is broken or was made for another sort
 */
export function decodeCursor(sort: KeysetSort, cursor: string): { value: CursorValue; id: ObjectId } {
  const [field, direction, kind, value, id] = parseParts(cursor);
  if (field !== sort.field || direction !== sort.direction) refuse('the cursor belongs to another sort');
  return { value: readValue(kind, value) ?? refuse(), id: readObjectId(id) ?? refuse() };
}

/** The sort field's value as a cursor can carry it. */
export function toCursorValue(value: unknown, field: string): CursorValue {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (value instanceof Date || value instanceof ObjectId) return value;
  throw new TypeError(`a page cannot be sorted by ${field}: a document holds no date, string, number or id there`);
}

function kindOf(value: CursorValue): string {
  if (value instanceof Date) return 'date';
  return value instanceof ObjectId ? 'id' : typeof value;
}

function parseParts(cursor: string): unknown[] {
  if (cursor.length > LONGEST_CURSOR) refuse();
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.length === 5 ? parts : refuse();
  } catch {
    return refuse();
  }
}

function readValue(kind: unknown, value: unknown): CursorValue | undefined {
  if (kind === 'string') return typeof value === 'string' ? value : undefined;
  if (kind === 'id') return readObjectId(value);
  if (typeof value !== 'number') return undefined;
  if (kind === 'number') return value;
  const date = new Date(value);
  return kind === 'date' && !Number.isNaN(date.getTime()) ? date : undefined;
}

const readObjectId = (value: unknown): ObjectId | undefined =>
  typeof value === 'string' && OBJECT_ID.test(value) ? ObjectId.createFromHexString(value) : undefined;

function refuse(message = 'not a cursor of this list'): never {
  throw new AppError('VALIDATION_FAILED', { errors: [{ path: 'cursor', message }] });
}
