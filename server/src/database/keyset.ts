// Pages by keyset: each page starts after the last document of the one before, at the same cost however deep.
import type { Collection, Document, Filter, FindOptions, ObjectId, ReadPreferenceLike, WithId } from 'mongodb';
import { decodeCursor, encodeCursor, toCursorValue } from './keyset-cursor.ts';

export interface KeysetSort {
  /** Never null or missing in any document, and followed by `_id` in the index that serves the filter. */
  readonly field: string;
  readonly direction: 1 | -1;
}

export interface KeysetQuery {
  readonly filter: Filter<Document>;
  readonly sort: KeysetSort;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly withTotal?: boolean | undefined;
  readonly projection?: Document | undefined;
  readonly readPreference?: ReadPreferenceLike | undefined;
}

export interface KeysetPage<T> {
  readonly items: WithId<T>[];
  readonly nextCursor: string | null;
  readonly total?: number;
}

/**
 * Finds one page.
 *
 * @throws AppError VALIDATION_FAILED when the cursor is broken or was made for another sort
 */
export async function findPage<T extends { _id: ObjectId }>(
  collection: Collection<T>,
  query: KeysetQuery,
  maxTimeMs: number,
): Promise<KeysetPage<T>> {
  const { filter, options } = planPage(query, maxTimeMs);
  const [found, total] = await Promise.all([
    collection.find(asFilter<T>(filter), options).toArray(),
    query.withTotal ? countAll(collection, query, maxTimeMs) : undefined,
  ]);
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  const nextCursor =
    found.length > query.limit && last !== undefined
      ? encodeCursor(query.sort, toCursorValue(readPath(last, query.sort.field), query.sort.field), last._id)
      : null;
  return total === undefined ? { items, nextCursor } : { items, nextCursor, total };
}

/** A page as callers get it, each document put into its wire form. */
export function toPage<T, Item>(
  { items, nextCursor, total }: KeysetPage<T>,
  toItem: (document: WithId<T>) => Item,
): { items: Item[]; next_cursor: string | null; total?: number } {
  return { items: items.map(toItem), next_cursor: nextCursor, ...(total !== undefined && { total }) };
}

/** The filter and the options of one page's query, as a test puts them before `explain`. */
export function planPage(query: KeysetQuery, maxTimeMs: number): { filter: Filter<Document>; options: FindOptions } {
  const { field, direction } = query.sort;
  const parts: Filter<Document>[] = [query.filter];
  if (query.cursor !== undefined) parts.push(...startAfter(query.sort, query.cursor));
  const options: FindOptions = {
    sort: field === '_id' ? { _id: direction } : { [field]: direction, _id: direction },
    limit: query.limit + 1,
    // One round trip also above the driver's first batch of 101.
    batchSize: query.limit + 2,
    maxTimeMS: maxTimeMs,
  };
  if (query.projection) options.projection = keepSortField(query.projection, field);
  if (query.readPreference) options.readPreference = query.readPreference;
  return { filter: parts.length === 1 ? query.filter : { $and: parts }, options };
}

function startAfter(sort: KeysetSort, cursor: string): Filter<Document>[] {
  const { value, id } = decodeCursor(sort, cursor);
  const after = sort.direction === 1 ? '$gt' : '$lt';
  if (sort.field === '_id') return [{ _id: { [after]: id } }];
  return [
    // Says nothing new, but only this bound becomes the index's: the planner takes none from the $or beside it.
    { [sort.field]: { [`${after}e`]: value } },
    { $or: [{ [sort.field]: { [after]: value } }, { [sort.field]: value, _id: { [after]: id } }] },
  ];
}

const countAll = <T extends { _id: ObjectId }>(
  collection: Collection<T>,
  query: KeysetQuery,
  maxTimeMs: number,
): Promise<number> =>
  collection.countDocuments(asFilter<T>(query.filter), {
    maxTimeMS: maxTimeMs,
    ...(query.readPreference && { readPreference: query.readPreference }),
  });

/** The next cursor is read from the last document, so no projection may lose the sort field or `_id`. */
function keepSortField(projection: Document, field: string): Document {
  const including = Object.entries(projection).some(([key, value]) => key !== '_id' && value !== 0 && value !== false);
  const others = Object.entries(projection).filter(([key]) => key !== '_id' && key !== field);
  return Object.fromEntries(including ? [...others, [field, 1]] : others);
}

function readPath(document: Document, path: string): unknown {
  let value: unknown = document;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

// The driver's Filter<T> of a generic T cannot be built piece by piece; the pieces are the caller's typed filter and ours.
const asFilter = <T>(filter: Filter<Document>): Filter<T> => filter as Filter<T>;
