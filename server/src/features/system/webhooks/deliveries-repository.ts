// webhook_deliveries: each telling of one event to one webhook, with what became of it; a queue of its own for each webhook.
import type { WebhookEvent } from '@authcenter/shared';
import { type Filter, ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import { findPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';

export const DeliveryDocument = z.object({
  _id: objectId(),
  webhook_id: objectId(),
  event_id: z.string(),
  type: z.string(),
  /** As it is sent: the same bytes at each try. */
  body: z.string(),
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int(),
  /** When it is to be tried next; while it is in hand, when another instance may think that this one has died. */
  due_at: z.date().optional(),
  last_attempt_at: z.date().nullable(),
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  created_at: z.date(),
  expires_at: z.date(),
});
export interface DeliveryDocument extends z.output<typeof DeliveryDocument> {}

export const deliveriesCollection = {
  name: 'webhook_deliveries',
  schema: DeliveryDocument,
  indexes: [
    {
      key: { webhook_id: 1 as const, due_at: 1 as const },
      name: 'due',
      partialFilterExpression: { due_at: { $exists: true } },
    },
    { key: { webhook_id: 1 as const, created_at: -1 as const, _id: -1 as const }, name: 'by_created_at' },
    {
      key: { webhook_id: 1 as const, status: 1 as const, created_at: -1 as const, _id: -1 as const },
      name: 'status_by_created_at',
    },
    { key: { expires_at: 1 as const }, name: 'expires_at', expireAfterSeconds: 0 },
  ],
};

export interface NewDelivery {
  readonly webhookId: string;
  readonly eventId: string;
  readonly type: WebhookEvent;
  readonly body: string;
}

/** How a try ended. */
export interface TryResult {
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  /** When to try again; null: it is done, or given up. */
  readonly next: Date | null;
}

const KEPT_FOR = 30 * 86_400_000;

export function createDeliveriesRepository(database: Database) {
  const deliveries = database.db.collection<DeliveryDocument>(deliveriesCollection.name);
  const maxTimeMS = database.maxTimeMs;
  const isDue = (webhookId: string, now: Date): Filter<DeliveryDocument> => ({
    webhook_id: new ObjectId(webhookId),
    due_at: { $exists: true, $lte: now },
  });
  return {
    async insert(events: readonly NewDelivery[], now: Date, tx: Tx | undefined): Promise<void> {
      const documents = events.map(
        ({ webhookId, eventId, type, body }): DeliveryDocument => ({
          _id: new ObjectId(),
          webhook_id: new ObjectId(webhookId),
          event_id: eventId,
          type,
          body,
          status: 'pending',
          attempts: 0,
          due_at: now,
          last_attempt_at: null,
          last_status: null,
          last_error: null,
          created_at: now,
          expires_at: new Date(now.getTime() + KEPT_FOR),
        }),
      );
      await deliveries.insertMany(documents, tx ? { session: tx } : {});
    },
    /** Takes the oldest that is due in hand until `until`; whoever dies with it has used up a try. */
    take: (webhookId: string, now: Date, until: Date) =>
      deliveries.findOneAndUpdate(
        isDue(webhookId, now),
        { $set: { due_at: until }, $inc: { attempts: 1 } },
        { sort: { due_at: 1 }, returnDocument: 'after', maxTimeMS },
      ),
    /** Notes how the try in hand ended, unless it was taken from this hand meanwhile. */
    async settle({ _id, due_at, attempts }: DeliveryDocument, result: TryResult): Promise<void> {
      const { at, status, error, next } = result;
      const fields = { last_attempt_at: at, last_status: status, last_error: error };
      const ended = error === null ? ('delivered' as const) : ('failed' as const);
      await deliveries.updateOne(
        { _id, attempts, due_at: due_at as Date },
        next === null
          ? { $set: { ...fields, status: ended }, $unset: { due_at: '' } }
          : { $set: { ...fields, due_at: next } },
        { maxTimeMS },
      );
    },
    /** Puts back what was in hand and not tried. */
    async giveBack({ _id, due_at, attempts }: DeliveryDocument, next: Date): Promise<void> {
      await deliveries.updateOne(
        { _id, attempts, due_at: due_at as Date },
        { $set: { due_at: next, attempts: attempts - 1 } },
        { maxTimeMS },
      );
    },
    hasDue: async (webhookId: string, now: Date): Promise<boolean> =>
      (await deliveries.findOne(isDue(webhookId, now), { projection: { _id: 1 }, maxTimeMS })) !== null,
    list: ({
      webhookId,
      status,
      ...page
    }: {
      webhookId: string;
      status: DeliveryDocument['status'] | undefined;
      limit: number;
      cursor?: string | undefined;
      withTotal: boolean;
    }) =>
      findPage(
        deliveries,
        {
          filter: { webhook_id: new ObjectId(webhookId), ...(status === undefined ? {} : { status }) },
          sort: { field: 'created_at', direction: -1 },
          projection: { body: 0 },
          ...page,
        },
        maxTimeMS,
      ),
    /** Those of a webhook that have ended, or the one of them; at most so many. */
    listEnded: async (
      webhookId: string,
      { id, since, onlyFailed }: { id?: string | undefined; since?: Date | undefined; onlyFailed: boolean },
      limit: number,
      tx: Tx,
    ): Promise<ObjectId[]> =>
      (
        await deliveries
          .find(
            {
              webhook_id: new ObjectId(webhookId),
              status: onlyFailed ? 'failed' : { $in: ['delivered', 'failed'] },
              ...(id === undefined ? {} : { _id: new ObjectId(id) }),
              ...(since === undefined ? {} : { created_at: { $gte: since } }),
            },
            { projection: { _id: 1 }, limit, maxTimeMS, session: tx },
          )
          .toArray()
      ).map(({ _id }) => _id),
    exists: async (webhookId: string, id: string): Promise<boolean> =>
      (await deliveries.findOne(
        { _id: new ObjectId(id), webhook_id: new ObjectId(webhookId) },
        { projection: { _id: 1 }, maxTimeMS },
      )) !== null,
    /** From the first try on, and kept as long as a new one. */
    async sendAgain(ids: readonly ObjectId[], now: Date, tx: Tx): Promise<void> {
      await deliveries.updateMany(
        { _id: { $in: [...ids] } },
        {
          $set: { status: 'pending', attempts: 0, due_at: now, expires_at: new Date(now.getTime() + KEPT_FOR) },
        },
        { maxTimeMS, session: tx },
      );
    },
    async removeOf(webhookId: string): Promise<void> {
      await deliveries.deleteMany({ webhook_id: new ObjectId(webhookId) }, { maxTimeMS });
    },
  };
}
export type DeliveriesRepository = ReturnType<typeof createDeliveriesRepository>;
