// What roles hold, against the permissions there are: copies in `roles.permissions`, and Admin, who holds them all.
import { ADMIN_ROLE } from '@authcenter/shared';
import type { Database } from '../../../database/client.ts';
import { inTransaction, type Tx } from '../../../database/transaction.ts';
import type { Deps } from '../../../deps.ts';
import { recordSystemAct } from '../../../platform/audit.ts';
import {
  type PermissionDocument,
  permissionsCollection,
  ROLE_TABLE_GUARD,
  type RoleDocument,
  rolesCollection,
  toPermissionRef,
} from '../../rbac/repository.ts';

interface WrongPermissions {
  /** Roles of which an entry says something else than the permission, or is of none. */
  readonly roles: { readonly role: RoleDocument; readonly entries: RoleDocument['permissions'] }[];
  readonly missingFromAdmin: PermissionDocument[];
}

/** Both as of one moment. */
export const findWrongPermissions = (database: Database): Promise<WrongPermissions> =>
  inTransaction(database, (tx) => readWrong(database, tx));

async function readWrong({ db, maxTimeMs: maxTimeMS }: Database, tx: Tx): Promise<WrongPermissions> {
  const options = { session: tx, maxTimeMS };
  const roles = await db.collection<RoleDocument>(rolesCollection.name).find({}, options).toArray();
  const permissions = await db.collection<PermissionDocument>(permissionsCollection.name).find({}, options).toArray();
  return comparePermissions(roles, permissions);
}

export function comparePermissions(
  roles: readonly RoleDocument[],
  permissions: readonly PermissionDocument[],
): WrongPermissions {
  const byId = new Map(permissions.map((permission) => [permission._id.toHexString(), permission]));
  const admin = roles.find(({ name }) => name === ADMIN_ROLE);
  const held = new Set(admin?.permissions.map(({ permission_id }) => permission_id.toHexString()));
  return {
    roles: roles
      .map((role) => ({
        role,
        entries: role.permissions.flatMap((entry) => {
          const permission = byId.get(entry.permission_id.toHexString());
          return permission ? [toPermissionRef(permission)] : [];
        }),
      }))
      .filter(({ role, entries }) => JSON.stringify(entries) !== JSON.stringify(role.permissions.map(inOrder))),
    missingFromAdmin: admin ? permissions.filter(({ _id }) => !held.has(_id.toHexString())) : [],
  };
}

/** Of two that say the same the text is the same. */
const inOrder = ({ permission_id, name, resource, action }: RoleDocument['permissions'][number]) => ({
  permission_id,
  name,
  resource,
  action,
});

/** Under the guard of the role table, as every change of a role: instances hear of it as of those. */
export const repairPermissions = (
  deps: Pick<Deps, 'database' | 'transact' | 'takeGuard' | 'audit' | 'clock' | 'log'>,
): Promise<void> =>
  deps.transact(async (tx) => {
    const counter = await deps.takeGuard(tx, ROLE_TABLE_GUARD);
    const { roles, missingFromAdmin } = await readWrong(deps.database, tx);
    const collection = deps.database.db.collection<RoleDocument>(rolesCollection.name);
    const marks = { rights_version: counter, updated_at: deps.clock.now() };
    const repaired = roles.map(({ role }) => role.name);
    for (const { role, entries } of roles)
      await collection.updateOne(
        { _id: role._id },
        { $set: { permissions: entries, ...marks }, $inc: { version: 1 } },
        { session: tx },
      );
    if (missingFromAdmin.length > 0) {
      await collection.updateOne(
        { name: ADMIN_ROLE },
        {
          $push: { permissions: { $each: missingFromAdmin.map(toPermissionRef) } },
          $set: marks,
          $inc: { version: 1 },
        },
        { session: tx },
      );
      repaired.push(ADMIN_ROLE);
    }
    if (repaired.length > 0)
      await recordSystemAct(deps, tx, {
        act: 'system.role_permissions_repaired',
        target: { kind: 'role', id: null },
        details: { roles: repaired },
      });
  });
