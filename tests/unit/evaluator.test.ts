// The one function that every check comes down to, case by case and over many made-up holders.
import { describe, expect, test } from 'vitest';
import {
  compileRole,
  coversPair,
  type DecisionReason,
  evaluate,
  explain,
  findEnd,
  highestLevel,
  isLive,
  listEffectivePairs,
  listEffectiveRoles,
  normalizePair,
  type Pair,
  parsePair,
  type RightsHolder,
  type RoleRights,
  type UserStatus,
} from '../../shared/src/index.ts';

const now = new Date('2026-05-01T12:00:00Z');
const earlier = new Date(now.getTime() - 1);
const later = new Date(now.getTime() + 1);

const pair = (text: string): Pair => parsePair(text) as Pair;
const role = (name: string, level: number, pairs: readonly string[], status: 'active' | 'inactive' = 'active') =>
  compileRole({ name, level, status, permissions: pairs.map(pair) });
const table = new Map<string, RoleRights>(
  [
    role('Admin', 4, ['user:MANAGE', 'knowledge:READ']),
    role('Editor', 3, ['knowledge:READ', 'knowledge:UPDATE']),
    role('Off', 9, ['knowledge:READ', 'tag:CREATE'], 'inactive'),
  ].map((one) => [one.name, one]),
);
const holder = (grants: Record<string, Date | null>, status: UserStatus = 'active'): RightsHolder => ({
  status,
  grants: Object.entries(grants).map(([name, expires_at]) => ({ role: name, expires_at })),
});

describe('the reason', () => {
  const cases: [string, RightsHolder | null, string, DecisionReason][] = [
    ['a live grant of an active role', holder({ Editor: null }), 'knowledge:READ', 'granted'],
    ['a grant that ends later', holder({ Editor: later }), 'knowledge:READ', 'granted'],
    ['a grant that ends now', holder({ Editor: now }), 'knowledge:READ', 'grant_expired'],
    ['a grant that has ended', holder({ Editor: earlier }), 'knowledge:READ', 'grant_expired'],
    ['a role that is off', holder({ Off: null }), 'knowledge:READ', 'role_inactive'],
    ['a role that is off, by a grant that has ended', holder({ Off: earlier }), 'knowledge:READ', 'grant_expired'],
    ['off before expired', holder({ Editor: earlier, Off: null }), 'knowledge:READ', 'role_inactive'],
    [
      'off before expired, the other way round',
      holder({ Off: null, Editor: earlier }),
      'knowledge:READ',
      'role_inactive',
    ],
    ['an expired grant beside a live one', holder({ Editor: earlier, Admin: null }), 'knowledge:READ', 'granted'],
    ['nothing of the kind', holder({ Editor: null }), 'tag:CREATE', 'no_permission'],
    ['no grants at all', holder({}), 'knowledge:READ', 'no_permission'],
    ['a role nobody knows', holder({ Gone: null }), 'knowledge:READ', 'no_permission'],
    ['an inactive user with the right', holder({ Editor: null }, 'inactive'), 'knowledge:READ', 'user_inactive'],
    ['a locked user with the right', holder({ Editor: null }, 'locked'), 'knowledge:READ', 'user_inactive'],
    ['an inactive user without it', holder({}, 'inactive'), 'knowledge:READ', 'user_inactive'],
    ['nobody', null, 'knowledge:READ', 'user_unknown'],
    ['MANAGE, asked for an action of its own', holder({ Admin: null }), 'user:READ', 'granted'],
    ['MANAGE, asked for an action nobody has heard of', holder({ Admin: null }), 'user:DANCE', 'granted'],
    ['MANAGE of another resource', holder({ Admin: null }), 'role:READ', 'no_permission'],
    ['a part, asked for MANAGE', holder({ Editor: null }), 'knowledge:MANAGE', 'no_permission'],
    ['an unknown resource', holder({ Admin: null }), 'moon:READ', 'no_permission'],
  ];
  test.each(cases)('%s', (_, who, asked, reason) => {
    expect(evaluate(who, table, now, pair(asked))).toEqual({ allowed: reason === 'granted', reason });
  });

  test('a name that nobody knows is refused, never an error', () => {
    expect(evaluate(holder({ Admin: null }), table, now, null)).toEqual({ allowed: false, reason: 'no_permission' });
    expect(evaluate(null, table, now, null)).toEqual({ allowed: false, reason: 'user_unknown' });
    expect(evaluate(holder({}, 'locked'), table, now, null)).toEqual({ allowed: false, reason: 'user_inactive' });
  });
});

