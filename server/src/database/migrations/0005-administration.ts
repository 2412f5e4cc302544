// What administrators work with beyond users and roles: collections, and the fields that have come to those that were there.
import { oneTimeCodesCollection } from '../../features/auth/email/repository.ts';
import { rolesCollection } from '../../features/rbac/repository.ts';
import { auditSealsCollection } from '../../features/system/audit/repository.ts';
import { copyChecksCollection } from '../../features/system/consistency/repository.ts';
import { settingsCollection } from '../../features/system/settings/repository.ts';
import { deliveriesCollection } from '../../features/system/webhooks/deliveries-repository.ts';
import { webhooksCollection } from '../../features/system/webhooks/repository.ts';
import { usersCollection } from '../../features/users/document.ts';
import { accessRequestsCollection } from '../../features/users/requests/repository.ts';
import { auditCollection } from '../../platform/audit.ts';
import { usageCountersCollection } from '../../platform/usage-counters.ts';
import type { Database } from '../client.ts';
import { leasesCollection } from '../lease.ts';
import { ensureCollection, type Migration } from '../migrate.ts';
import { OUTBOX, OUTBOX_INDEXES, OutboxSchema } from '../outbox.ts';

const COLLECTIONS = [
  rolesCollection,
  settingsCollection,
  webhooksCollection,
  deliveriesCollection,
  usageCountersCollection,
  usersCollection,
  oneTimeCodesCollection,
  copyChecksCollection,
  auditCollection,
  auditSealsCollection,
  leasesCollection,
  accessRequestsCollection,
  { name: OUTBOX, schema: OutboxSchema, indexes: OUTBOX_INDEXES },
];

export const administration: Migration = {
  version: 5,
  name: 'administration',
  collections: COLLECTIONS,
  async up(database) {
    for (const { name, schema, indexes } of COLLECTIONS) await ensureCollection(database, name, schema, [...indexes]);
    await makeEndsDue(database);
  },
};

/** The ends of grants that were made before are recorded, too; nobody is reminded of them. */
async function makeEndsDue({ db }: Database): Promise<void> {
  const isOpen = { expires_at: { $ne: null }, due_at: { $exists: false }, expiry_noted_at: { $exists: false } };
  const due = { $mergeObjects: ['$$this', { due_at: '$$this.expires_at' }] };
  const isLasting = { $eq: ['$$this.expires_at', null] };
  const isKnown = { $gt: ['$$this.due_at', null] };
  const roles = { $map: { input: '$roles', in: { $cond: [{ $or: [isLasting, isKnown] }, '$$this', due] } } };
  await db.collection(usersCollection.name).updateMany({ roles: { $elemMatch: isOpen } }, [{ $set: { roles } }]);
}
