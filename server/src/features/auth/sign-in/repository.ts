// sign_in_tickets: sign-ins that are not finished; who holds a ticket's token goes on with it, once.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const TicketDocument = z.object({
  _id: objectId(),
  kind: z.enum(['mfa', 'mfa_setup', 'password_change']),
  /** Keyed hash of the token. */
  secret_hash: z.string(),
  user_id: objectId(),
  /** What has been shown so far. */
  methods: z.array(z.string()),
  /** What may be shown next. */
  offered: z.array(z.string()),
  /** The credentials as they were: changed ones make the ticket void. */
  password_changed_at: z.date().nullable(),
  factors_changed_at: z.date().nullable(),
  /** In E.164: the number that was proven, where its account may lose it. */
  phone: z.string().optional(),
  /** Of the code sent to the account's other address. */
  challenge_id: z.string().nullable(),
  transport: z.enum(['cookie', 'body']),
  device: z
    .object({ device_type: z.enum(['web', 'mobile', 'api']).optional(), device_name: z.string().optional() })
    .nullable(),
  client_id: z.string().nullable(),
  tries: z.int(),
  created_at: z.date(),
  expires_at: z.date(),
});
export type TicketDocument = z.output<typeof TicketDocument>;

export const ticketsCollection = {
  name: 'sign_in_tickets',
  schema: TicketDocument,
  indexes: [
    { key: { secret_hash: 1 }, name: 'secret_hash', unique: true },
    { key: { user_id: 1 }, name: 'user_id' },
    { key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 },
  ],
};

export function createTicketsRepository(database: Database) {
  const tickets = database.db.collection<TicketDocument>(ticketsCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(ticket: TicketDocument, tx: Tx): Promise<void> {
      await tickets.insertOne(ticket, { session: tx });
    },
    find: (kind: TicketDocument['kind'], secretHash: string, now: Date) =>
      tickets.findOne({ kind, secret_hash: secretHash, expires_at: { $gt: now } }, { maxTimeMS }),
    /** Takes one of its tries; null when none is left, or it has lapsed. */
    takeTry: (kind: TicketDocument['kind'], secretHash: string, maxTries: number, now: Date) =>
      tickets.findOneAndUpdate(
        { kind, secret_hash: secretHash, expires_at: { $gt: now }, tries: { $lt: maxTries } },
        { $inc: { tries: 1 } },
        { returnDocument: 'after', maxTimeMS },
      ),
    /** Takes it out of the world; false when somebody was first. */
    async consume(id: ObjectId, tx: Tx): Promise<boolean> {
      return (await tickets.deleteOne({ _id: id }, { maxTimeMS, session: tx })).deletedCount === 1;
    },
    async removeOfUser(userId: string, tx: Tx): Promise<void> {
      await tickets.deleteMany({ user_id: new ObjectId(userId) }, { maxTimeMS, session: tx });
    },
  };
}
export type TicketsRepository = ReturnType<typeof createTicketsRepository>;
