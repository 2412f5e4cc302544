// The role table in memory, and whether the names in a token still stand.
import { describe, expect, test } from 'vitest';
import {
  buildRoleTable,
  namesStillStand,
  resolvePair,
  type StoredRole,
} from '../../../../server/src/platform/live/role-table.ts';

let ids = 0;
const permission = (name: string, resource: string, action: string) => ({
  permission_id: { toHexString: () => 'a'.repeat(24) },
  name,
  resource,
  action,
});
const role = (fields: Partial<StoredRole>): StoredRole => {
  const id = String(++ids).padStart(24, '0');
  return {
    _id: { toHexString: () => id },
    name: 'Author',
    display_name: '内容创作者',
    level: 2,
    status: 'active',
    permissions: [permission('KNOWLEDGE_CREATE', 'knowledge', 'CREATE')],
    rights_version: 1,
    named_at: 1,
    ...fields,
  };
};

test('is looked into by id and by name, with permissions in normal form', () => {
  const author = role({ permissions: [permission('OLD', 'Knowledge_Base', 'create')] });
  const table = buildRoleTable(3, [author]);
  expect(table.byName.get('Author')).toBe(table.byId.get(author._id.toHexString()));
  expect([...(table.byName.get('Author')?.pairs ?? [])]).toEqual(['knowledge:CREATE']);
});

test('its version is the counter, or what a role says where that is more', () => {
  expect(buildRoleTable(3, [role({})]).version).toBe(3);
  expect(buildRoleTable(3, [role({ rights_version: 5 }), role({ name: 'b', named_at: 4 })]).version).toBe(5);
});

test('a check names a pair, or a permission by its name in any case', () => {
  const table = buildRoleTable(1, [role({})]);
  expect(resolvePair(table, 'knowledge_create')).toEqual({ resource: 'knowledge', action: 'CREATE' });
  expect(resolvePair(table, 'knowledge_base:delete')).toEqual({ resource: 'knowledge', action: 'DELETE' });
  for (const text of ['', 'NOBODY_KNOWS', ':CREATE', 'knowledge:', '__proto__', 'constructor'])
    expect(resolvePair(table, text)).toBeNull();
});

describe('names in a token', () => {
  const table = buildRoleTable(7, [role({ name: 'Author', named_at: 1 }), role({ name: 'Guest', named_at: 6 })]);

  test('stand while the role bore them when the token was made', () => {
    expect(namesStillStand(table, ['Author'], 1)).toBe(true);
    expect(namesStillStand(table, ['Author', 'Guest'], 6)).toBe(true);
    expect(namesStillStand(table, [], 0)).toBe(true);
  });

  test('do not stand when the name is gone, or was taken later', () => {
    expect(namesStillStand(table, ['Reader'], 7)).toBe(false);
    expect(namesStillStand(table, ['Author', 'Guest'], 5)).toBe(false);
  });
});
