// The collections of sign-in, sessions, users, roles and permissions, with their validators and indexes.

import { oneTimeCodesCollection } from '../../features/auth/email/repository.ts';
import { loginAttemptsCollection } from '../../features/auth/lockout/repository.ts';
import { sessionsCollection } from '../../features/auth/sessions/repository.ts';
import { permissionsCollection, rolesCollection } from '../../features/rbac/repository.ts';
import { usersCollection } from '../../features/users/repository.ts';
import { auditCollection } from '../../platform/audit.ts';
import { idempotencyCollection } from '../../platform/idempotency.ts';
import { signingKeysCollection } from '../../platform/keys/repository.ts';
import { devMessagesCollection } from '../../platform/mail/sender.ts';
import { ensureCollection, type Migration } from '../migrate.ts';
import { OUTBOX, OUTBOX_INDEXES, OutboxSchema } from '../outbox.ts';

const COLLECTIONS = [
  usersCollection,
  rolesCollection,
  permissionsCollection,
  sessionsCollection,
  signingKeysCollection,
  oneTimeCodesCollection,
  loginAttemptsCollection,
  auditCollection,
  idempotencyCollection,
  devMessagesCollection,
];

export const foundation: Migration = {
  version: 1,
  name: 'foundation',
  async up(database) {
    for (const { name, schema, indexes } of COLLECTIONS) await ensureCollection(database, name, schema, indexes);
    await ensureCollection(database, OUTBOX, OutboxSchema, OUTBOX_INDEXES);
    // A heartbeat that nobody renews belongs to an instance that is gone.
    await database.db.collection('heartbeats').createIndex({ at: 1 }, { name: 'at', expireAfterSeconds: 3600 });
    // Transactions create no collection in a race with themselves.
    await database.db.createCollection('guards').catch(() => undefined);
  },
};
