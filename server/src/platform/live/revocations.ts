// The tables of the live state in the words of the revocation feed: pure.
import type { LiveClient } from './live-state.ts';
import type { Revocation } from './revocation-feed.ts';
import type { RoleEntry, RoleTable } from './role-table.ts';

export const describeKey = (kid: string, kids: readonly string[]): Revocation => ({
  type: 'key',
  id: kid,
  value: kids.includes(kid) ? 'verifying' : null,
});

export const describeClient = (id: string, clients: ReadonlyMap<string, LiveClient>): Revocation => {
  const client = clients.get(id);
  return { type: 'client', id, value: client ? { epoch: client.epoch, scopes: [...client.scopes] } : null };
};

export const describeRole = (id: string, table: RoleTable | undefined): Revocation => {
  const role = table?.byId.get(id);
  // One that another stands in for is no more: no token names it.
  return { type: 'role', id, value: role?.id === id ? { name: role.name, rights_version: versionOf(role) } : null };
};

/** A token that names the role counts while it was made after both: the role's rights, and its having that name. */
const versionOf = (role: RoleEntry): number => Math.max(role.rights_version, role.named_at);

interface Tables {
  readonly revoked: ReadonlyMap<string, number>;
  readonly epochs: ReadonlyMap<string, { readonly epoch: number }>;
  readonly roles: RoleTable | undefined;
  readonly clients: ReadonlyMap<string, LiveClient>;
  readonly keyIds: readonly string[];
}

/** Everything that counts now, for who begins. */
export const listRevocations = ({ revoked, epochs, roles, clients, keyIds }: Tables): Revocation[] => [
  ...[...revoked.keys()].map((id): Revocation => ({ type: 'session', id, value: null })),
  ...[...epochs].map(([id, { epoch }]): Revocation => ({ type: 'user', id, value: epoch })),
  ...[...(roles?.byId.keys() ?? [])].map((id) => describeRole(id, roles)),
  ...[...clients.keys()].map((id) => describeClient(id, clients)),
  ...keyIds.map((kid) => describeKey(kid, keyIds)),
];
