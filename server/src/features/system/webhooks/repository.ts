// webhooks: whom the server tells of what happens; their secrets are needed in clear to sign, and rest in envelopes.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import { findPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';

export const WebhookDocument = z.object({
  _id: objectId(),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string().nullable(),
  enabled: z.boolean(),
  disabled_reason: z.enum(['gone']).nullable(),
  /** Envelopes. */
  secret: z.string(),
  previous_secret: z.string().optional(),
  previous_expires_at: z.date().optional(),
  failing_since: z.date().nullable(),
  version: z.int(),
  created_by: objectId().nullable(),
  created_at: z.date(),
  updated_at: z.date(),
});
export type WebhookDocument = z.output<typeof WebhookDocument>;

export const webhooksCollection = {
  name: 'webhooks',
  schema: WebhookDocument,
  indexes: [{ key: { created_at: -1 as const, _id: -1 as const }, name: 'by_created_at' }],
};

/** What has to be known of a webhook whenever something happens. */
export interface Subscriber {
  readonly id: string;
  readonly events: readonly string[];
}

export interface WebhookChange {
  readonly fields: Partial<Omit<WebhookDocument, '_id' | 'version'>>;
  readonly without?: readonly ('previous_secret' | 'previous_expires_at')[];
}

export function createWebhooksRepository(database: Database) {
  const webhooks = database.db.collection<WebhookDocument>(webhooksCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(webhook: WebhookDocument, tx: Tx): Promise<void> {
      await webhooks.insertOne(webhook, { session: tx });
    },
    find: (id: string) => webhooks.findOne({ _id: new ObjectId(id) }, { maxTimeMS }),
    count: (tx: Tx) => webhooks.countDocuments({}, { maxTimeMS, session: tx }),
    list: (options: { limit: number; cursor?: string | undefined; withTotal: boolean }) =>
      findPage(webhooks, { filter: {}, sort: { field: 'created_at', direction: -1 }, ...options }, maxTimeMS),
    listSubscribers: async (): Promise<Subscriber[]> =>
      (await webhooks.find({ enabled: true }, { projection: { events: 1 }, maxTimeMS }).toArray()).map(
        ({ _id, events }) => ({ id: _id.toHexString(), events }),
      ),
    /** One conditional update; null when it is not (or no longer) of that version. */
    update: (id: string, version: number, { fields, without = [] }: WebhookChange, tx: Tx) =>
      webhooks.findOneAndUpdate(
        { _id: new ObjectId(id), version },
        {
          $set: fields,
          $inc: { version: 1 },
          ...(without.length > 0 ? { $unset: Object.fromEntries(without.map((field) => [field, ''])) } : {}),
        },
        { returnDocument: 'after', maxTimeMS, session: tx },
      ),
    async remove(id: string, tx: Tx): Promise<boolean> {
      return (await webhooks.deleteOne({ _id: new ObjectId(id) }, { maxTimeMS, session: tx })).deletedCount === 1;
    },
    /** Notes that nothing is taken since then, or (null) that all is well again. */
    async noteHealth(id: ObjectId, failingSince: Date | null): Promise<void> {
      const before = failingSince === null ? { failing_since: { $ne: null } } : { failing_since: null };
      await webhooks.updateOne({ _id: id, ...before }, { $set: { failing_since: failingSince } }, { maxTimeMS });
    },
    /** The receiver is gone; false when that was noted before, or it was changed to another address meanwhile. */
    async disable(id: ObjectId, url: string, now: Date, tx: Tx): Promise<boolean> {
      const { matchedCount } = await webhooks.updateOne(
        { _id: id, url, enabled: true },
        { $set: { enabled: false, disabled_reason: 'gone', updated_at: now }, $inc: { version: 1 } },
        { maxTimeMS, session: tx },
      );
      return matchedCount === 1;
    },
  };
}
export type WebhooksRepository = ReturnType<typeof createWebhooksRepository>;
