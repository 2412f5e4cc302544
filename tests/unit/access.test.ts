// Who may call: how a declaration is read, and what it decides for users, clients and oneself.
import { describe, expect, test } from 'vitest';
import { type AccessKind, decideAccess, namesSelf, readAccess, self } from '../../server/src/access.ts';
import type { ApiKeyCaller, Caller, ClientCaller, UserCaller } from '../../server/src/context.ts';
import { buildRoleTable } from '../../server/src/platform/live/role-table.ts';

const now = new Date('2026-05-01T00:00:00Z');
const storedRole = (name: string, pairs: readonly string[], status: 'active' | 'inactive' = 'active') => ({
  _id: { toHexString: () => name },
  name,
  display_name: name,
  level: 1,
  status,
  permissions: pairs.map((pair) => {
    const [resource = '', action = ''] = pair.split(':');
    return { permission_id: { toHexString: () => pair }, name: pair, resource, action };
  }),
  rights_version: 1,
  named_at: 1,
});
const roles = buildRoleTable(1, [
  storedRole('Manager', ['user:MANAGE']),
  storedRole('Reader', ['user:READ']),
  storedRole('Retired', ['user:READ'], 'inactive'),
]);

const user = (...names: string[]): UserCaller => ({
  kind: 'user',
  id: 'u1',
  username: 'li.lei',
  sid: 's1',
  rights: { status: 'active', grants: names.map((role) => ({ role, expires_at: null })) },
  amr: ['pwd'],
  authTime: 0,
});
const client = (...scopes: string[]): ClientCaller => ({ kind: 'client', id: 'c1', scopes });
const decide = (access: AccessKind | readonly AccessKind[], caller: Caller) =>
  decideAccess(readAccess(access), caller, roles, now);

describe('users', () => {
  test('any of several kinds suffices', () => {
    expect(decide(['user:READ', 'role:READ'], user('Reader'))).toEqual({ pass: true });
    expect(decide(['client:users:read', 'session'], user())).toEqual({ pass: true });
  });

  test('MANAGE covers every action, and READ covers nothing else', () => {
    expect(decide('user:READ', user('Manager'))).toEqual({ pass: true });
    expect(decide('user:UPDATE', user('Manager'))).toEqual({ pass: true });
    expect(decide('user:UPDATE', user('Reader'))).toEqual({ pass: false, permission: 'user:UPDATE' });
  });

  test('a refusal names all permissions of which one is missing', () => {
    expect(decide(['role:READ', 'system:CONFIG'], user('Reader'))).toEqual({
      pass: false,
      permission: 'role:READ or system:CONFIG',
    });
  });

  test('a role that is switched off or unknown gives nothing', () => {
    expect(decide('user:READ', user('Retired', 'Nobody'))).toEqual({ pass: false, permission: 'user:READ' });
  });

  test('whoever is not allowed by right may still be oneself', () => {
    expect(decide([self('id'), 'user:READ'], user())).toEqual({ pass: 'if-self' });
    expect(decide([self('id'), 'user:READ'], user('Reader'))).toEqual({ pass: true });
  });

  test('what is for clients alone is refused with the scope it wants', () => {
    expect(decide('client:feed:read', user('Manager'))).toEqual({ pass: false, permission: 'client:feed:read' });
    expect(decide('client', user('Manager'))).toEqual({ pass: false, permission: 'client' });
  });
});

describe('clients', () => {
  test('pass by a scope, compared whole', () => {
    expect(decide(['user:READ', 'client:users:read'], client('feed:read', 'users:read'))).toEqual({ pass: true });
    const refused = { pass: false, permission: 'client:users:read', challenge: 'insufficient_scope' };
    for (const scope of ['users', 'users:read:all', 'USERS:READ', 'users:*', '*', ''])
      expect(decide(['user:READ', 'client:users:read'], client(scope)), scope).toEqual(refused);
  });

  test('never pass as a session or as oneself', () => {
    const challenge = 'insufficient_scope';
    expect(decide('session', client('users:read'))).toEqual({ pass: false, permission: 'session', challenge });
    expect(decide([self('id'), 'user:READ'], client())).toEqual({ pass: false, permission: 'user:READ', challenge });
  });

  test('a scope that is spelled like a permission is none', () => {
    expect(decide('user:READ', client('user:READ', 'user:MANAGE')).pass).toBe(false);
  });

  test('any client passes where no scope is named', () => {
    expect(decide(['session', 'client'], client())).toEqual({ pass: true });
  });
});

describe('API keys', () => {
  const key = (role: string, ...scopes: string[]): ApiKeyCaller => ({
    kind: 'api_key',
    id: 'u1',
    username: 'li.lei',
    keyId: 'k1',
    rights: { status: 'active', grants: [{ role, expires_at: null }], only: new Set(scopes) },
  });

  test('pass by a permission that both their scopes and their owner have', () => {
    expect(decide('user:UPDATE', key('Manager', 'user:MANAGE'))).toEqual({ pass: true });
    expect(decide('user:READ', key('Manager', 'user:READ'))).toEqual({ pass: true });
    expect(decide('user:UPDATE', key('Manager', 'user:READ'))).toEqual({ pass: false, permission: 'user:UPDATE' });
    expect(decide('user:UPDATE', key('Reader', 'user:MANAGE'))).toEqual({ pass: false, permission: 'user:UPDATE' });
  });

  test('never pass as a session, as a client, or as the user they act for', () => {
    expect(decide('session', key('Manager', 'user:MANAGE'))).toEqual({ pass: false, permission: 'session' });
    expect(decide('client:users:read', key('Manager', 'users:read'))).toEqual({ pass: false, permission: 'session' });
    expect(decide([self('id'), 'user:READ'], key('Manager'))).toEqual({ pass: false, permission: 'user:READ' });
    expect(decide([self('id')], key('Manager'))).toEqual({ pass: false, permission: 'session' });
  });

  test('pass where they are named, whatever their scopes', () => {
    expect(decide(['session', 'api_key'], key('Nobody'))).toEqual({ pass: true });
  });
});

describe('oneself', () => {
  test('is whom the field names, or nobody else', () => {
    expect(namesSelf('id', { id: 'u1' }, 'u1')).toBe(true);
    expect(namesSelf('id', {}, 'u1')).toBe(true);
    expect(namesSelf('id', { id: undefined }, 'u1')).toBe(true);
    expect(namesSelf('id', { id: 'u2' }, 'u1')).toBe(false);
    expect(namesSelf('id', { id: null }, 'u1')).toBe(false);
    expect(namesSelf('id', { id: ['u1'] }, 'u1')).toBe(false);
    expect(namesSelf('id', { id: 'u10' }, 'u1')).toBe(false);
  });

  test('in a list, is every entry', () => {
    const field = 'checks[].user_id';
    expect(namesSelf(field, { checks: [{ user_id: 'u1' }, {}] }, 'u1')).toBe(true);
    expect(namesSelf(field, { checks: [{ user_id: 'u1' }, { user_id: 'u2' }] }, 'u1')).toBe(false);
    expect(namesSelf(field, { checks: 'u1' }, 'u1')).toBe(false);
    expect(namesSelf(field, { checks: {} }, 'u1')).toBe(false);
    expect(namesSelf(field, { checks: [] }, 'u1')).toBe(true);
  });
});

test('a declaration in any case of a permission reads as the permission', () => {
  expect(readAccess('Knowledge_Base:read' as AccessKind).pairs).toEqual([{ resource: 'knowledge', action: 'READ' }]);
});
