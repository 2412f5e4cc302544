// The 16 builtin permissions and the vocabulary of a check: a pair `resource:ACTION`, its aliases, its normal form.

/** A permission names exactly one pair of resource and action. */
export interface Pair {
  /** Lower case, aliases resolved: `knowledge`. */
  readonly resource: string;
  /** Upper case: `CREATE`. */
  readonly action: string;
}

export type PermissionCategory = 'knowledge_content' | 'system_management' | 'content_organization' | 'interaction';

interface BuiltinPermission extends Pair {
  readonly name: string;
  readonly category: PermissionCategory;
  readonly description: string;
}

export const BUILTIN_PERMISSIONS = [
  {
    name: 'KNOWLEDGE_READ',
    resource: 'knowledge',
    action: 'READ',
    category: 'knowledge_content',
    description: '查看知识库文档',
  },
  {
    name: 'KNOWLEDGE_CREATE',
    resource: 'knowledge',
    action: 'CREATE',
    category: 'knowledge_content',
    description: '创建知识库文档',
  },
  {
    name: 'KNOWLEDGE_UPDATE',
    resource: 'knowledge',
    action: 'UPDATE',
    category: 'knowledge_content',
    description: '编辑知识库文档',
  },
  {
    name: 'KNOWLEDGE_DELETE',
    resource: 'knowledge',
    action: 'DELETE',
    category: 'knowledge_content',
    description: '删除知识库文档',
  },
  {
    name: 'KNOWLEDGE_PUBLISH',
    resource: 'knowledge',
    action: 'PUBLISH',
    category: 'knowledge_content',
    description: '发布知识库文档',
  },
  {
    name: 'KNOWLEDGE_APPROVE',
    resource: 'knowledge',
    action: 'APPROVE',
    category: 'knowledge_content',
    description: '审核知识库内容',
  },
  { name: 'USER_MANAGE', resource: 'user', action: 'MANAGE', category: 'system_management', description: '用户管理' },
  { name: 'ROLE_MANAGE', resource: 'role', action: 'MANAGE', category: 'system_management', description: '角色管理' },
  {
    name: 'CATEGORY_MANAGE',
    resource: 'category',
    action: 'MANAGE',
    category: 'system_management',
    description: '分类管理（层级式）',
  },
  {
    name: 'SYSTEM_CONFIG',
    resource: 'system',
    action: 'CONFIG',
    category: 'system_management',
    description: '系统配置',
  },
  {
    name: 'TAG_CREATE',
    resource: 'tag',
    action: 'CREATE',
    category: 'content_organization',
    description: '创建标签（灵活标记）',
  },
  {
    name: 'TAG_MANAGE',
    resource: 'tag',
    action: 'MANAGE',
    category: 'content_organization',
    description: '标签管理（编辑、删除）',
  },
  { name: 'COMMENT', resource: 'knowledge', action: 'COMMENT', category: 'interaction', description: '评论文档' },
  { name: 'FAVORITE', resource: 'knowledge', action: 'FAVORITE', category: 'interaction', description: '收藏文档' },
  { name: 'SEARCH', resource: 'knowledge', action: 'SEARCH', category: 'interaction', description: '搜索文档' },
  { name: 'AI_ASSISTANT', resource: 'ai', action: 'USE', category: 'interaction', description: '使用AI助手功能' },
] as const satisfies readonly BuiltinPermission[];

type Builtin = (typeof BUILTIN_PERMISSIONS)[number];

/** Name of a builtin permission: `'KNOWLEDGE_CREATE'`. */
export type BuiltinPermissionName = Builtin['name'];
/** Pair of a builtin permission: `'knowledge:CREATE'`. */
export type BuiltinPermissionPair = `${Builtin['resource']}:${Builtin['action']}` & PairOf<Builtin>;
type PairOf<P extends Pair> = P extends Pair ? `${P['resource']}:${P['action']}` : never;

/** Older names of resources that callers still send. */
export const RESOURCE_ALIASES: Readonly<Record<string, string>> = { knowledge_base: 'knowledge', ai_assistant: 'ai' };

/** The action that implies every other one on its resource. */
export const MANAGE = 'MANAGE';

/**
 * Brings a pair into its normal form: names and actions compare case-insensitively, aliases are resolved.
 *
 * @param resource - a resource in any case, or an alias of one
 * @param action - an action in any case
 * @example
 * normalizePair('Knowledge_Base', 'create'); // { resource: 'knowledge', action: 'CREATE' }
 */
export function normalizePair(resource: string, action: string): Pair {
  const lower = resource.toLowerCase();
  return {
    resource: Object.hasOwn(RESOURCE_ALIASES, lower) ? (RESOURCE_ALIASES[lower] as string) : lower,
    action: action.toUpperCase(),
  };
}

/**
 * Writes a pair the way tokens and answers carry it.
 *
 * @example
 * formatPair({ resource: 'knowledge', action: 'CREATE' }); // 'knowledge:CREATE'
 */
export const formatPair = (pair: Pair): string => `${pair.resource}:${pair.action}`;

/**
 * Reads `resource:ACTION`; null when the text is not of that form (then it is a permission's name).
 *
 * @example
 * parsePair('knowledge_base:create'); // { resource: 'knowledge', action: 'CREATE' }
 */
export function parsePair(text: string): Pair | null {
  const colon = text.indexOf(':');
  return colon > 0 && colon < text.length - 1 ? normalizePair(text.slice(0, colon), text.slice(colon + 1)) : null;
}

/**
 * Whether a list of pairs, as a token carries it, covers the one asked for. `MANAGE` on a resource covers every action on it.
 *
 * @param pairs - normal forms, `resource:ACTION`
 * @example
 * coversPair(new Set(['user:MANAGE']), { resource: 'user', action: 'READ' }); // true
 */
export const coversPair = (pairs: ReadonlySet<string>, asked: Pair): boolean =>
  pairs.has(`${asked.resource}:${asked.action}`) || pairs.has(`${asked.resource}:${MANAGE}`);
