// Keyset pages: the same documents in the same order as one full sort, each page served by its index alone.
import { type Document, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { findPage, type KeysetQuery, planPage } from '../../../server/src/database/keyset.ts';
import { type OwnDatabase, openDatabase } from './open-database.ts';

interface Item {
  _id: ObjectId;
  status: string;
  created_at: Date;
  username: string;
  score: number;
  owner: ObjectId;
  history: { last_at: Date };
}

const SIZE = 600;
// A fixed sequence (mulberry32): random enough, the same in every run.
let seed = 7;
const random = (below: number) => {
  seed = (seed + 0x6d2b79f5) | 0;
  let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
  return ((bits ^ (bits >>> 14)) >>> 0) % below;
};

let database: OwnDatabase;
const items = () => database.db.collection<Item>('items');

beforeAll(async () => {
  database = await openDatabase(inject('mongoUri'));
  const owners = Array.from({ length: 4 }, () => new ObjectId());
  await items().insertMany(
    Array.from({ length: SIZE }, () => ({
      _id: new ObjectId(),
      status: random(3) === 0 ? 'locked' : 'active',
      created_at: new Date(1_700_000_000_000 + random(9)),
      username: `user-${random(12)}`,
      score: random(7) - 3.5,
      owner: owners[random(4)] ?? new ObjectId(),
      history: { last_at: new Date(random(5)) },
    })),
  );
  for (const field of ['created_at', 'username', 'score', 'owner', 'history.last_at']) {
    await items().createIndex({ [field]: -1, _id: -1 });
    await items().createIndex({ status: 1, [field]: -1, _id: -1 });
  }
});
afterAll(() => database.drop());

async function readAll(query: KeysetQuery): Promise<{ pages: number[]; ids: string[]; cursors: string[] }> {
  const pages: number[] = [];
  const ids: string[] = [];
  const cursors: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await findPage(items(), { ...query, cursor }, 5_000);
    pages.push(page.items.length);
    ids.push(...page.items.map((item) => item._id.toHexString()));
    if (page.nextCursor === null) return { pages, ids, cursors };
    cursor = page.nextCursor;
    cursors.push(cursor);
  }
}

const sortAll = async (query: KeysetQuery) => {
  const { field, direction } = query.sort;
  const all = await items()
    .find(query.filter, { sort: { [field]: direction, ...(field !== '_id' && { _id: direction }) } })
    .toArray();
  return all.map((item) => item._id.toHexString());
};

const stagesOf = (plan: Document): string[] => [
  plan['stage'],
  ...[plan['inputStage'] ?? [], plan['inputStages'] ?? []].flat().flatMap(stagesOf),
];

const fields = ['created_at', 'username', 'score', 'owner', 'history.last_at', '_id'];
const cases = fields.flatMap((field) =>
  ([1, -1] as const).flatMap((direction) => [
    { field, direction, filter: {} },
    { field, direction, filter: { status: 'active' } },
  ]),
);

describe('findPage', () => {
  test.each(cases)('page by page equals one sort: $field $direction $filter', async ({ field, direction, filter }) => {
    const query: KeysetQuery = { filter, sort: { field, direction }, limit: 37 };
    const { ids, pages } = await readAll(query);
    expect(ids).toEqual(await sortAll(query));
    expect(pages.slice(0, -1).every((length) => length === 37)).toBe(true);
  });

  test.each(cases.filter(({ field, filter }) => field !== '_id' || !('status' in filter)))(
    'every page is served by its index: $field $direction $filter',
    async ({ field, direction, filter }) => {
      const query: KeysetQuery = { filter, sort: { field, direction }, limit: 20 };
      const { cursors } = await readAll(query);
      for (const cursor of [undefined, cursors[0], cursors[Math.floor(cursors.length / 2)], cursors.at(-1)]) {
        const plan = planPage({ ...query, cursor }, 5_000);
        const explained = await items().find(plan.filter, plan.options).explain('executionStats');
        const stages = stagesOf(explained['queryPlanner'].winningPlan);
        expect(stages).toContain('IXSCAN');
        expect(stages).not.toContain('SORT');
        expect(stages).not.toContain('COLLSCAN');
        // Only equal keys before the cursor are passed over; the rest of the list is never touched.
        const equalKeys = field === '_id' ? 1 : SIZE / 4;
        expect(explained['executionStats'].totalKeysExamined).toBeLessThanOrEqual(20 + 2 + equalKeys);
      }
    },
  );

  test('a last page that is exactly full has no next one', async () => {
    const { pages } = await readAll({ filter: {}, sort: { field: 'created_at', direction: -1 }, limit: SIZE / 4 });
    expect(pages).toEqual([SIZE / 4, SIZE / 4, SIZE / 4, SIZE / 4]);
  });

  test('a page over the driver’s first batch is one command', async () => {
    const page = await findPage(items(), { filter: {}, sort: { field: '_id', direction: 1 }, limit: 200 }, 5_000);
    expect(page.items).toHaveLength(200);
  });

  test('an empty list, and a total that the cursor does not shorten', async () => {
    const sort = { field: 'created_at', direction: -1 } as const;
    expect(await findPage(items(), { filter: { status: 'none' }, sort, limit: 5, withTotal: true }, 5_000)).toEqual({
      items: [],
      nextCursor: null,
      total: 0,
    });
    const first = await findPage(items(), { filter: {}, sort, limit: 5, withTotal: true }, 5_000);
    const cursor = first.nextCursor ?? '';
    const second = await findPage(items(), { filter: {}, sort, limit: 5, withTotal: true, cursor }, 5_000);
    expect([first.total, second.total]).toEqual([SIZE, SIZE]);
  });

  test('what is inserted or deleted between two pages neither repeats nor hides another document', async () => {
    const query: KeysetQuery = { filter: {}, sort: { field: 'created_at', direction: -1 }, limit: 50 };
    const before = await sortAll(query);
    const first = await findPage(items(), query, 5_000);
    const newest = new ObjectId();
    await items().insertOne({ ...(first.items[0] as Item), _id: newest, created_at: new Date(1_800_000_000_000) });
    await items().deleteOne({ _id: first.items[10]?._id ?? newest });
    const second = await findPage(items(), { ...query, cursor: first.nextCursor ?? '' }, 5_000);
    expect(second.items.map((item) => item._id.toHexString())).toEqual(before.slice(50, 100));
    await items().deleteOne({ _id: newest });
    await items().insertOne(first.items[10] as Item);
  });

  test.each([[{ username: 1 }], [{ username: 1, _id: 0 }], [{ created_at: 0, status: 0 }], [{ _id: 0, history: 0 }]])(
    'a projection %j does not lose the way to the next page',
    async (projection) => {
      const query: KeysetQuery = { filter: {}, sort: { field: 'created_at', direction: -1 }, limit: 100, projection };
      expect((await readAll(query)).ids).toEqual(await sortAll(query));
    },
  );

  test('a cursor of another list is refused', async () => {
    const page = await findPage(items(), { filter: {}, sort: { field: 'score', direction: 1 }, limit: 5 }, 5_000);
    const other = {
      filter: {},
      sort: { field: 'score', direction: -1 } as const,
      limit: 5,
      cursor: page.nextCursor ?? '',
    };
    await expect(findPage(items(), other, 5_000)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});
