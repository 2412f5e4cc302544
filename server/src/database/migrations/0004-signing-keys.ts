// The collection of signing keys as it is since keys have a time at which they begin to sign. Documents from before stay as they are.

import { signingKeysCollection } from '../../platform/keys/repository.ts';
import { ensureCollection, type Migration } from '../migrate.ts';

export const signingKeys: Migration = {
  version: 4,
  name: 'signing-keys',
  collections: [signingKeysCollection],
  async up(database) {
    const { name, schema, indexes } = signingKeysCollection;
    await ensureCollection(database, name, schema, indexes);
  },
};
