// Pages over lists in memory, with cursors that nobody is to read.
import { refuseField } from './refusal.ts';

export interface PageInput {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly with_total: boolean;
}

export function toPage<From, To>(
  all: readonly From[],
  { limit, cursor, with_total }: PageInput,
  map: (one: From) => To,
) {
  const start = cursor === undefined ? 0 : readCursor(cursor);
  const end = start + limit;
  return {
    items: all.slice(start, end).map(map),
    next_cursor: end < all.length ? btoa(`at ${end}`) : null,
    ...(with_total ? { total: all.length } : {}),
  };
}

function readCursor(cursor: string): number {
  const [, digits] = /^YXQg([A-Za-z0-9+/=]*)$/.exec(cursor) ?? [];
  return digits === undefined ? refuseField('cursor', 'not a cursor of this list') : Number(atob(cursor).slice(3));
}

/** Newest first, as most lists are. */
export const newestFirst = <T extends { readonly id: string; readonly created_at: Date }>(items: Iterable<T>): T[] =>
  [...items].sort((a, b) => b.created_at.getTime() - a.created_at.getTime() || (a.id < b.id ? 1 : -1));
