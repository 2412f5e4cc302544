// The session as this client knows it: one record or none, told to listeners when who is signed in, or what they may do, changes.
import type { Environment } from './environment.ts';
import type { SessionRecord, SessionUser } from './record.ts';
import type { RecordStore } from './storage.ts';

export type Listener = (user: SessionUser | null) => void;

export interface Session {
  readonly record: SessionRecord | null;
  /** Grows with every sign-in and sign-out, never with a refresh. */
  readonly generation: number;
  /** Aborts when this generation ends. */
  readonly signal: AbortSignal;
  /** Whether anything has told yet who is signed in; with the cookie only the server can. */
  readonly isKnown: boolean;
  /** Whether the storage has been read as well. */
  readonly isSettled: boolean;
  /** From here on a new token is asked for, ahead of need; milliseconds since 1970. */
  readonly renewAt: number;
  /** Has a new token asked for at that time at the latest. */
  renewBy(time: number): void;
  /** The first reading of the storage; however often it is called. */
  load(): Promise<void>;
  /** Reads the storage again: another tab may have written. */
  reload(): Promise<void>;
  /** Somebody signed in, or nobody is any more; kept in the storage. */
  replace(record: SessionRecord | null): Promise<void>;
  /** A newer record of the same session; an older one, or one of a session that is over, is dropped. */
  renew(record: SessionRecord): Promise<void>;
  /** Takes over what another tab found out, without writing it anywhere. */
  adopt(record: SessionRecord | null): void;
  subscribe(listener: Listener): () => void;
}

/** A token is renewed after this part of its life, give or take half of the spread. */
const RENEW_AFTER = 0.8;
const SPREAD = 0.1;

export function createSession(store: RecordStore, env: Pick<Environment, 'random'>, isKnown: boolean): Session {
  const listeners = new Set<Listener>();
  let record: SessionRecord | null = null;
  let known = isKnown;
  let read = false;
  let generation = 0;
  let renewAt = 0;
  let ending = new AbortController();
  let loaded: Promise<void> | undefined;

  function startGeneration(): void {
    generation++;
    ending.abort();
    ending = new AbortController();
  }

  function take(next: SessionRecord | null): void {
    const before = record;
    if (before?.sid !== next?.sid) startGeneration();
    record = next;
    known = true;
    read = true;
    if (next) renewAt = next.expires_at - next.lifetime * (1 - RENEW_AFTER + (env.random() - 0.5) * SPREAD);
    if (JSON.stringify(before?.user) === JSON.stringify(next?.user)) return;
    // Told later, so that a listener that throws breaks nothing here, and always sees the state it is told of.
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(next?.user ?? null));
  }

  async function reload(): Promise<void> {
    const [before, begun] = [record, generation];
    const kept = await store.read();
    // What happened here while the storage was read is newer than what it answered.
    if (kept === undefined || record !== before || generation !== begun) return;
    if (kept && record && kept.sid === record.sid && kept.asked_at <= record.asked_at) return;
    if (kept || record || !known) take(kept);
  }

  return {
    get record() {
      return record;
    },
    get generation() {
      return generation;
    },
    get signal() {
      return ending.signal;
    },
    get isKnown() {
      return known;
    },
    get isSettled() {
      return known && read;
    },
    get renewAt() {
      return renewAt;
    },
    renewBy: (time) => {
      renewAt = Math.min(renewAt, time);
    },
    load: () => {
      loaded ??= reload().then(() => {
        read = true;
      });
      return loaded;
    },
    reload,
    async replace(next) {
      startGeneration();
      take(next);
      await store.write(next);
    },
    async renew(next) {
      if (record && (record.sid !== next.sid || record.asked_at > next.asked_at)) return;
      take(next);
      await store.write(next);
    },
    adopt: take,
    subscribe(listener) {
      const own: Listener = (user) => listener(user);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}
