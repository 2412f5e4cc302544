// roles and permissions: document types, indexes, typed queries.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../database/client.ts';
import { GUARDS, type GuardRecord } from '../../database/guards.ts';
import { objectId } from '../../database/json-schema.ts';
import { findPage } from '../../database/keyset.ts';
import { buildRoleTable, type RoleTable } from '../../platform/live/role-table.ts';

export const PermissionDocument = z.object({
  _id: objectId(),
  name: z.string(),
  resource: z.string(),
  action: z.string(),
  description: z.string(),
  category: z.string(),
  is_builtin: z.boolean(),
  created_at: z.date(),
});
export type PermissionDocument = z.output<typeof PermissionDocument>;

export const RoleDocument = z.object({
  _id: objectId(),
  name: z.string(),
  display_name: z.string(),
  description: z.string(),
  level: z.int(),
  status: z.enum(['active', 'inactive']),
  is_builtin: z.boolean(),
  permissions: z.array(
    z.object({ permission_id: objectId(), name: z.string(), resource: z.string(), action: z.string() }),
  ),
  version: z.int(),
  /** The role table's counter when name, status or permissions last changed. */
  rights_version: z.int(),
  /** The role table's counter when the role took its name. */
  named_at: z.int(),
  created_at: z.date(),
  updated_at: z.date(),
});
export type RoleDocument = z.output<typeof RoleDocument>;

export const permissionsCollection = {
  name: 'permissions',
  schema: PermissionDocument,
  indexes: [
    { key: { name: 1, _id: 1 }, name: 'name_page' },
    { key: { name: 1 }, name: 'name', unique: true },
    { key: { resource: 1, action: 1 }, name: 'resource_action', unique: true },
    { key: { category: 1, name: 1, _id: 1 }, name: 'category_page' },
  ],
};

export const rolesCollection = {
  name: 'roles',
  schema: RoleDocument,
  indexes: [
    { key: { name: 1 }, name: 'name', unique: true },
    { key: { level: -1, _id: -1 }, name: 'level_page' },
    { key: { 'permissions.name': 1 }, name: 'permissions_name' },
  ],
};

/** The guard document whose counter versions the role table. */
export const ROLE_TABLE_GUARD = 'role_table';

export interface ListOptions {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly withTotal: boolean;
}

export function createRolesRepository(database: Database) {
  const roles = database.db.collection<RoleDocument>(rolesCollection.name);
  const permissions = database.db.collection<PermissionDocument>(permissionsCollection.name);
  const guards = database.db.collection<GuardRecord>(GUARDS);
  const maxTimeMS = database.maxTimeMs;
  return {
    findRole: (id: string) => roles.findOne({ _id: new ObjectId(id) }, { maxTimeMS }),
    findRoleByName: (name: string) => roles.findOne({ name }, { maxTimeMS }),
    listRoles: (options: ListOptions) =>
      findPage(roles, { filter: {}, sort: { field: 'level', direction: -1 }, ...options }, maxTimeMS),
    listPermissions: (options: ListOptions & { category?: string | undefined }) => {
      const { category, ...rest } = options;
      return findPage(
        permissions,
        { filter: category === undefined ? {} : { category }, sort: { field: 'name', direction: 1 }, ...rest },
        maxTimeMS,
      );
    },
    /** The counter is read before the roles: a table may hold more than its version says, never less. */
    async loadRoleTable(): Promise<RoleTable> {
      const guard = await guards.findOne({ _id: ROLE_TABLE_GUARD }, { maxTimeMS });
      return buildRoleTable(guard?.taken ?? 0, await roles.find({}, { maxTimeMS }).toArray());
    },
  };
}
export type RolesRepository = ReturnType<typeof createRolesRepository>;
