// roles and permissions: document types, indexes, typed queries.
import type { Pair } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Database } from '../../database/client.ts';
import { GUARDS, type GuardRecord } from '../../database/guards.ts';
import { objectId } from '../../database/json-schema.ts';
import { findPage } from '../../database/keyset.ts';
import type { Tx } from '../../database/transaction.ts';
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
  /** Removed roles whose grants count as grants of this one until they have been written anew. */
  replaces: z.array(objectId()).optional(),
  /** Switches of applications; AuthCenter gives them no meaning. */
  features: z.record(z.string(), z.record(z.string(), z.boolean())).optional(),
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

type PermissionRef = RoleDocument['permissions'][number];

export const toPermissionRef = ({ _id, name, resource, action }: PermissionDocument): PermissionRef => ({
  permission_id: _id,
  name,
  resource,
  action,
});

export function createRolesRepository(database: Database) {
  const roles = database.db.collection<RoleDocument>(rolesCollection.name);
  const permissions = database.db.collection<PermissionDocument>(permissionsCollection.name);
  const guards = database.db.collection<GuardRecord>(GUARDS);
  const maxTimeMS = database.maxTimeMs;
  const options = (tx?: Tx) => ({ maxTimeMS, ...(tx ? { session: tx } : {}) });
  return {
    findRole: (id: string, tx?: Tx) => roles.findOne({ _id: new ObjectId(id) }, options(tx)),
    findRoleByName: (name: string) => roles.findOne({ name }, { maxTimeMS }),
    listRoles: (page: ListOptions) =>
      findPage(roles, { filter: {}, sort: { field: 'level', direction: -1 }, ...page }, maxTimeMS),
    async insertRole(role: RoleDocument, tx: Tx): Promise<void> {
      await roles.insertOne(role, { session: tx });
    },
    /** The next version of the role, with these fields. */
    updateRole: (id: string, fields: Partial<Omit<RoleDocument, '_id' | 'version'>>, tx: Tx) =>
      roles.findOneAndUpdate(
        { _id: new ObjectId(id) },
        { $set: fields, $inc: { version: 1 } },
        { returnDocument: 'after', ...options(tx) },
      ),
    async removeRole(id: string, tx: Tx): Promise<void> {
      await roles.deleteOne({ _id: new ObjectId(id) }, options(tx));
    },
    /** Grants of these count as grants of the other role from now on. */
    async replaceRoles(replaced: readonly ObjectId[], by: string, tx: Tx): Promise<void> {
      await roles.updateOne(
        { _id: new ObjectId(by) },
        { $addToSet: { replaces: { $each: [...replaced] } } },
        options(tx),
      );
    },
    /** Nobody has a grant of it any more. */
    async forgetReplaced(id: string, tx: Tx): Promise<void> {
      const replaced = new ObjectId(id);
      await roles.updateMany({ replaces: replaced }, { $pull: { replaces: replaced } }, options(tx));
    },

    listPermissions: ({ category, ...page }: ListOptions & { category?: string | undefined }) =>
      findPage(
        permissions,
        { filter: category === undefined ? {} : { category }, sort: { field: 'name', direction: 1 }, ...page },
        maxTimeMS,
      ),
    findPermission: (id: string, tx: Tx) => permissions.findOne({ _id: new ObjectId(id) }, options(tx)),
    findPermissions: (ids: readonly string[], tx: Tx) =>
      permissions.find({ _id: { $in: ids.map((id) => new ObjectId(id)) } }, options(tx)).toArray(),
    findPermissionByName: (name: string, tx: Tx) => permissions.findOne({ name }, options(tx)),
    findPermissionByPair: ({ resource, action }: Pair, tx: Tx) =>
      permissions.findOne({ resource, action }, options(tx)),
    async insertPermission(permission: PermissionDocument, tx: Tx): Promise<void> {
      await permissions.insertOne(permission, { session: tx });
    },
    updatePermission: (id: string, fields: Partial<Omit<PermissionDocument, '_id'>>, tx: Tx) =>
      permissions.findOneAndUpdate(
        { _id: new ObjectId(id) },
        { $set: fields },
        { returnDocument: 'after', ...options(tx) },
      ),
    async removePermission(id: string, tx: Tx): Promise<void> {
      await permissions.deleteOne({ _id: new ObjectId(id) }, options(tx));
    },
    /** Roles are few: the copies of its name change in the same transaction. */
    async renameInRoles(id: string, name: string, tx: Tx): Promise<void> {
      await roles.updateMany(
        { 'permissions.permission_id': new ObjectId(id) },
        { $set: { 'permissions.$[held].name': name } },
        { arrayFilters: [{ 'held.permission_id': new ObjectId(id) }], ...options(tx) },
      );
    },
    async addToRole(roleName: string, permission: PermissionDocument, counter: number, tx: Tx): Promise<void> {
      await roles.updateOne(
        { name: roleName },
        {
          $push: { permissions: toPermissionRef(permission) },
          $set: { rights_version: counter, updated_at: permission.created_at },
          $inc: { version: 1 },
        },
        options(tx),
      );
    },
    /** @returns the names of the roles that held it */
    async pullFromRoles(id: string, counter: number, now: Date, tx: Tx): Promise<string[]> {
      const holds = { 'permissions.permission_id': new ObjectId(id) };
      const held = await roles.find(holds, { projection: { name: 1 }, ...options(tx) }).toArray();
      await roles.updateMany(
        holds,
        {
          $pull: { permissions: { permission_id: new ObjectId(id) } },
          $set: { rights_version: counter, updated_at: now },
          $inc: { version: 1 },
        },
        options(tx),
      );
      return held.map(({ name }) => name);
    },

    /** The counter is read before the roles: a table may hold more than its version says, never less. */
    async loadRoleTable(tx?: Tx): Promise<RoleTable> {
      const guard = await guards.findOne({ _id: ROLE_TABLE_GUARD }, options(tx));
      return buildRoleTable(guard?.taken ?? 0, await roles.find({}, options(tx)).toArray());
    },
  };
}
export type RolesRepository = ReturnType<typeof createRolesRepository>;
