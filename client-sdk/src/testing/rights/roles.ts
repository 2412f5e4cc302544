// The fake's role table: the builtin roles and permissions, and those of the test.
import { compileRole, type RoleRights } from '@authcenter/shared/evaluator';
import { BUILTIN_PERMISSIONS, formatPair, type Pair, parsePair } from '@authcenter/shared/permissions';
import { ADMIN_ROLE, BUILTIN_ROLES } from '@authcenter/shared/roles';
import type { Permission, Role } from '@authcenter/shared/schemas';
import type { FakeRoleSeed } from '../options.ts';

export interface RoleEntry extends RoleRights {
  readonly role: Role;
  /** The table's counter when its rights last changed, and when it took its name. */
  readonly rightsVersion: number;
  readonly namedAt: number;
}

export interface RoleTable {
  /** The table's counter; goes into tokens as `rv`. */
  readonly version: number;
  readonly permissions: readonly Permission[];
  readonly byId: ReadonlyMap<string, RoleEntry>;
  readonly byName: ReadonlyMap<string, RoleEntry>;
}

export interface Roles {
  readonly table: RoleTable;
  /** Makes a role, or gives the one of that name other rights. */
  set(seed: FakeRoleSeed): RoleEntry;
  /** Puts a role in the place of the one with its id. */
  put(role: Role): RoleEntry;
  remove(id: string): void;
  /** Of the permission with its id the name alone may be another; a new one is Admin's at once. */
  putPermission(permission: Permission): void;
  /** Pulls it from every role; answers which. */
  removePermission(id: string): RoleEntry[];
}

export function createRoles(newId: () => string, now: () => Date, seeds: readonly FakeRoleSeed[]): Roles {
  const permissions: Permission[] = BUILTIN_PERMISSIONS.map((builtin) => ({
    ...builtin,
    id: newId(),
    is_builtin: true,
    created_at: now(),
  }));
  let table: RoleTable = { version: 0, permissions, byId: new Map(), byName: new Map() };

  const borne = new Set<string>();
  const build = (version: number, byId: ReadonlyMap<string, RoleEntry>) => {
    const byName = new Map([...byId.values()].map((one) => [one.name, one]));
    table = { version, permissions: [...permissions], byId, byName };
  };

  const put = (role: Role): RoleEntry => {
    const version = table.version + 1;
    const [rights, before] = [compileRole(role), table.byId.get(role.id)];
    const isRenamed = before?.name !== role.name;
    const giveMore = isRenamed || before?.status !== role.status || !isSame(before.pairs, rights.pairs);
    const entry: RoleEntry = {
      ...rights,
      role,
      rightsVersion: giveMore ? version : before.rightsVersion,
      // Of a name that was borne before there may be old tokens; tokens that a test mints know no counter.
      namedAt: isRenamed ? (borne.has(role.name) ? version : 0) : before.namedAt,
    };
    borne.add(role.name);
    build(version, new Map(table.byId).set(role.id, entry));
    return entry;
  };

  function putPermission(permission: Permission): void {
    const at = permissions.findIndex(({ id }) => id === permission.id);
    if (at < 0) permissions.push(permission);
    else permissions[at] = permission;
    const { name } = permission;
    for (const { role } of table.byId.values())
      put({
        ...role,
        permissions: role.permissions.map((held) => (held.permission_id === permission.id ? { ...held, name } : held)),
      });
    const admin = table.byName.get(ADMIN_ROLE);
    // Admin always holds every permission.
    if (at < 0 && admin) put(grown(admin.role, { permissions: [...admin.role.permissions, toRef(permission)] }, now()));
  }

  function removePermission(permissionId: string): RoleEntry[] {
    const at = permissions.findIndex(({ id }) => id === permissionId);
    permissions.splice(at, 1);
    const isIt = (held: { permission_id: string }) => held.permission_id === permissionId;
    return [...table.byId.values()]
      .filter(({ role }) => role.permissions.some(isIt))
      .map(({ role }) => put(grown(role, { permissions: role.permissions.filter((held) => !isIt(held)) }, now())));
  }

  const remove = (id: string) => build(table.version + 1, new Map([...table.byId].filter(([roleId]) => roleId !== id)));

  function findPermission(text: string): Permission {
    const pair = resolvePair(table, text);
    if (!pair) throw new Error(`There is no permission ${text}: name it as resource:ACTION, and it comes to be`);
    const known = permissions.find(({ resource, action }) => resource === pair.resource && action === pair.action);
    if (known) return known;
    const made: Permission = {
      ...pair,
      id: newId(),
      name: `${pair.resource}_${pair.action}`.toUpperCase(),
      description: '',
      category: 'system_management',
      is_builtin: false,
      created_at: now(),
    };
    putPermission(made);
    return made;
  }

  function set({ name, permissions: wanted, level, displayName, status }: FakeRoleSeed): RoleEntry {
    const before = table.byName.get(name)?.role;
    const held = new Set(wanted.map(findPermission));
    const time = now();
    return put({
      id: before?.id ?? newId(),
      name,
      display_name: displayName ?? before?.display_name ?? name,
      description: before?.description ?? '',
      level: level ?? before?.level ?? 1,
      status: status ?? before?.status ?? 'active',
      is_builtin: before?.is_builtin ?? false,
      permissions: permissions.filter((permission) => held.has(permission)).map(toRef),
      version: (before?.version ?? 0) + 1,
      created_at: before?.created_at ?? time,
      updated_at: time,
    });
  }

  for (const { name, level, display_name, description, permissions: names } of [...BUILTIN_ROLES].reverse()) {
    const { role } = set({ name, level, displayName: display_name, permissions: names });
    put({ ...role, description, is_builtin: true });
  }
  for (const seed of seeds) set(seed);

  return {
    get table() {
      return table;
    },
    set,
    put,
    remove,
    putPermission,
    removePermission,
  };
}

const isSame = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((pair) => other.has(pair));

/** The next version of a role. */
export const grown = (role: Role, fields: Partial<Role>, now: Date): Role => ({
  ...role,
  ...fields,
  version: role.version + 1,
  updated_at: now,
});

export const toRef = ({ id, name, resource, action }: Permission) => ({ permission_id: id, name, resource, action });

/** Reads `resource:ACTION` or a permission's name; null for a name nobody knows. */
export function resolvePair({ permissions }: RoleTable, text: string): Pair | null {
  const name = text.toUpperCase();
  const known = permissions.find((permission) => permission.name === name);
  return parsePair(text) ?? (known ? { resource: known.resource, action: known.action } : null);
}

/** Whether some role or permission knows the pair. */
export const isKnownPair = ({ permissions }: RoleTable, pair: Pair): boolean =>
  permissions.some((one) => formatPair(one) === formatPair(pair));
