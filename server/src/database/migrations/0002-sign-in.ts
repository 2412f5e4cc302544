// The collections of every way in, and the fields of users that go with them.

import { oneTimeCodesCollection } from '../../features/auth/email/repository.ts';
import { noticesCollection } from '../../features/auth/messages/repository.ts';
import { oauthStatesCollection } from '../../features/auth/oauth/repository.ts';
import { challengesCollection } from '../../features/auth/otp/repository.ts';
import { passkeyChallengesCollection, passkeysCollection } from '../../features/auth/passkeys/repository.ts';
import { qrLoginsCollection } from '../../features/auth/qr/repository.ts';
import { sessionsCollection } from '../../features/auth/sessions/repository.ts';
import { ticketsCollection } from '../../features/auth/sign-in/repository.ts';
import { authorizationCodesCollection } from '../../features/auth/token/repository.ts';
import { clientsCollection } from '../../features/system/clients/repository.ts';
import { usersCollection } from '../../features/users/document.ts';
import type { Database } from '../client.ts';
import { ensureCollection, type Migration } from '../migrate.ts';

const COLLECTIONS = [
  usersCollection,
  sessionsCollection,
  oneTimeCodesCollection,
  challengesCollection,
  ticketsCollection,
  passkeysCollection,
  passkeyChallengesCollection,
  noticesCollection,
  clientsCollection,
  oauthStatesCollection,
  authorizationCodesCollection,
  qrLoginsCollection,
];

export const signIn: Migration = {
  version: 2,
  name: 'sign-in',
  collections: COLLECTIONS,
  async up(database) {
    await keepLinks(database);
    for (const { name, schema, indexes } of COLLECTIONS) await ensureCollection(database, name, schema, [...indexes]);
  },
};

/** Links had one life with their code; now each has its own. */
async function keepLinks({ db }: Database): Promise<void> {
  const codes = db.collection(oneTimeCodesCollection.name);
  const secrets = { $map: { input: '$secret_hashes', in: { hash: '$$this', expires_at: '$expires_at' } } };
  await codes.updateMany({ secret_hashes: { $exists: true } }, [{ $set: { secrets } }, { $unset: 'secret_hashes' }], {
    bypassDocumentValidation: true,
  });
  const indexes = await codes.indexes();
  if (indexes.some(({ name }) => name === 'secret_hashes')) await codes.dropIndex('secret_hashes');
}
