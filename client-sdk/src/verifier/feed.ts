// Follows the revocation feed over one connection, again and again, and knows whether what it has heard is to be relied on.
import { AuthCenterError, toAuthCenterError } from '../error.ts';
import { type Batch, readBatch } from './batch.ts';
import type { ClientToken, OwnToken } from './client-token.ts';
import { pause, schedule, type VerifierEnvironment } from './environment.ts';
import { readEvents } from './events.ts';
import type { StreamAnswer } from './open-stream.ts';
import { readProblem, readRefusal } from './problem.ts';

export interface Feed {
  /** Begins to follow, at the first call. */
  start(): void;
  /** Whether a sign of life has come lately. */
  isLive(): boolean;
  /** Resolves with the first batch, or once it is known that it does not come at once. */
  readonly begun: Promise<void>;
  /** Why it was not to be had, at last; null once it was. */
  readonly failure: AuthCenterError | null;
  /** Seconds that tokens live. */
  readonly life: number;
  close(): void;
}

interface Parts {
  readonly url: string;
  readonly env: Pick<VerifierEnvironment, 'monotonic' | 'random' | 'openStream'>;
  readonly token: ClientToken;
  /** Milliseconds. */
  readonly silentAfter: number;
  apply(batch: Batch, life: number): void;
  onError(error: AuthCenterError): void;
}

/** Between two tries, in milliseconds: twice as long each time, and less by up to half, so that a thousand do not come back at once. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;
/** The server gives a sign of life every 5 s: a connection without one for so long is given up for another. */
const GIVE_UP_AFTER = 12_000;
/** The part of its token's life after which a connection is changed for another. */
const CHANGE_AFTER = 0.9;

const silent = () => new AuthCenterError({ code: 'NETWORK_ERROR', detail: 'The feed gave no sign of life' });

export function createFeed({ url, env, token, silentAfter, apply, onError }: Parts): Feed {
  const closing = new AbortController();
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let started = false;
  let cursor: string | undefined;
  /** What happened until then is known. */
  let heardAt = Number.NEGATIVE_INFINITY;
  /** The latest that any instance has told of. */
  let latest = Number.NEGATIVE_INFINITY;
  let failure: AuthCenterError | null = null;
  let life = Number.POSITIVE_INFINITY;

  const giveUpAfter = Math.min(GIVE_UP_AFTER, silentAfter);

  /** Ends when it is time for another connection; throws when it breaks. */
  async function follow(connection: AbortController): Promise<void> {
    const own = await token.get();
    life = own.life;
    const changeAt = own.expiresAt - own.life * 1000 * (1 - CHANGE_AFTER);
    const change = schedule(Math.max(0, changeAt - env.monotonic()), () => connection.abort());
    try {
      const askedAt = env.monotonic();
      await read(connection, await open(own, connection.signal), askedAt);
      throw new AuthCenterError({ code: 'NETWORK_ERROR', detail: 'The server has ended the feed' });
    } catch (thrown) {
      const isOver = env.monotonic() >= changeAt || closing.signal.aborted;
      const error = connection.signal.aborted ? silent() : toAuthCenterError(thrown);
      // A token that was refused is not sent again; nor one that is about to expire.
      if (isOver || error.status === 401) token.forget(own.token);
      if (!isOver) throw error;
    } finally {
      change.cancel();
    }
  }

  async function open({ token: bearer }: OwnToken, signal: AbortSignal): Promise<StreamAnswer> {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${bearer}` };
    const answer = await env.openStream(`${url}/api/v1/auth/revocations${query}`, headers, signal);
    if (answer.status !== 200) throw await readProblem(answer);
    return answer;
  }

  async function read(connection: AbortController, { chunks }: StreamAnswer, askedAt: number): Promise<void> {
    /** What the server's time is behind this process's at most: what it tells first is no older than the question. */
    let behind = Number.POSITIVE_INFINITY;
    let previous = Number.POSITIVE_INFINITY;
    let watchdog = schedule(giveUpAfter, () => connection.abort());
    try {
      for await (const { event, data } of readEvents(chunks)) {
        if (event === 'error') throw readRefusal(data);
        const batch = readBatch(data);
        apply(batch, life);
        ({ cursor } = batch);
        behind = Math.min(behind, (behind === Number.POSITIVE_INFINITY ? askedAt : env.monotonic()) - batch.at);
        // Clocks of instances differ: within a connection any step counts, a new one must go beyond all that was heard.
        if (batch.at > previous || batch.at > latest) {
          watchdog.cancel();
          watchdog = schedule(giveUpAfter, () => connection.abort());
          // A stream that is delivered late tells of then, not of now.
          hear(batch.at + behind);
          if (!isHeard()) throw silent();
        }
        previous = batch.at;
        latest = Math.max(latest, batch.at);
      }
    } finally {
      watchdog.cancel();
    }
  }

  function hear(at: number): void {
    heardAt = Math.max(heardAt, at);
    failure = null;
    begin();
  }

  const isHeard = () => env.monotonic() - heardAt <= silentAfter;

  async function run(): Promise<void> {
    const { signal } = closing;
    for (let failures = 0; !signal.aborted; ) {
      const before = heardAt;
      const connection = new AbortController();
      const stop = () => connection.abort();
      signal.addEventListener('abort', stop);
      try {
        await follow(connection);
        failures = 0;
      } catch (thrown) {
        if (heardAt > before) failures = 0;
        const error = toAuthCenterError(thrown);
        failure = error;
        begin();
        // What the application makes of it must not end this.
        queueMicrotask(() => onError(error));
        await pause(chooseDelay(failures++, error), signal);
      } finally {
        signal.removeEventListener('abort', stop);
        connection.abort();
      }
    }
  }

  function chooseDelay(failures: number, { retryAfter = 0 }: AuthCenterError): number {
    const delay = Math.min(Math.max(FIRST_DELAY * 2 ** failures, retryAfter * 1000), LONGEST_DELAY);
    return delay * (1 - env.random() / 2);
  }

  return {
    start() {
      if (started) return;
      started = true;
      void run();
    },
    isLive: () => !closing.signal.aborted && isHeard(),
    begun,
    get failure() {
      return failure;
    },
    get life() {
      return life;
    },
    close() {
      closing.abort();
      begin();
    },
  };
}
