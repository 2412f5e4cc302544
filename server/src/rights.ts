// What a caller may do, from what their credentials carry: no database read.
import { type Decision, evaluate } from '@authcenter/shared/evaluator';
import type { Pair } from '@authcenter/shared/permissions';
import type { Person } from './context.ts';
import type { RoleTable } from './platform/live/role-table.ts';

/** A token names roles; a key's owner is known by their ids. */
export const decideOn = (caller: Person, asked: Pair | null, roles: RoleTable, now: Date): Decision =>
  evaluate(caller.rights, caller.kind === 'user' ? roles.byName : roles.byId, now, asked);
