// The collections of sign-in, sessions, users, roles and permissions, with their validators and indexes.

import { oneTimeCodesCollection } from '../../features/auth/email/repository.ts';
import { loginAttemptsCollection } from '../../features/auth/lockout/repository.ts';
import { sessionsCollection } from '../../features/auth/sessions/repository.ts';
import { permissionsCollection, rolesCollection } from '../../features/rbac/repository.ts';
import { usersCollection } from '../../features/users/document.ts';
import { auditCollection } from '../../platform/audit.ts';
import { idempotencyCollection } from '../../platform/idempotency.ts';
import { signingKeysCollection } from '../../platform/keys/repository.ts';
import { heartbeatsCollection } from '../../platform/live/heartbeat.ts';
import { devMessagesCollection } from '../../platform/mail/sender.ts';
import { guardsCollection } from '../guards.ts';
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
  guardsCollection,
  heartbeatsCollection,
  idempotencyCollection,
  devMessagesCollection,
];

export const foundation: Migration = {
  version: 1,
  name: 'foundation',
  collections: COLLECTIONS,
  async up(database) {
    for (const { name, schema, indexes } of COLLECTIONS) await ensureCollection(database, name, schema, indexes);
    await ensureCollection(database, OUTBOX, OutboxSchema, OUTBOX_INDEXES);
  },
};
