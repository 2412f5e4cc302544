// audit_seals, the blocks of the chain; and the queries over audit_logs beyond the insert that an act makes.
import type { Filter, ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { binary } from '../../../database/json-schema.ts';
import { findPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';
import { AUDIT_ERASED, type AuditDocument, type AuditSeal, auditCollection } from '../../../platform/audit.ts';

export const AuditBlock = z.object({
  /** 1, 2, 3 … without a gap: of two sealers one fails at it. */
  _id: z.int(),
  /** The hash of the block before; empty for the first. */
  prev: z.string(),
  at: z.date(),
  count: z.int(),
  /** Of its lines the earliest time and the latest. */
  from: z.date(),
  to: z.date(),
  /** SHA-256 of the digests. */
  root: z.string(),
  /** Names the key of the hash. */
  key: z.string(),
  hash: z.string(),
  /** 32 bytes for each line, in their order; gone with the lines. */
  digests: binary().optional(),
  /** On one block alone: the lines up to it are past their time, and so are the blocks before it. */
  pruned: z.object({ at: z.date(), key: z.string(), mac: z.string() }).optional(),
});
export type AuditBlock = z.output<typeof AuditBlock>;

export const auditSealsCollection = {
  name: 'audit_seals',
  schema: AuditBlock,
  indexes: [
    { key: { to: 1 as const, _id: 1 as const }, name: 'by_to' },
    { key: { from: 1 as const, _id: 1 as const }, name: 'by_from' },
  ],
};

export interface AuditFilter {
  /** Whole, or with a dot at its end the beginning. */
  readonly act?: string | undefined;
  readonly actor_id?: string | undefined;
  readonly target_id?: string | undefined;
  readonly request_id?: string | undefined;
  readonly outcome?: 'success' | 'failure' | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export function createAuditTrailRepository(database: Database) {
  const records = database.db.collection<AuditDocument>(auditCollection.name);
  const blocks = database.db.collection<AuditBlock>(auditSealsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const inTx = (tx: Tx | undefined) => ({ maxTimeMS, ...(tx && { session: tx }) });
  const unsealed: Filter<AuditDocument> = { seal: null as never };

  /** By the names themselves, of which there are few: a range of them could not be read in order of time. */
  const listActs = async (prefix: string): Promise<string[]> =>
    records.distinct('act', { act: { $gte: prefix, $lt: `${prefix.slice(0, -1)}/` } }, { maxTimeMS });

  const toFilter = async ({ act, actor_id, target_id, request_id, outcome, from, to }: AuditFilter) => ({
    ...(act === undefined ? {} : { act: act.endsWith('.') ? { $in: await listActs(act) } : act }),
    ...(actor_id === undefined ? {} : { 'actor.id': actor_id }),
    ...(target_id === undefined ? {} : { 'target.id': target_id }),
    ...(request_id === undefined ? {} : { request_id }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(from || to ? { at: { ...(from && { $gte: from }), ...(to && { $lt: to }) } } : {}),
  });

  return {
    list: async (filter: AuditFilter, page: { limit: number; cursor?: string | undefined; withTotal: boolean }) =>
      findPage(records, { filter: await toFilter(filter), sort: { field: 'at', direction: -1 }, ...page }, maxTimeMS),

    hasUnsealed: async (): Promise<boolean> =>
      (await records.findOne(unsealed, { projection: { _id: 1 }, sort: { at: 1 }, maxTimeMS })) !== null,
    listUnsealed: (limit: number, tx?: Tx): Promise<AuditDocument[]> =>
      records.find(unsealed, { sort: { at: 1, _id: 1 }, limit, ...inTx(tx) }).toArray(),
    async describeUnsealed(): Promise<{ count: number; oldest: Date | null }> {
      const [oldest] = await records.find(unsealed, { sort: { at: 1, _id: 1 }, limit: 1, maxTimeMS }).toArray();
      const count = oldest ? await records.countDocuments(unsealed, { maxTimeMS, hint: 'unsealed' }) : 0;
      return { count, oldest: oldest?.at ?? null };
    },
    /** Those whose place was taken meanwhile keep it, and the whole transaction comes to nothing. */
    async setSeals(ids: readonly ObjectId[], seals: readonly AuditSeal[], tx: Tx): Promise<boolean> {
      const updates = ids.map((_id, index) => ({
        updateOne: { filter: { _id, ...unsealed }, update: { $set: { seal: seals[index] as AuditSeal } } },
      }));
      const { matchedCount } = await records.bulkWrite(updates, { session: tx, ordered: false });
      return matchedCount === ids.length;
    },

    async insertBlock(block: AuditBlock, tx: Tx): Promise<void> {
      await blocks.insertOne(block, { session: tx });
    },
    newestBlock: (tx?: Tx): Promise<AuditBlock | null> =>
      blocks.findOne({}, { sort: { _id: -1 }, projection: { digests: 0 }, ...inTx(tx) }),
    findBlock: (id: number): Promise<AuditBlock | null> => blocks.findOne({ _id: id }, { maxTimeMS }),
    /** The newest there is: what stands before it is only left over. */
    newestPruned: (): Promise<AuditBlock | null> =>
      blocks.findOne({ pruned: { $exists: true } }, { sort: { _id: -1 }, maxTimeMS }),
    followBlocks: (from: number, to: number) =>
      blocks.find({ _id: { $gte: from, $lte: to } }, { sort: { _id: 1 }, batchSize: 100, maxTimeMS }),
    followSealed: (from: number, to: number) =>
      records.find(
        { 'seal.block': { $gte: from, $lte: to } },
        { sort: { 'seal.block': 1, 'seal.index': 1 }, hint: 'sealed', batchSize: 500, maxTimeMS },
      ),
    followUnsealed: ({ from, to }: Pick<AuditFilter, 'from' | 'to'>) =>
      records.find(
        { ...unsealed, ...(from || to ? { at: { ...(from && { $gte: from }), ...(to && { $lt: to }) } } : {}) },
        { sort: { at: 1, _id: 1 }, batchSize: 500, maxTimeMS },
      ),
    /** The first and the last block that hold something of this time; null when none does. */
    async spanOf({ from, to }: Pick<AuditFilter, 'from' | 'to'>): Promise<{ first: number; last: number } | null> {
      const edge = async (filter: Filter<AuditBlock>, pick: '$min' | '$max') =>
        (
          await blocks
            .aggregate<{ edge: number }>([{ $match: filter }, { $group: { _id: null, edge: { [pick]: '$_id' } } }], {
              maxTimeMS,
            })
            .next()
        )?.edge;
      const first = await edge(from ? { to: { $gte: from } } : {}, '$min');
      const last = await edge(to ? { from: { $lt: to } } : {}, '$max');
      return first === undefined || last === undefined || first > last ? null : { first, last };
    },

    /** The first block that has a line at or after that time. */
    firstBlockSince: (time: Date, from: number): Promise<AuditBlock | null> =>
      blocks.findOne({ _id: { $gte: from }, to: { $gte: time } }, { sort: { _id: 1 }, hint: '_id_', maxTimeMS }),
    async markPruned(id: number, pruned: NonNullable<AuditBlock['pruned']>, tx: Tx): Promise<boolean> {
      const done = await blocks.updateOne(
        { _id: id, pruned: { $exists: false } },
        { $set: { pruned }, $unset: { digests: '' } },
        { session: tx },
      );
      return done.modifiedCount === 1;
    },
    /** Blocks before it, and the lines of it and of those. */
    async removeUpTo(id: number): Promise<void> {
      await records.deleteMany({ 'seal.block': { $gte: 1, $lte: id } }, { hint: 'sealed' });
      await blocks.deleteMany({ _id: { $lt: id } });
    },

    /** Takes a person's data out: where they acted from, and what tells of them. May be done again. */
    async erase(userId: string): Promise<void> {
      const somewhere = { $or: [{ ip: { $ne: null } }, { user_agent: { $ne: null } }] };
      const noOrigin = { $set: { ip: null, user_agent: null }, $unset: { 'seal.origin.salt': '' as const } };
      const noPersonal = { $unset: { personal: '' as const, 'seal.personal.salt': '' as const } };
      const told = { personal: { $exists: true } };
      await records.updateMany({ 'actor.id': userId, ...somewhere }, noOrigin);
      // Whoever failed to sign in as them is nobody, as far as the record knows: mostly it was they themselves.
      await records.updateMany({ 'target.id': userId, 'actor.id': null, ...somewhere }, noOrigin);
      await records.updateMany({ 'target.id': userId, ...told }, noPersonal);
      // What they did to other people tells of those.
      await records.updateMany({ 'actor.id': userId, 'target.kind': { $ne: 'user' }, ...told }, noPersonal);
    },
    /** Of these ids those whose data were ordered to be erased. */
    listErased: async (ids: readonly string[]): Promise<string[]> =>
      (
        await records
          .find({ act: AUDIT_ERASED, 'target.id': { $in: [...ids] } }, { projection: { target: 1 }, maxTimeMS })
          .toArray()
      ).flatMap(({ target }) => target.id ?? []),
  };
}
export type AuditTrailRepository = ReturnType<typeof createAuditTrailRepository>;
