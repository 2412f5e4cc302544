// The seed: 16 permissions, 4 roles, the first administrator. Idempotent, also when several instances start at once.

import { randomBytes } from 'node:crypto';
import { ADMIN_ROLE, BUILTIN_PERMISSIONS, BUILTIN_ROLES } from '@authcenter/shared';
import { type AnyBulkWriteOperation, ObjectId } from 'mongodb';
import type { Secrets } from '../../config.ts';
import type { Database } from '../../database/client.ts';
import { duplicateKey } from '../../database/errors.ts';
import { takeGuard } from '../../database/guards.ts';
import { inTransaction } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import { recordSystemAct } from '../../platform/audit.ts';
import { StartError } from '../../start-error.ts';
import {
  type PermissionDocument,
  permissionsCollection,
  ROLE_TABLE_GUARD,
  type RoleDocument,
  rolesCollection,
} from '../rbac/repository.ts';
import { RIGHTS_GUARD } from '../users/acting.ts';
import { usersCollection } from '../users/document.ts';
import { newUserDocument } from '../users/new-user.ts';

/** Writes what is missing of the builtin permissions and roles; what is there stays as it was edited. */
export async function seedRoles(database: Database, now: Date): Promise<void> {
  const permissions = database.db.collection<PermissionDocument>(permissionsCollection.name);
  const roles = database.db.collection<RoleDocument>(rolesCollection.name);
  if (
    (await roles.countDocuments({ is_builtin: true })) >= BUILTIN_ROLES.length &&
    (await permissions.countDocuments({ is_builtin: true })) >= BUILTIN_PERMISSIONS.length
  )
    return;
  await inTransaction(database, async (tx) => {
    const counter = await takeGuard(database, tx, ROLE_TABLE_GUARD);
    await permissions.bulkWrite(
      BUILTIN_PERMISSIONS.map((permission) => ({
        updateOne: {
          filter: { name: permission.name },
          update: { $setOnInsert: { ...permission, _id: new ObjectId(), is_builtin: true, created_at: now } },
          upsert: true,
        },
      })),
      { session: tx },
    );
    const stored = await permissions.find({}, { session: tx }).toArray();
    const writes: AnyBulkWriteOperation<RoleDocument>[] = BUILTIN_ROLES.flatMap(({ permissions: names, ...role }) => {
      // Admin always holds every permission, those of one's own too.
      const held = role.name === ADMIN_ROLE ? stored : stored.filter(({ name }) => names.some((one) => one === name));
      const fields = {
        _id: new ObjectId(),
        ...role,
        status: 'active' as const,
        is_builtin: true,
        permissions: held.map(({ _id, name, resource, action }) => ({ permission_id: _id, name, resource, action })),
        version: 1,
        rights_version: counter,
        named_at: counter,
        created_at: now,
        updated_at: now,
      };
      const insert = { updateOne: { filter: { name: role.name }, update: { $setOnInsert: fields }, upsert: true } };
      if (role.name !== ADMIN_ROLE) return [insert];
      // A later version may bring permissions that the role has not had yet.
      const complete = {
        updateOne: {
          filter: { name: ADMIN_ROLE, 'permissions.permission_id': { $not: { $all: held.map(({ _id }) => _id) } } },
          update: {
            $set: { permissions: fields.permissions, rights_version: counter, updated_at: now },
            $inc: { version: 1 },
          },
        },
      };
      return [insert, complete];
    });
    await roles.bulkWrite(writes, { session: tx });
  });
}

export interface Administrator {
  readonly email: string;
  readonly password: string;
  /** Whether the password was made up here, to be shown once. */
  readonly isGenerated: boolean;
}

/**
 * Makes the first administrator where nobody has ever held the role; null otherwise.
 *
 * @throws StartError when the address is somebody's, and in production when no password is given
 */
export async function seedAdministrator(deps: Deps, secrets: Secrets): Promise<Administrator | null> {
  const { users, live, clock, hasher, database } = deps;
  const admin = live.roles().byName.get(ADMIN_ROLE);
  const holders = database.db.collection(usersCollection.name);
  const someone = () => holders.findOne({ 'roles.role_id': new ObjectId(admin?.id) }, { projection: { _id: 1 } });
  if (await someone()) return null;
  // In production nobody reads what a start prints, save those who collect logs.
  if (deps.config.server.mode === 'production' && secrets.adminPassword === undefined)
    throw new StartError(
      'There is no administrator yet, and production mode makes up no password.',
      'Set ADMIN_PASSWORD, and ADMIN_EMAIL, for the first start.',
    );
  const email = (secrets.adminEmail ?? 'admin@example.com').toLowerCase();
  const password = secrets.adminPassword ?? randomBytes(12).toString('base64url');
  const hashed = await hasher.reserve().hash(password);
  const insert = (username: string) =>
    deps.transact(async (tx) => {
      // Of two instances that start at once one makes the administrator.
      await deps.takeGuard(tx, RIGHTS_GUARD);
      if (await holders.findOne({ 'roles.role_id': new ObjectId(admin?.id) }, { session: tx })) return false;
      const fields = { username, email, email_verified: true, name: '系统管理员', password: hashed };
      const user = newUserDocument(fields, live.roles(), clock.now(), ADMIN_ROLE);
      await users.insert(user, tx);
      await recordSystemAct(deps, tx, {
        act: 'users.first_administrator',
        target: { kind: 'user', id: user._id.toHexString() },
        details: { username, email },
      });
      return true;
    });
  const made = await insert('admin')
    .catch((error: unknown) => {
      if (duplicateKey(error) !== 'username') throw error;
      // Somebody's name already; the administrator signs in by the address anyway.
      return insert(`admin_${randomBytes(3).toString('hex')}`);
    })
    .catch((error: unknown) => {
      if (duplicateKey(error) !== 'email') throw error;
      throw new StartError(
        `The first administrator cannot be made: the address ${email} belongs to another user.`,
        'Set ADMIN_EMAIL to an address that no user has.',
      );
    });
  return made ? { email, password, isGenerated: secrets.adminPassword === undefined } : null;
}
