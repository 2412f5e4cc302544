// Whatever the roles, grants, clocks and questions are: deciding, explaining, listing and simulating never disagree, nor do they with the rules.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareRights, listTouchedPairs } from '../../server/src/features/users/simulate/compare.ts';
import { changeRoles } from '../../server/src/features/users/simulate/role-change.ts';
import { changeHolder } from '../../server/src/features/users/simulate/user-change.ts';
import { buildRoleTable, type RoleTable } from '../../server/src/platform/live/role-table.ts';
import { decideOn } from '../../server/src/rights.ts';
import {
  coversPair,
  evaluate,
  explain,
  findEnd,
  listEffectivePairs,
  listEffectiveRoles,
  normalizePair,
  type Pair,
  parsePair,
  type RightsHolder,
} from '../../shared/src/index.ts';
import {
  asked,
  bounds,
  lives,
  mayByTheRules,
  NOW,
  type RandomRole,
  type RandomUser,
  read,
  roles,
  user,
} from '../support/random-rights.ts';

const RUNS = { numRuns: 500 };
const pair = (text: string): Pair => parsePair(text) as Pair;
const after = (ms: number) => new Date(NOW.getTime() + ms);
const idOf = (name: string) => `${name}-id`;
const permissionId = (text: string) => `${read(text)}-id`;

const tableOf = (made: readonly RandomRole[]): RoleTable =>
  buildRoleTable(
    1,
    made.map(({ name, status, permissions }) => ({
      _id: { toHexString: () => idOf(name) },
      name,
      display_name: name,
      level: 1,
      status,
      permissions: permissions.map((text) => {
        const [resource = '', action = ''] = text.split(':');
        return { permission_id: { toHexString: () => permissionId(text) }, name: read(text), resource, action };
      }),
      rights_version: 1,
      named_at: 1,
    })),
  );
const holderOf = ({ status, grants }: RandomUser, only?: readonly string[]): RightsHolder => ({
  status,
  grants: grants.map(({ role, endsIn }) => ({ role: idOf(role), expires_at: endsIn === null ? null : after(endsIn) })),
  ...(only === undefined ? {} : { only: new Set(only.map(read)) }),
});

test('a decision is what the rules say', () => {
  fc.assert(
    fc.property(roles, user, bounds, asked, (made, who, only, text) => {
      const [resource = '', action = ''] = text.split(':');
      const { allowed } = evaluate(holderOf(who, only), tableOf(made).byId, NOW, normalizePair(resource, action));
      expect(allowed).toBe(mayByTheRules(who, made, text, only));
    }),
    RUNS,
  );
});

test('an explanation decides alike, and its parts bear it out', () => {
  fc.assert(
    fc.property(roles, user, bounds, asked, (made, who, only, text) => {
      const { byId } = tableOf(made);
      const holder = holderOf(who, only);
      const { covering, isOutOfBounds, ...decision } = explain(holder, byId, NOW, pair(text));
      expect(decision).toEqual(evaluate(holder, byId, NOW, pair(text)));
      const counting = covering.filter(({ standing }) => standing === 'counts');
      expect(decision.allowed).toBe(counting.length > 0 && who.status === 'active' && !isOutOfBounds);
      // Each grant counts by itself exactly where it is said to.
      for (const { grant, standing } of covering)
        expect(evaluate({ status: 'active', grants: [grant] }, byId, NOW, pair(text)).allowed).toBe(
          standing === 'counts',
        );
      // It lasts until the end it is given, and not at it.
      const end = decision.allowed ? findEnd(covering) : null;
      if (end) {
        expect(evaluate(holder, byId, new Date(end.getTime() - 1), pair(text)).allowed).toBe(true);
        expect(evaluate(holder, byId, end, pair(text)).allowed).toBe(false);
      }
    }),
    RUNS,
  );
});

test('lists hold what is allowed, and nothing else', () => {
  fc.assert(
    fc.property(roles, user, bounds, asked, (made, who, only, text) => {
      const { byId } = tableOf(made);
      const holder = holderOf(who, only);
      const pairs = new Set(listEffectivePairs(holder, byId, NOW));
      const { allowed } = evaluate(holder, byId, NOW, pair(text));
      expect(coversPair(pairs, pair(text))).toBe(allowed);
      const unbounded = evaluate(holderOf(who), byId, NOW, pair(text)).allowed;
      expect(listEffectiveRoles(holder, byId, NOW).some((role) => coversPair(role.pairs, pair(text)))).toBe(unbounded);
    }),
    RUNS,
  );
});

test('a token decides as the database does, until it ends with the first of its grants', () => {
  fc.assert(
    fc.property(roles, user, asked, (made, who, text) => {
      const table = tableOf(made);
      // A token names the roles that counted when it was made, of an active user.
      const names = listEffectiveRoles(holderOf(who), table.byId, NOW).map(({ name }) => name);
      const caller = {
        kind: 'user' as const,
        id: 'u',
        username: 'u',
        sid: 's',
        amr: [],
        authTime: 0,
        rights: { status: 'active' as const, grants: names.map((role) => ({ role, expires_at: null })) },
      };
      const ends = who.grants.flatMap((grant) => (lives(grant) && grant.endsIn !== null ? [grant.endsIn] : []));
      const last = after(Math.min(100_001, ...ends) - 1);
      for (const now of [NOW, last])
        expect(decideOn(caller, pair(text), table, now).allowed).toBe(
          evaluate(holderOf(who), table.byId, now, pair(text)).allowed,
        );
    }),
    RUNS,
  );
});

