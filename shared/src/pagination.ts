// Keyset pages: what lists take and what they answer.
import { z } from 'zod';

/** What every list takes: `limit` 1 to 100 (default 20), the opaque `cursor` of the page before, and whether to count. */
export const PageInput = z.strictObject({
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().max(1024).optional(),
  with_total: z.boolean().default(false),
});

/**
 * The schema of a page of items.
 *
 * @param item - schema of one item
 * @example
 * const NamePage = page(z.object({ name: z.string() })); // { items: [{ name }], next_cursor: string | null, total?: number }
 */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable(), total: z.int().optional() });
