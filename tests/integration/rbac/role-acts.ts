// Acts on roles and permissions as an administrator's programs call them, and what tests read to see what came of them.
import { expect } from 'vitest';
import type { Answer, RestAnswer, TestServer } from '../../support/server.ts';

export interface Actor {
  readonly token: string;
}

const acts = (server: TestServer, { token }: Actor, path: string) => ({
  create: (body: object, headers = {}) => server.rest('POST', path, { token, body, headers }),
  update: (id: string, body: object) => server.rest('PUT', `${path}/${id}`, { token, body }),
  delete: (id: string, query = '') => server.rest('DELETE', `${path}/${id}${query}`, { token }),
});

export const rolesAs = (server: TestServer, actor: Actor) => ({
  ...acts(server, actor, '/roles'),
  get: async (id: string): Promise<Answer> => (await server.rest('GET', `/roles/${id}`, { token: actor.token })).body,
  add: (id: string, ...permission_ids: string[]) =>
    server.rest('POST', `/roles/${id}/permissions`, { token: actor.token, body: { permission_ids } }),
  remove: (id: string, permissionId: string) =>
    server.rest('DELETE', `/roles/${id}/permissions/${permissionId}`, { token: actor.token }),
});

export const permissionsAs = (server: TestServer, actor: Actor) => acts(server, actor, '/permissions');

/** The id of a permission, whoever made it. */
export async function permissionId({ deps }: TestServer, name: string): Promise<string> {
  const permission = await deps.database.db.collection('permissions').findOne({ name });
  if (!permission) throw new Error(`no permission ${name}`);
  return permission._id.toHexString();
}

export const permissionIds = (server: TestServer, names: readonly string[]): Promise<string[]> =>
  Promise.all(names.map((name) => permissionId(server, name)));

let made = 0;
/** Fields of a role that there is not yet. */
export const newRole = (fields: object = {}) => ({ name: `Role ${++made}`, display_name: '角色', level: 1, ...fields });

export const namesOf = (role: Answer): string[] => role.permissions.map(({ name }: { name: string }) => name).sort();

export function expectRefused({ status, body }: RestAnswer, code: string): void {
  expect([status < 400 ? status : body.code]).toEqual([code]);
}

/** What a person may do now, by a check of the server for somebody else's rights. */
export const may = async (server: TestServer, { token }: Actor, userId: string, permission: string): Promise<string> =>
  (await server.rest('POST', '/rbac/check', { token, body: { user_id: userId, permission } })).body.reason;
