// The role table in memory: what the evaluator looks roles up in, by id (grants) and by name (tokens).
import { compileRole, type RoleRights, type RoleStatus } from '@authcenter/shared/evaluator';
import { normalizePair, type Pair, parsePair } from '@authcenter/shared/permissions';

export interface NamedPair extends Pair {
  readonly permission_id: string;
  readonly name: string;
}

export interface RoleEntry extends RoleRights {
  readonly id: string;
  readonly display_name: string;
  readonly permissions: readonly NamedPair[];
  /** The table's counter when its rights last changed, and when it took its name. */
  readonly rights_version: number;
  readonly named_at: number;
}

export interface RoleTable {
  /** The table's counter when it was read; goes into tokens as `rv`. */
  readonly version: number;
  /** Also by the ids of removed roles that this one stands in for: whoever has a grant of such a one has this. */
  readonly byId: ReadonlyMap<string, RoleEntry>;
  readonly byName: ReadonlyMap<string, RoleEntry>;
  /** Permission names, upper case, to their pairs. Admin holds every permission, so the roles name them all. */
  readonly pairByName: ReadonlyMap<string, Pair>;
}

/** A role as stored, so far as the table needs it. */
export interface StoredRole {
  readonly _id: { toHexString(): string };
  readonly name: string;
  readonly display_name: string;
  readonly level: number;
  readonly status: RoleStatus;
  readonly permissions: readonly (Pair & {
    readonly permission_id: { toHexString(): string };
    readonly name: string;
  })[];
  readonly rights_version: number;
  readonly named_at: number;
  readonly replaces?: readonly { toHexString(): string }[] | undefined;
}

/** @param counter - the table's counter, read before the roles, so that `version` never promises what was not read */
export function buildRoleTable(counter: number, roles: readonly StoredRole[]): RoleTable {
  const byId = new Map<string, RoleEntry>();
  const byName = new Map<string, RoleEntry>();
  const pairByName = new Map<string, Pair>();
  let version = counter;
  for (const role of roles) {
    const permissions = role.permissions.map(({ permission_id, name, resource, action }) => ({
      permission_id: permission_id.toHexString(),
      name,
      ...normalizePair(resource, action),
    }));
    const entry = {
      ...compileRole({ ...role, permissions }),
      id: role._id.toHexString(),
      display_name: role.display_name,
      permissions,
      rights_version: role.rights_version,
      named_at: role.named_at,
    };
    byId.set(entry.id, entry);
    for (const replaced of role.replaces ?? []) byId.set(replaced.toHexString(), entry);
    byName.set(entry.name, entry);
    for (const { name, resource, action } of permissions) pairByName.set(name.toUpperCase(), { resource, action });
    version = Math.max(version, role.rights_version, role.named_at);
  }
  return { version, byId, byName, pairByName };
}

/** Reads what a check asks for, `resource:ACTION` or a permission's name; null for a name nobody knows. */
export const resolvePair = (table: RoleTable, text: string): Pair | null =>
  parsePair(text) ?? table.pairByName.get(text.toUpperCase()) ?? null;

/**
 * Whether the names in a token still stand for the roles they stood for when it was made. A name that is missing, or was
 * taken after `rv`, does not: else a renamed role's old name could be taken by another, and old tokens would get its rights.
 */
export const namesStillStand = (table: RoleTable, names: readonly string[], rv: number): boolean =>
  names.every((name) => {
    const role = table.byName.get(name);
    return role !== undefined && role.named_at <= rv;
  });

/** Whether a role that a token names gives other rights than it did when the token was made: what the token's holder was told of them is old. */
export const haveRightsChanged = ({ byName }: RoleTable, names: readonly string[], rv: number): boolean =>
  names.some((name) => (byName.get(name)?.rights_version ?? 0) > rv);
