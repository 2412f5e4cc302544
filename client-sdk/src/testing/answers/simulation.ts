// rbac.simulate: who would gain or lose what by a change, and whether the caller may make it, without making it.
import { MOST_SAMPLED, type Simulation } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import { callingPerson } from '../people/calling-user.ts';
import type { UserRecord } from '../people/users.ts';
import { decideOn } from '../rights/access.ts';
import { findRefusal } from '../rights/simulated-refusal.ts';
import { imagine } from '../rights/simulated-rights.ts';

export const simulationAnswers = {
  'rbac.simulate': (world, input, call) => {
    const affected = imagine(world, input).filter(({ gained, lost }) => gained.length + lost.length > 0);
    const refused = findRefusal(world, input, call);
    // Numbers are for whoever may change roles; who the people are, for those who may read users.
    const mayRead = decideOn(world, callingPerson(call), { resource: 'user', action: 'READ' }).allowed;
    const show = (side: Simulation['gained']) => (mayRead ? side : { ...side, sample: [] });
    return {
      affected_users: affected.length,
      gained: show(summarize(affected.map(({ user, gained }) => ({ user, pairs: gained })))),
      lost: show(summarize(affected.map(({ user, lost }) => ({ user, pairs: lost })))),
      permitted: refused === null,
      ...(refused ? { refused } : {}),
    };
  },
} satisfies Answers;

interface Concerned {
  readonly user: UserRecord;
  readonly pairs: readonly string[];
}

function summarize(all: readonly Concerned[]): Simulation['gained'] {
  const concerned = all.filter(({ pairs }) => pairs.length > 0);
  const byPair = new Map<string, number>();
  for (const { pairs } of concerned) for (const pair of pairs) byPair.set(pair, (byPair.get(pair) ?? 0) + 1);
  return {
    users: concerned.length,
    by_pair: [...byPair].sort(([a], [b]) => (a < b ? -1 : 1)).map(([pair, users]) => ({ pair, users })),
    sample: concerned
      .map(({ user, pairs }) => ({
        user_id: user.id,
        username: user.username,
        name: user.profile.name,
        pairs: [...pairs],
      }))
      .sort((a, b) => (a.username < b.username ? -1 : 1))
      .slice(0, MOST_SAMPLED),
  };
}
