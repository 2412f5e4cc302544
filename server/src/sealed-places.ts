// Every field of the database that holds an envelope, for `keys rewrap`.
import type { Database } from './database/client.ts';
import { clientsCollection } from './features/system/clients/repository.ts';
import { webhooksCollection } from './features/system/webhooks/repository.ts';
import { usersCollection } from './features/users/document.ts';
import type { SigningKeysRepository } from './platform/keys/repository.ts';
import type { SealedPlace } from './platform/keys/rewrap.ts';
import { createSealedField } from './platform/keys/sealed-field.ts';

export const listSealedPlaces = (database: Database, keys: SigningKeysRepository): SealedPlace[] => [
  {
    name: 'signing_keys.private_jwk',
    // A ring is small: one page.
    list: async () => ({
      values: (await keys.listSealed()).map(({ _id, private_jwk }) => ({ id: _id, sealed: private_jwk ?? '' })),
      next: null,
    }),
    replace: keys.replaceSealed,
  },
  createSealedField(database, usersCollection.name, 'security.two_factor.totp.secret'),
  createSealedField(database, usersCollection.name, 'security.two_factor.pending.secret'),
  createSealedField(database, clientsCollection.name, 'exchange_secret'),
  createSealedField(database, webhooksCollection.name, 'secret'),
  createSealedField(database, webhooksCollection.name, 'previous_secret'),
];
