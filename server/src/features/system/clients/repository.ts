// clients: the applications that rely on this server; of their secrets only hashes.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import { findPage } from '../../../database/keyset.ts';
import type { Tx } from '../../../database/transaction.ts';
import type { LiveClient } from '../../../platform/live/live-state.ts';

export const ClientDocument = z.object({
  _id: objectId(),
  name: z.string(),
  kind: z.enum(['web', 'spa', 'native', 'service']),
  redirect_uris: z.array(z.string()),
  audiences: z.array(z.string()).optional(),
  scopes: z.array(z.string()),
  /** Envelope of the secret that tokens are exchanged for (HS256): it is needed in clear to sign. */
  exchange_secret: z.string().optional(),
  /** Raised when its secret is withdrawn: its own tokens carry it. */
  token_epoch: z.int().optional(),
  /** Newest first; one that has been replaced works until it expires. */
  secrets: z.array(z.object({ hash: z.string(), created_at: z.date(), expires_at: z.date().nullable() })),
  version: z.int(),
  created_by: objectId().nullable(),
  created_at: z.date(),
  updated_at: z.date(),
});
export type ClientDocument = z.output<typeof ClientDocument>;

export const clientsCollection = {
  name: 'clients',
  schema: ClientDocument,
  indexes: [{ key: { created_at: -1 as const, _id: -1 as const }, name: 'by_created_at' }],
};

export interface ClientChange {
  readonly fields: Partial<Omit<ClientDocument, '_id' | 'version' | 'token_epoch'>>;
  readonly without?: readonly 'exchange_secret'[];
  /** Its own tokens lose their force. */
  readonly withdrawsTokens?: boolean;
}

const LIVE_FIELDS = { scopes: 1, audiences: 1, token_epoch: 1 } as const;
export const toLiveClient = (
  client: Pick<ClientDocument, '_id' | 'scopes' | 'audiences' | 'token_epoch'>,
): LiveClient => ({
  id: client._id.toHexString(),
  scopes: client.scopes,
  audiences: client.audiences ?? [],
  epoch: client.token_epoch ?? 0,
});

export function createClientsRepository(database: Database) {
  const clients = database.db.collection<ClientDocument>(clientsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(client: ClientDocument, tx: Tx): Promise<void> {
      await clients.insertOne(client, { session: tx });
    },
    /** Null also for what is no id at all: callers send whatever they like. */
    find: async (id: string, tx?: Tx): Promise<ClientDocument | null> =>
      /^[0-9a-f]{24}$/.test(id)
        ? clients.findOne({ _id: new ObjectId(id) }, { maxTimeMS, ...(tx ? { session: tx } : {}) })
        : null,
    findLive: async (id: string): Promise<LiveClient | null> => {
      const client = await clients.findOne({ _id: new ObjectId(id) }, { projection: LIVE_FIELDS, maxTimeMS });
      return client && toLiveClient(client);
    },
    listLive: async (): Promise<LiveClient[]> =>
      (await clients.find({}, { projection: LIVE_FIELDS, maxTimeMS }).toArray()).map(toLiveClient),
    list: (options: { limit: number; cursor?: string | undefined; withTotal: boolean }) =>
      findPage(clients, { filter: {}, sort: { field: 'created_at', direction: -1 }, ...options }, maxTimeMS),
    /** One conditional update; null when the client is not (or no longer) of that version. */
    update: (id: string, version: number, { fields, without = [], withdrawsTokens = false }: ClientChange, tx: Tx) =>
      clients.findOneAndUpdate(
        { _id: new ObjectId(id), version },
        {
          $set: fields,
          $inc: { version: 1, ...(withdrawsTokens ? { token_epoch: 1 } : {}) },
          ...(without.length > 0 ? { $unset: Object.fromEntries(without.map((field) => [field, ''])) } : {}),
        },
        { returnDocument: 'after', maxTimeMS, session: tx },
      ),
    async remove(id: string, tx: Tx): Promise<boolean> {
      return (await clients.deleteOne({ _id: new ObjectId(id) }, { maxTimeMS, session: tx })).deletedCount === 1;
    },
  };
}
export type ClientsRepository = ReturnType<typeof createClientsRepository>;
