// What somebody would gain and lose between two worlds: every pair is asked of the evaluator in both.
import { evaluate, type Pair, parsePair, type RightsHolder, type RoleLookup } from '@authcenter/shared';
import type { RoleEntry } from '../../../platform/live/role-table.ts';

export interface Side {
  readonly holder: RightsHolder;
  readonly roles: RoleLookup;
}

export interface Difference {
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

/** @param pairs - normal forms, `resource:ACTION` */
export function compareRights(before: Side, after: Side, pairs: readonly string[], now: Date): Difference {
  const gained: string[] = [];
  const lost: string[] = [];
  for (const pair of pairs) {
    const asked = parsePair(pair);
    const [had, has] = [may(before, asked, now), may(after, asked, now)];
    if (has && !had) gained.push(pair);
    if (had && !has) lost.push(pair);
  }
  return { gained, lost };
}

const may = ({ holder, roles }: Side, asked: Pair | null, now: Date): boolean =>
  evaluate(holder, roles, now, asked).allowed;

/** Every pair that a role holds, sorted. */
export const listKnownPairs = (roles: Iterable<RoleEntry>): string[] =>
  [...new Set([...roles].flatMap(({ pairs }) => [...pairs]))].sort();

/** The pairs that a holder of this one role would gain or lose: of others nobody needs to be asked. */
export function listTouchedPairs(
  ids: readonly string[],
  before: RoleLookup,
  after: RoleLookup,
  pairs: readonly string[],
  now: Date,
): string[] {
  const touched = new Set<string>();
  for (const id of ids) {
    const holder = holdingAll([id]);
    const { gained, lost } = compareRights({ holder, roles: before }, { holder, roles: after }, pairs, now);
    for (const pair of [...gained, ...lost]) touched.add(pair);
  }
  return [...touched].sort();
}

/** An active user with live grants of these roles. */
export const holdingAll = (ids: readonly string[]): RightsHolder => ({
  status: 'active',
  grants: ids.map((role) => ({ role, expires_at: null })),
});
