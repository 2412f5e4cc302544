// The lock after too many failures, as pure steps over one state: reserve a try, turn it into a failure, release it, clear.

export interface LockoutRules {
  /** Consecutive failures from one source that lock it. */
  readonly maxFailures: number;
  /** Failures over all sources that lock the identifier: higher, so that the lock is no weapon. */
  readonly maxTotal: number;
  /** How long a lock lasts, and how long failures are remembered, in ms. */
  readonly lockFor: number;
  /** A try that never ended counts as a failure after this long, in ms. */
  readonly abandonedAfter: number;
  /** Sources remembered per identifier; the oldest unlocked goes. */
  readonly maxSources: number;
}

export interface SourceState {
  readonly key: string;
  readonly failures: number;
  readonly last_failure_at: Date;
  readonly locked_until: Date | null;
}

export interface Reservation {
  readonly id: string;
  readonly source: string;
  readonly at: Date;
}

export interface LockoutState {
  readonly failures: number;
  readonly last_failure_at: Date | null;
  readonly locked_until: Date | null;
  readonly sources: readonly SourceState[];
  readonly reservations: readonly Reservation[];
}

export const NO_FAILURES: LockoutState = {
  failures: 0,
  last_failure_at: null,
  locked_until: null,
  sources: [],
  reservations: [],
};

export type ReserveOutcome =
  | { readonly kind: 'reserved'; readonly state: LockoutState }
  | { readonly kind: 'locked'; readonly retryAfter: number }
  /** As many tries are under way as failures are left: whether there is room is known in a moment. */
  | { readonly kind: 'busy' };

/** What time alone does: locks end, failures are forgotten, abandoned tries turn into failures. */
export function passTime(state: LockoutState, now: Date, rules: LockoutRules): LockoutState {
  const abandoned = state.reservations.filter(({ at }) => now.getTime() - at.getTime() > rules.abandonedAfter);
  const counted = abandoned.reduce<LockoutState>((sum, { source }) => countFailure(sum, source, now, rules), {
    ...state,
    reservations: state.reservations.filter((one) => !abandoned.includes(one)),
  });
  const isOver = (until: Date | null, lastFailure: Date | null) =>
    until !== null
      ? until.getTime() <= now.getTime()
      : lastFailure !== null && now.getTime() - lastFailure.getTime() >= rules.lockFor;
  return {
    ...counted,
    ...(isOver(counted.locked_until, counted.last_failure_at)
      ? { failures: 0, last_failure_at: null, locked_until: null }
      : {}),
    sources: counted.sources.filter((source) => !isOver(source.locked_until, source.last_failure_at)),
  };
}

/** Seconds for which the identifier is locked for this source; null when it is not. */
export function findLock(before: LockoutState, source: string, now: Date, rules: LockoutRules): number | null {
  const state = passTime(before, now, rules);
  const own = state.sources.find(({ key }) => key === source)?.locked_until ?? null;
  const until = Math.max(state.locked_until?.getTime() ?? 0, own?.getTime() ?? 0);
  return until > 0 ? Math.max(1, Math.ceil((until - now.getTime()) / 1000)) : null;
}

/** Reserves a try while failures and tries under way leave room for one more to fail. */
export function reserveTry(before: LockoutState, reservation: Reservation, rules: LockoutRules): ReserveOutcome {
  const retryAfter = findLock(before, reservation.source, reservation.at, rules);
  if (retryAfter !== null) return { kind: 'locked', retryAfter };
  const state = passTime(before, reservation.at, rules);
  const failures = state.sources.find(({ key }) => key === reservation.source)?.failures ?? 0;
  const fromSource = state.reservations.filter((one) => one.source === reservation.source).length;
  const room =
    hasRoom(failures, fromSource, rules.maxFailures) &&
    hasRoom(state.failures, state.reservations.length, rules.maxTotal);
  return room
    ? { kind: 'reserved', state: { ...state, reservations: [...state.reservations, reservation] } }
    : { kind: 'busy' };
}

/** As many failures as lock, and no lock: the rule has become stricter since. Then the next failure locks, and one try may be that. */
const hasRoom = (failures: number, underWay: number, max: number): boolean =>
  Math.min(failures, max - 1) + underWay < max;

/** What a failure did: closed the first lock of an identifier, a further one (of another source, or the total), or none. */
export type Closed = 'first' | 'further' | 'none';

/** The try failed. */
export function failTry(
  before: LockoutState,
  reservation: Reservation,
  now: Date,
  rules: LockoutRules,
): { state: LockoutState; closed: Closed } {
  // One that lapsed is counted already.
  if (!before.reservations.some(({ id }) => id === reservation.id)) return { state: before, closed: 'none' };
  const released = passTime(releaseTry(before, reservation), now, rules);
  const state = countFailure(released, reservation.source, now, rules);
  const [locksBefore, locks] = [countLocks(released), countLocks(state)];
  return { state, closed: locks === locksBefore ? 'none' : locksBefore === 0 ? 'first' : 'further' };
}

/** The try came to nothing: neither a failure nor a success. */
export const releaseTry = (state: LockoutState, { id }: Reservation): LockoutState => ({
  ...state,
  reservations: state.reservations.filter((one) => one.id !== id),
});

/** The right password: the count of this source and the total begin anew; other sources' locks stay. */
export const clearFailures = (state: LockoutState, reservation: Reservation): LockoutState => ({
  ...releaseTry(state, reservation),
  failures: 0,
  last_failure_at: null,
  locked_until: null,
  sources: state.sources.filter(({ key }) => key !== reservation.source),
});

const countLocks = (state: LockoutState): number =>
  state.sources.filter(({ locked_until }) => locked_until !== null).length + (state.locked_until ? 1 : 0);

function countFailure(state: LockoutState, key: string, now: Date, rules: LockoutRules): LockoutState {
  const until = new Date(now.getTime() + rules.lockFor);
  const failures = (state.sources.find((source) => source.key === key)?.failures ?? 0) + 1;
  const source: SourceState = {
    key,
    failures,
    last_failure_at: now,
    locked_until: failures >= rules.maxFailures ? until : null,
  };
  const total = state.failures + 1;
  return {
    ...state,
    failures: total,
    last_failure_at: now,
    locked_until: total >= rules.maxTotal ? until : state.locked_until,
    sources: dropOldest([...state.sources.filter((one) => one.key !== key), source], rules.maxSources),
  };
}

function dropOldest(sources: readonly SourceState[], max: number): readonly SourceState[] {
  if (sources.length <= max) return sources;
  const oldest = sources.find(({ locked_until }) => locked_until === null) ?? sources[0];
  return sources.filter((source) => source !== oldest);
}
