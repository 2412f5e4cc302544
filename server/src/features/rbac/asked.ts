// What a question about rights asks for, and which roles answer it.
import { coversPair, normalizePair, type Pair } from '@authcenter/shared';
import { type RoleEntry, type RoleTable, resolvePair } from '../../platform/live/role-table.ts';

interface Question {
  readonly resource?: string | undefined;
  readonly action?: string | undefined;
  readonly permission?: string | undefined;
}

/** Null for a permission's name that nobody knows. */
export const readAsked = (roles: RoleTable, { resource = '', action = '', permission }: Question): Pair | null =>
  permission === undefined ? normalizePair(resource, action) : resolvePair(roles, permission);

/** The active roles that cover the pair, by every id under which they are granted. */
export const listCovering = (roles: RoleTable, asked: Pair): [id: string, role: RoleEntry][] =>
  [...roles.byId].filter(([, role]) => role.status === 'active' && coversPair(role.pairs, asked));
