// From stored roles and permissions to what callers see.
import type { Permission, Role } from '@authcenter/shared';
import type { PermissionDocument, RoleDocument } from './repository.ts';

export function toRole(role: RoleDocument): Role {
  const { name, display_name, description, level, status, is_builtin, version, created_at, updated_at } = role;
  const permissions = role.permissions.map((one) => ({
    permission_id: one.permission_id.toHexString(),
    name: one.name,
    resource: one.resource,
    action: one.action,
  }));
  return {
    id: role._id.toHexString(),
    name,
    display_name,
    description,
    level,
    status,
    is_builtin,
    permissions,
    version,
    created_at,
    updated_at,
  };
}

export function toPermission(permission: PermissionDocument): Permission {
  const { name, resource, action, description, category, is_builtin, created_at } = permission;
  return { id: permission._id.toHexString(), name, resource, action, description, category, is_builtin, created_at };
}
