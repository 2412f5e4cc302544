// rbac.simulate: who would gain or lose what by a change, worked out by the evaluator over the world as it would be.
import { setImmediate as breathe } from 'node:timers/promises';
import { MOST_SAMPLED, type SimulateInput, type Simulation } from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { decideOn } from '../../../rights.ts';
import type { HolderGroup } from '../../rbac/holders-repository.ts';
import { toRightsHolder } from '../../rbac/rights-holder.ts';
import { toUserRef } from '../../rbac/user-ref.ts';
import type { UserDocument } from '../document.ts';
import { compareRights, type Difference, holdingAll, listKnownPairs, listTouchedPairs } from './compare.ts';
import { findRefusal } from './permit.ts';
import { changeRoles, type RoleChange } from './role-change.ts';
import { changeHolder, type UserChange } from './user-change.ts';

type SimulateCtx = Ctx<'users' | 'holders' | 'live' | 'clock' | 'config' | 'transact'>;
type Affected = Pick<HolderGroup, 'users' | 'first'> & Difference;

/** @throws AppError NOT_FOUND for user, role or permission; VALIDATION_FAILED for what no act would take */
export async function simulateChange(ctx: SimulateCtx, input: SimulateInput): Promise<Simulation> {
  const target = 'user_id' in input ? ((await ctx.users.findById(input.user_id)) ?? fail('NOT_FOUND')) : null;
  const compared =
    'user_id' in input ? [compareUser(ctx, input, target ?? fail('NOT_FOUND'))] : await compareHolders(ctx, input);
  const affected = compared.filter(({ gained, lost }) => gained.length + lost.length > 0);
  const refusal = await findRefusal(ctx, input, target);
  return {
    affected_users: affected.reduce((sum, { users }) => sum + users, 0),
    gained: withoutNames(ctx, summarize(affected, 'gained')),
    lost: withoutNames(ctx, summarize(affected, 'lost')),
    permitted: refusal === null,
    ...(refusal ? { refused: refusal } : {}),
  };
}

/** Numbers are for whoever may change roles; who the people are, for those who may read users. */
const withoutNames = ({ caller, live, clock }: SimulateCtx, side: Simulation['gained']): Simulation['gained'] =>
  decideOn(caller, { resource: 'user', action: 'READ' }, live.roles(), clock.now()).allowed
    ? side
    : { ...side, sample: [] };

function compareUser({ live, clock }: SimulateCtx, input: UserChange, user: UserDocument): Affected {
  const [roles, now] = [live.roles(), clock.now()];
  const holder = toRightsHolder(user);
  const [before, after] = [holder, changeHolder(holder, roles, now, input)].map((one) => ({
    holder: one,
    roles: roles.byId,
  }));
  if (!before || !after) throw new Error('two sides were made');
  const pairs = listKnownPairs(roles.byName.values());
  return { users: 1, first: [toUserRef(user)], ...compareRights(before, after, pairs, now) };
}

/** So many sets are evaluated before others have their turn. */
const AT_ONE_GO = 200;

/** Holders of a role may be a hundred thousand; of the sets of roles that they hold there are few, and each is evaluated once. */
async function compareHolders({ live, clock, holders }: SimulateCtx, input: RoleChange): Promise<Affected[]> {
  const [table, now] = [live.roles(), clock.now()];
  const { after, touched } = changeRoles(table, input);
  const known = listKnownPairs(table.byName.values());
  const pairs = listTouchedPairs(touched, table.byId, after, known, now);
  if (pairs.length === 0) return [];
  const groups = await holders.groupBySets({ roleIds: touched, now, sample: MOST_SAMPLED });
  const compared: Affected[] = [];
  for (const [index, { roleIds, users, first }] of groups.entries()) {
    if (index % AT_ONE_GO === AT_ONE_GO - 1) await breathe();
    const holder = holdingAll(roleIds);
    compared.push({
      users,
      first,
      ...compareRights({ holder, roles: table.byId }, { holder, roles: after }, pairs, now),
    });
  }
  return compared;
}

function summarize(affected: readonly Affected[], side: 'gained' | 'lost'): Simulation['gained'] {
  const concerned = affected.filter((one) => one[side].length > 0);
  const byPair = new Map<string, number>();
  for (const { users, [side]: pairs } of concerned)
    for (const pair of pairs) byPair.set(pair, (byPair.get(pair) ?? 0) + users);
  return {
    users: concerned.reduce((sum, { users }) => sum + users, 0),
    by_pair: [...byPair].sort(([a], [b]) => (a < b ? -1 : 1)).map(([pair, users]) => ({ pair, users })),
    // Each group brings its first by name, so that the first of all are among them.
    sample: concerned
      .flatMap(({ first, [side]: pairs }) => first.map((user) => ({ ...user, pairs: [...pairs] })))
      .sort((a, b) => (a.username < b.username ? -1 : 1))
      .slice(0, MOST_SAMPLED),
  };
}
