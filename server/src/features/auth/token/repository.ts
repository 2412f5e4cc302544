// authorization_codes: what an application exchanges for tokens, once; kept a while after, so that a second exchange is noticed.
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';
import type { Tx } from '../../../database/transaction.ts';

export const AuthorizationCodeDocument = z.object({
  /** Keyed hash of the code. */
  _id: z.string(),
  client_id: z.string(),
  redirect_uri: z.string(),
  /** S256 (RFC 7636 §4.2). */
  code_challenge: z.string(),
  user_id: objectId(),
  /** How the person proved who they are. */
  methods: z.array(z.string()),
  /** Until then it may be exchanged. */
  good_until: z.date(),
  used_at: z.date().nullable(),
  /** What it opened: ended when it is used again (RFC 6749 §4.1.2). */
  session_id: z.string().nullable(),
  expires_at: z.date(),
});
export type AuthorizationCodeDocument = z.output<typeof AuthorizationCodeDocument>;

export const authorizationCodesCollection = {
  name: 'authorization_codes',
  schema: AuthorizationCodeDocument,
  indexes: [
    { key: { user_id: 1 }, name: 'user_id' },
    { key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 },
  ],
};

export function createAuthorizationCodesRepository(database: Database) {
  const codes = database.db.collection<AuthorizationCodeDocument>(authorizationCodesCollection.name);
  const maxTimeMS = database.maxTimeMs;
  return {
    async insert(code: AuthorizationCodeDocument, tx?: Tx): Promise<void> {
      await codes.insertOne(code, tx ? { session: tx } : {});
    },
    find: (id: string) => codes.findOne({ _id: id }, { maxTimeMS }),
    /** Marks it used, in the transaction of what it opens; false when somebody was first, or it is too late. */
    async use(id: string, now: Date, tx: Tx): Promise<boolean> {
      const { matchedCount } = await codes.updateOne(
        { _id: id, used_at: null, good_until: { $gt: now } },
        { $set: { used_at: now } },
        { maxTimeMS, session: tx },
      );
      return matchedCount === 1;
    },
    async noteSession(id: string, sessionId: string, tx: Tx): Promise<void> {
      await codes.updateOne({ _id: id }, { $set: { session_id: sessionId } }, { maxTimeMS, session: tx });
    },
    async removeOfUser(userId: AuthorizationCodeDocument['user_id'], tx: Tx): Promise<void> {
      await codes.deleteMany({ user_id: userId }, { maxTimeMS, session: tx });
    },
  };
}
export type AuthorizationCodesRepository = ReturnType<typeof createAuthorizationCodesRepository>;
