// The lock as pure steps: what a try may do, and what time does.
import { expect, test } from 'vitest';
import {
  clearFailures,
  failTry,
  type LockoutRules,
  type LockoutState,
  NO_FAILURES,
  passTime,
  type Reservation,
  releaseTry,
  reserveTry,
} from '../../../../../server/src/features/auth/lockout/policy.ts';

const rules: LockoutRules = {
  maxFailures: 5,
  maxTotal: 50,
  lockFor: 1_800_000,
  abandonedAfter: 30_000,
  maxSources: 64,
};
const start = new Date('2026-01-01T00:00:00Z');
const later = (ms: number) => new Date(start.getTime() + ms);

let made = 0;
const reservation = (source = 'home', at = start): Reservation => ({ id: `try ${++made}`, source, at });

/** Reserves; the test ends here when there is no room. */
function reserve(state: LockoutState, one: Reservation): LockoutState {
  const outcome = reserveTry(state, one, rules);
  if (outcome.kind !== 'reserved') throw new Error(`the try was ${outcome.kind}`);
  return outcome.state;
}

function fail(state: LockoutState, times: number, source = 'home', at = start): LockoutState {
  let next = state;
  for (let i = 0; i < times; i++) {
    const one = reservation(source, at);
    next = failTry(reserve(next, one), one, at, rules).state;
  }
  return next;
}

test('allows as many tries at once as failures are left, and no more', () => {
  let state = fail(NO_FAILURES, 2);
  for (let i = 0; i < 3; i++) state = reserve(state, reservation());
  expect(reserveTry(state, reservation(), rules)).toEqual({ kind: 'busy' });
  expect(reserveTry(state, reservation('elsewhere'), rules).kind).toBe('reserved');
});

test('the fifth failure closes the lock and says so; the next try is locked out until it ends', () => {
  const four = fail(NO_FAILURES, 4);
  const fifth = reservation();
  const { state, closed } = failTry(reserve(four, fifth), fifth, start, rules);
  expect(closed).toBe('first');
  expect(reserveTry(state, reservation('home', later(1_000)), rules)).toEqual({ kind: 'locked', retryAfter: 1_799 });
  expect(reserveTry(state, reservation('home', later(1_799_999)), rules)).toEqual({ kind: 'locked', retryAfter: 1 });
  expect(reserveTry(state, reservation('home', later(1_800_000)), rules).kind).toBe('reserved');
});

test('four failures close nothing', () => {
  const one = reservation();
  expect(failTry(reserve(fail(NO_FAILURES, 3), one), one, start, rules).closed).toBe('none');
});

test('another source is not locked, and its own lock is a further one', () => {
  const state = fail(fail(NO_FAILURES, 5, 'attacker'), 4, 'home');
  expect(reserveTry(state, reservation('attacker'), rules).kind).toBe('locked');
  const fifth = reservation('home');
  expect(failTry(reserve(state, fifth), fifth, start, rules).closed).toBe('further');
});

test('a lock closed after the one before it ended is a first one again', () => {
  const then = later(rules.lockFor + 1);
  const again = fail(fail(NO_FAILURES, 5), 4, 'elsewhere', then);
  const fifth = reservation('elsewhere', then);
  expect(failTry(reserve(again, fifth), fifth, then, rules).closed).toBe('first');
});

test('the cap over all sources locks every one of them', () => {
  let state: LockoutState = NO_FAILURES;
  for (let source = 0; source < 12; source++) state = fail(state, 4, `source ${source}`);
  expect(state.failures).toBe(48);
  state = fail(state, 2, 'source 12');
  expect(reserveTry(state, reservation('a new one'), rules).kind).toBe('locked');
});

test('tries under way count against the cap over all sources', () => {
  let state: LockoutState = NO_FAILURES;
  for (let source = 0; source < 12; source++) state = fail(state, 4, `source ${source}`);
  state = reserve(reserve(state, reservation('one')), reservation('two'));
  expect(reserveTry(state, reservation('three'), rules)).toEqual({ kind: 'busy' });
});

test('a released try gives its place back and is no failure', () => {
  const tries = Array.from({ length: 5 }, () => reservation());
  const full = tries.reduce(reserve, NO_FAILURES);
  const [first] = tries as [Reservation];
  const state = releaseTry(full, first);
  expect(state.failures).toBe(0);
  expect(reserveTry(state, reservation(), rules).kind).toBe('reserved');
});

test('a success clears the count of its source and the total, and leaves the lock of another', () => {
  const mine = reservation();
  const state = clearFailures(reserve(fail(fail(NO_FAILURES, 5, 'attacker'), 4), mine), mine);
  expect(state).toMatchObject({ failures: 0, last_failure_at: null, locked_until: null, reservations: [] });
  expect(state.sources.map(({ key }) => key)).toEqual(['attacker']);
  expect(reserveTry(state, reservation('attacker'), rules).kind).toBe('locked');
});

test('failures are forgotten after the length of a lock without a new one', () => {
  const state = fail(NO_FAILURES, 4);
  expect(passTime(state, later(rules.lockFor - 1), rules)).toEqual(state);
  expect(passTime(state, later(rules.lockFor), rules)).toEqual(NO_FAILURES);
});

test('an abandoned try turns into a failure after 30 s, once', () => {
  const abandoned = reservation();
  const state = reserve(NO_FAILURES, abandoned);
  expect(passTime(state, later(30_000), rules).failures).toBe(0);
  const lapsed = passTime(state, later(30_001), rules);
  expect(lapsed).toMatchObject({ failures: 1, reservations: [] });
  // Its result, when it comes after all, changes nothing more.
  expect(failTry(lapsed, abandoned, later(31_000), rules)).toEqual({ state: lapsed, closed: 'none' });
});

test('a failure that comes late, before anything noticed, counts once', () => {
  const late = reservation();
  expect(failTry(reserve(NO_FAILURES, late), late, later(40_000), rules).state.failures).toBe(1);
});

test('abandoned tries can close the lock', () => {
  const state = Array.from({ length: 5 }, () => reservation()).reduce(reserve, NO_FAILURES);
  expect(reserveTry(state, reservation('home', later(31_000)), rules).kind).toBe('locked');
});

test('of more sources than are remembered the oldest unlocked goes', () => {
  const wide = { ...rules, maxTotal: 1_000, maxSources: 3 };
  let state = fail(NO_FAILURES, 5, 'locked');
  for (const source of ['oldest', 'middle', 'newest']) {
    const one = reservation(source);
    state = failTry(reserve(state, one), one, start, wide).state;
  }
  expect(state.sources.map(({ key }) => key)).toEqual(['locked', 'middle', 'newest']);
});