/** A change, and the world as it would be by the rules alone. */
const roleChange = fc.oneof(
  fc.record({ change: fc.constant('status' as const), at: fc.nat(), status: fc.constantFrom('active', 'inactive') }),
  fc.record({ change: fc.constant('delete' as const), at: fc.nat(), heir: fc.option(fc.nat(), { nil: undefined }) }),
  fc.record({ change: fc.constant('permissions' as const), at: fc.nat(), add: fc.nat(), remove: fc.nat() }),
  fc.record({ change: fc.constant('permission' as const), at: fc.nat() }),
);

test('a simulated change of roles differs by what the rules differ', () => {
  fc.assert(
    fc.property(roles, fc.array(user, { maxLength: 6 }), roleChange, (made, people, wanted) => {
      const table = tableOf(made);
      const known = [...new Set(made.flatMap(({ permissions }) => permissions.map(read)))].sort();
      const role = made[wanted.at % made.length] as RandomRole;
      const some = (at: number) => known[at % known.length] ?? '';
      let world: { input: Parameters<typeof changeRoles>[1]; roles: RandomRole[]; people: RandomUser[] };
      const others = made.filter((one) => one !== role);
      if (wanted.change === 'status') {
        const status = wanted.status as RandomRole['status'];
        world = {
          input: { change: 'role.update', role_id: idOf(role.name), status },
          roles: [...others, { ...role, status }],
          people,
        };
      } else if (wanted.change === 'delete') {
        const heir = wanted.heir === undefined ? undefined : others[wanted.heir % others.length];
        const regrant = ({ grants, ...who }: RandomUser) => ({
          ...who,
          grants: grants.flatMap((grant) =>
            grant.role !== role.name ? [grant] : heir ? [{ ...grant, role: heir.name }] : [],
          ),
        });
        world = {
          input: {
            change: 'role.delete',
            role_id: idOf(role.name),
            ...(heir ? { reassign_to: idOf(heir.name) } : {}),
          },
          roles: others,
          people: people.map(regrant),
        };
      } else if (known.length === 0) return;
      else if (wanted.change === 'permissions') {
        const [add, remove] = [some(wanted.add), some(wanted.remove)];
        const kept = role.permissions.filter((text) => read(text) !== remove);
        world = {
          input: {
            change: 'role.update',
            role_id: idOf(role.name),
            add_permission_ids: [permissionId(add)],
            remove_permission_ids: [permissionId(remove)],
          },
          roles: [...others, { ...role, permissions: [...kept, add] }],
          people,
        };
      } else {
        const gone = some(wanted.at);
        world = {
          input: { change: 'permission.delete', permission_id: permissionId(gone) },
          roles: made.map((one) => ({ ...one, permissions: one.permissions.filter((text) => read(text) !== gone) })),
          people,
        };
      }
      const { after: changed, touched } = changeRoles(table, world.input);
      const pairs = listTouchedPairs(touched, table.byId, changed, known, NOW);
      for (const [index, who] of people.entries()) {
        const holder = holderOf(who);
        const told = compareRights({ holder, roles: table.byId }, { holder, roles: changed }, pairs, NOW);
        const may = known.map((text) => ({
          text,
          before: mayByTheRules(who, made, text),
          after: mayByTheRules(world.people[index] as RandomUser, world.roles, text),
        }));
        expect(told).toEqual({
          gained: may.filter((one) => one.after && !one.before).map(({ text }) => text),
          lost: may.filter((one) => one.before && !one.after).map(({ text }) => text),
        });
        // Whoever gains or loses is found by the roles that they hold now.
        if (told.gained.length + told.lost.length > 0)
          expect(who.grants.some((grant) => lives(grant) && touched.includes(idOf(grant.role)))).toBe(true);
      }
    }),
    RUNS,
  );
});

test('a simulated change of a user differs by what the rules differ', () => {
  fc.assert(
    fc.property(
      roles,
      user,
      fc.nat(),
      fc.constantFrom('assign', 'remove', 'locked', 'active'),
      (made, who, at, act) => {
        const table = tableOf(made);
        const known = [...new Set(made.flatMap(({ permissions }) => permissions.map(read)))].sort();
        const role = (made[at % made.length] as RandomRole).name;
        const others = who.grants.filter((grant) => grant.role !== role);
        const changed: RandomUser =
          act === 'assign'
            ? { ...who, grants: [...others, { role, endsIn: 1 }] }
            : act === 'remove'
              ? { ...who, grants: others }
              : { ...who, status: act as RandomUser['status'] };
        const input =
          act === 'assign'
            ? { change: 'grant.assign' as const, role_id: idOf(role), user_id: 'u', expires_at: after(1) }
            : act === 'remove'
              ? { change: 'grant.remove' as const, role_id: idOf(role), user_id: 'u' }
              : { change: 'user.status' as const, user_id: 'u', status: act as RandomUser['status'] };
        const holder = holderOf(who);
        const told = compareRights(
          { holder, roles: table.byId },
          { holder: changeHolder(holder, table, NOW, input), roles: table.byId },
          known,
          NOW,
        );
        const flips = (from: RandomUser, to: RandomUser) =>
          known.filter((text) => !mayByTheRules(from, made, text) && mayByTheRules(to, made, text));
        expect(told).toEqual({ gained: flips(who, changed), lost: flips(changed, who) });
      },
    ),
    RUNS,
  );
});
