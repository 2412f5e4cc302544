// What the signed-in person may do, decided from what the last sign-in or refresh told.
import {
  BUILTIN_PERMISSIONS,
  type BuiltinPermissionName,
  type BuiltinPermissionPair,
  coversPair,
  parsePair,
} from '@authcenter/shared/permissions';
import type { SessionUser } from './record.ts';

/**
 * A pair `resource:ACTION` or the name of a builtin permission; pairs made at run time are plain strings.
 *
 * @example
 * import type { PermissionName } from '@authcenter/client';
 *
 * const needed: PermissionName[] = ['knowledge:CREATE', 'TAG_MANAGE', 'invoice:APPROVE'];
 */
export type PermissionName = BuiltinPermissionName | BuiltinPermissionPair | (string & Record<never, never>);

export function covers(user: SessionUser | null, permission: string): boolean {
  const name = permission.toUpperCase();
  const pair = parsePair(permission) ?? BUILTIN_PERMISSIONS.find((builtin) => builtin.name === name);
  return user !== null && pair !== undefined && coversPair(new Set(user.permissions), pair);
}
