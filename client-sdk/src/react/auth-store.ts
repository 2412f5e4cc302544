// The session in the form that `useSyncExternalStore` reads: a state that stays the same object until it changes.
import { covers } from '../can.ts';
import type { AuthCenter } from '../create-auth-center.ts';
import { type AuthCenterError, toAuthCenterError } from '../error.ts';
import type { AuthFacts, AuthState } from './auth-state.ts';
import { watchWake } from './wake.ts';

export interface AuthStore {
  readonly center: AuthCenter;
  subscribe(listener: () => void): () => void;
  read(): AuthState;
  /** What a server renders, and a page before it has taken over: nothing is known there. */
  readInitial(): AuthState;
}

/** When the server could not be asked who is signed in, it is asked again: after this, then twice as long each time, up to the longest. */
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;

const stores = new WeakMap<AuthCenter, AuthStore>();

/** One for each client, however many providers there are. */
export function storeOf(center: AuthCenter): AuthStore {
  const store = stores.get(center) ?? createAuthStore(center);
  stores.set(center, store);
  return store;
}

function createAuthStore(center: AuthCenter): AuthStore {
  const { auth } = center;
  const describe = (facts: AuthFacts): AuthState => ({
    ...auth,
    ...facts,
    // Of this state, not of what has become of it: what a page renders first must be what the server rendered.
    can: (permission) => covers(facts.user, permission),
  });

  const listeners = new Set<() => void>();
  const initial = describe({ status: 'loading', user: null, error: null });
  let state = initial;
  /** Of the last reading: a refresh brings a new object for the same person. */
  let user = auth.user;
  let failure: AuthCenterError | null = null;

  function read(): AuthState {
    const error = auth.status === 'loading' ? failure : null;
    const isSame =
      auth.status === state.status &&
      error === state.error &&
      (auth.user === user || JSON.stringify(auth.user) === JSON.stringify(state.user));
    user = auth.user;
    if (isSame) return state;
    if (user) state = describe({ status: 'signed-in', user, error: null });
    else if (auth.status === 'signed-out') state = describe({ status: 'signed-out', user, error: null });
    else state = describe({ status: 'loading', user, error });
    return state;
  }

  const tell = () => {
    for (const listener of listeners) listener();
  };

  /** Finds out who is signed in, and renews what has expired while nobody looked. @returns gives up */
  function follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let delay = FIRST_DELAY;
    let isOver = false;
    const settle = async () => {
      clearTimeout(timer);
      try {
        await auth.ready();
        failure = null;
      } catch (thrown) {
        failure = toAuthCenterError(thrown);
        if (!isOver && auth.status === 'loading') {
          clearTimeout(timer);
          timer = setTimeout(settle, delay);
          delay = Math.min(delay * 2, LONGEST_DELAY);
        }
      }
      tell();
    };
    const stops = [auth.onChange(tell), watchWake(() => void settle()), () => clearTimeout(timer)];
    void settle();
    return () => {
      isOver = true;
      for (const stop of stops) stop();
    };
  }

  let stop = () => {};
  return {
    center,
    read,
    readInitial: () => initial,
    subscribe(listener) {
      const own = () => listener();
      if (listeners.size === 0) stop = follow();
      listeners.add(own);
      return () => {
        if (listeners.delete(own) && listeners.size === 0) stop();
      };
    },
  };
}