describe('normal forms', () => {
  test.each([
    ['knowledge_base', 'create', 'knowledge:CREATE'],
    ['KNOWLEDGE_BASE', 'Create', 'knowledge:CREATE'],
    ['Knowledge', 'CREATE', 'knowledge:CREATE'],
    ['ai_assistant', 'use', 'ai:USE'],
    ['constructor', 'x', 'constructor:X'],
    ['__proto__', 'toString', '__proto__:TOSTRING'],
  ])('%s and %s', (resource, action, normal) => {
    const { resource: r, action: a } = normalizePair(resource, action);
    expect(`${r}:${a}`).toBe(normal);
  });

  test.each(['', ':', 'user', 'user:', ':READ'])('%j is no pair', (text) => {
    expect(parsePair(text)).toBeNull();
  });

  test('an alias is no resource of its own: nothing is held under both names', () => {
    const held = role('x', 1, ['knowledge_base:READ']).pairs;
    expect([...held]).toEqual(['knowledge:READ']);
    expect(coversPair(held, pair('knowledge:read'))).toBe(true);
  });
});

test('a grant counts until the instant it ends, and not at it', () => {
  expect(isLive({ expires_at: null }, now)).toBe(true);
  expect(isLive({ expires_at: later }, now)).toBe(true);
  expect(isLive({ expires_at: now }, now)).toBe(false);
});

test('levels: the highest that counts, and below every role without one', () => {
  expect(highestLevel(holder({ Editor: null, Admin: null }), table, now)).toBe(4);
  expect(highestLevel(holder({ Editor: null, Admin: earlier, Off: null }), table, now)).toBe(3);
  expect(highestLevel(holder({}), table, now)).toBe(-1);
  expect(highestLevel(holder({ Admin: null }, 'inactive'), table, now)).toBe(-1);
});

test('pairs are listed sorted, each once, and none for whoever is not active', () => {
  expect(listEffectivePairs(holder({ Editor: null, Admin: null, Off: null }), table, now)).toEqual([
    'knowledge:READ',
    'knowledge:UPDATE',
    'user:MANAGE',
  ]);
  expect(listEffectivePairs(holder({ Admin: null }, 'locked'), table, now)).toEqual([]);
});

describe('over every small world', () => {
  // All holders with up to three grants of three roles, live or expired, in each status.
  const states = [undefined, null, earlier, later];
  const holders: RightsHolder[] = (['active', 'inactive', 'locked'] as const).flatMap((status) =>
    states.flatMap((a) =>
      states.flatMap((b) =>
        states.map((c) =>
          holder(
            Object.fromEntries(
              Object.entries({ Admin: a, Editor: b, Off: c }).filter(([, state]) => state !== undefined),
            ) as Record<string, Date | null>,
            status,
          ),
        ),
      ),
    ),
  );
  const asked = ['knowledge:READ', 'knowledge:UPDATE', 'user:READ', 'tag:CREATE', 'moon:READ'].map(pair);

  test('a yes is exactly what the listed pairs cover', () => {
    for (const one of holders)
      for (const what of asked) {
        const pairs = new Set(listEffectivePairs(one, table, now));
        expect(evaluate(one, table, now, what).allowed).toBe(coversPair(pairs, what));
      }
  });

  test('neither the order of grants nor a grant more takes a right away', () => {
    for (const one of holders)
      for (const what of asked) {
        const { allowed, reason } = evaluate(one, table, now, what);
        const turned = { ...one, grants: [...one.grants].reverse() };
        expect(evaluate(turned, table, now, what)).toEqual({ allowed, reason });
        const more = { ...one, grants: [...one.grants, { role: 'Editor', expires_at: null }] };
        if (allowed) expect(evaluate(more, table, now, what).allowed).toBe(true);
      }
  });

  test('only whoever is active is ever allowed, and only by roles that are listed', () => {
    for (const one of holders) {
      if (one.status !== 'active') expect(listEffectiveRoles(one, table, now)).toEqual([]);
      for (const what of asked)
        if (evaluate(one, table, now, what).allowed) {
          expect(one.status).toBe('active');
          expect(listEffectiveRoles(one, table, now).some(({ pairs }) => coversPair(pairs, what))).toBe(true);
        }
    }
  });
});

