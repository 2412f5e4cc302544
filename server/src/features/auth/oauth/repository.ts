// oauth_states: sign-ins on their way to a provider and back; each is good once, for the browser that began it.
import { z } from 'zod';
import type { Database } from '../../../database/client.ts';
import { objectId } from '../../../database/json-schema.ts';

export const OAuthStateDocument = z.object({
  /** Keyed hash of the state. */
  _id: z.string(),
  provider: z.string(),
  /** Keyed hash of the browser's cookie. */
  browser: z.string(),
  client_id: z.string(),
  redirect_uri: z.string(),
  /** What the application asked for; absent when somebody who is signed in links a provider. */
  sign_in: z.object({ state: z.string(), code_challenge: z.string() }).optional(),
  link: z.object({ user_id: objectId(), session_id: objectId() }).optional(),
  expires_at: z.date(),
});
export type OAuthStateDocument = z.output<typeof OAuthStateDocument>;

export const oauthStatesCollection = {
  name: 'oauth_states',
  schema: OAuthStateDocument,
  indexes: [{ key: { expires_at: 1 }, name: 'expires_at', expireAfterSeconds: 0 }],
};

export function createOAuthStatesRepository(database: Database) {
  const states = database.db.collection<OAuthStateDocument>(oauthStatesCollection.name);
  return {
    async insert(state: OAuthStateDocument): Promise<void> {
      await states.insertOne(state);
    },
    /** Takes it out of the world, for the browser and provider it was made for; null for any other. */
    take: (id: string, provider: string, browser: string, now: Date) =>
      states.findOneAndDelete(
        { _id: id, provider, browser, expires_at: { $gt: now } },
        { maxTimeMS: database.maxTimeMs },
      ),
  };
}
export type OAuthStatesRepository = ReturnType<typeof createOAuthStatesRepository>;
