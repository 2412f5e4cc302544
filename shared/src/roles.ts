// The four builtin roles with their levels and permissions.
import { BUILTIN_PERMISSIONS, type BuiltinPermissionName } from './permissions.ts';

export interface BuiltinRole {
  readonly name: BuiltinRoleName;
  /** A whole number; nobody grants or edits a role above their own highest level. */
  readonly level: number;
  readonly display_name: string;
  readonly description: string;
  readonly permissions: readonly BuiltinPermissionName[];
}

export type BuiltinRoleName = 'Admin' | 'Editor' | 'Author' | 'User';

/** The role that always holds every permission and never loses its last active holder. */
export const ADMIN_ROLE = 'Admin' satisfies BuiltinRoleName;
/** The role every new user gets. */
export const DEFAULT_ROLE = 'User' satisfies BuiltinRoleName;

const USER: readonly BuiltinPermissionName[] = ['KNOWLEDGE_READ', 'COMMENT', 'FAVORITE', 'SEARCH', 'AI_ASSISTANT'];
const AUTHOR: readonly BuiltinPermissionName[] = [...USER, 'KNOWLEDGE_CREATE', 'KNOWLEDGE_UPDATE', 'TAG_CREATE'];
const EDITOR: readonly BuiltinPermissionName[] = [
  ...AUTHOR,
  'KNOWLEDGE_DELETE',
  'KNOWLEDGE_PUBLISH',
  'CATEGORY_MANAGE',
];

export const BUILTIN_ROLES: readonly BuiltinRole[] = [
  {
    name: 'Admin',
    level: 4,
    display_name: '系统管理员',
    description: '拥有最高权限，可管理所有系统功能',
    permissions: BUILTIN_PERMISSIONS.map(({ name }) => name),
  },
  {
    name: 'Editor',
    level: 3,
    display_name: '内容管理员',
    description: '负责知识库内容的全面管理',
    permissions: EDITOR,
  },
  {
    name: 'Author',
    level: 2,
    display_name: '内容创作者',
    description: '专注于知识库内容的创作和编辑',
    permissions: AUTHOR,
  },
  { name: 'User', level: 1, display_name: '普通用户', description: '知识库的日常使用者', permissions: USER },
];
