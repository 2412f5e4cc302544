// What applications and programs bring: API keys, clients' audiences and exchange secrets, acts by key in the audit.
import { apiKeysCollection } from '../../features/auth/api-keys/repository.ts';
import { clientsCollection } from '../../features/system/clients/repository.ts';
import { auditCollection } from '../../platform/audit.ts';
import { ensureCollection, type Migration } from '../migrate.ts';

const COLLECTIONS = [clientsCollection, apiKeysCollection, auditCollection];

export const applications: Migration = {
  version: 3,
  name: 'applications',
  collections: COLLECTIONS,
  async up(database) {
    for (const { name, schema, indexes } of COLLECTIONS) await ensureCollection(database, name, schema, [...indexes]);
  },
};