describe('narrowed rights', () => {
  const narrowed = (grants: Record<string, Date | null>, ...only: string[]): RightsHolder => ({
    ...holder(grants),
    only: new Set(only),
  });

  test('are what both the roles and the bounds cover', () => {
    const key = narrowed({ Admin: null, Editor: null }, 'knowledge:READ', 'user:READ');
    const ask = (text: string) => evaluate(key, table, now, pair(text));
    expect(ask('knowledge:READ').allowed).toBe(true);
    expect(ask('user:READ').allowed).toBe(true);
    expect(ask('user:UPDATE')).toEqual({ allowed: false, reason: 'no_permission' });
    expect(ask('knowledge:UPDATE').allowed).toBe(false);
    expect(listEffectivePairs(key, table, now)).toEqual(['knowledge:READ', 'user:READ']);
  });

  test('MANAGE as a bound gives no more than the roles', () => {
    const key = narrowed({ Editor: null }, 'knowledge:MANAGE', 'user:MANAGE');
    expect(evaluate(key, table, now, pair('knowledge:UPDATE')).allowed).toBe(true);
    expect(evaluate(key, table, now, pair('knowledge:DELETE')).allowed).toBe(false);
    expect(evaluate(key, table, now, pair('user:READ')).allowed).toBe(false);
    expect(listEffectivePairs(key, table, now)).toEqual(['knowledge:READ', 'knowledge:UPDATE']);
  });

  test('end with the grant, and none are none', () => {
    expect(evaluate(narrowed({ Editor: now }, 'knowledge:READ'), table, now, pair('knowledge:READ')).reason).toBe(
      'grant_expired',
    );
    expect(listEffectivePairs(narrowed({ Admin: null }), table, now)).toEqual([]);
  });
});

describe('an explanation', () => {
  const standings = (who: RightsHolder, asked: string) =>
    explain(who, table, now, pair(asked)).covering.map(({ role: { name }, standing }) => [name, standing]);

  test('tells of every grant that covers what is asked, and of no other', () => {
    const who = holder({ Off: null, Editor: earlier, Admin: null, Gone: null });
    expect(standings(who, 'knowledge:READ')).toEqual([
      ['Off', 'role_inactive'],
      ['Editor', 'grant_expired'],
      ['Admin', 'counts'],
    ]);
    expect(standings(who, 'user:DANCE')).toEqual([['Admin', 'counts']]);
    expect(standings(who, 'moon:READ')).toEqual([]);
    expect(standings(holder({ Off: earlier }), 'tag:CREATE')).toEqual([['Off', 'grant_expired']]);
  });

  test('tells of them also where the user is not active, or the rights are narrowed', () => {
    expect(standings(holder({ Editor: null }, 'locked'), 'knowledge:READ')).toEqual([['Editor', 'counts']]);
    const key = { ...holder({ Editor: null }), only: new Set(['user:READ']) };
    expect(explain(key, table, now, pair('knowledge:READ'))).toMatchObject({
      allowed: false,
      reason: 'no_permission',
      isOutOfBounds: true,
      covering: [{ standing: 'counts' }],
    });
    expect(explain(key, table, now, pair('user:READ'))).toMatchObject({ isOutOfBounds: false, covering: [] });
  });

  test('ends with the last of the grants that count', () => {
    const end = (grants: Record<string, Date | null>) =>
      findEnd(explain(holder(grants), table, now, pair('knowledge:READ')).covering);
    const muchLater = new Date(now.getTime() + 60_000);
    expect(end({ Editor: later, Admin: muchLater })).toEqual(muchLater);
    expect(end({ Editor: later, Admin: null })).toBeNull();
    expect(end({ Editor: later, Off: null })).toEqual(later);
    expect(end({ Editor: later, Admin: now })).toEqual(later);
  });
});
