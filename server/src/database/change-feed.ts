// One change stream over several collections, in order, that outlives failures of the network and the database.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Document, MongoServerError, type ResumeToken } from 'mongodb';
import { buildFeedPipeline, type FeedChange, isEnd, readFeedEvent } from './change-feed-event.ts';
import { FeedReset, type OpenStream, openStream } from './change-stream.ts';
import type { Database } from './client.ts';
import { isDatabaseAway } from './errors.ts';
import type { Log } from './log.ts';

export type { FeedChange } from './change-feed-event.ts';

export interface ChangeFeed {
  /** When the stream last brought a change, or was opened, by `performance.now()`. */
  readonly lastEventAt: () => number;
  /** Resolves when the change in hand is handled and the stream is closed. */
  close(): Promise<void>;
}

export interface ChangeFeedOptions {
  readonly collections: readonly string[];
  /** Stages after the match, to keep secrets and large fields in the database. They must leave `_id`, `ns`, `operationType` and `documentKey`. */
  readonly project?: readonly Document[];
  /** `updateLookup` reads the whole document at each update. */
  readonly fullDocument?: 'updateLookup';
  /** Runs for one change at a time. What it throws leads to `onReset`: a change that cannot be handled must not stop the feed. */
  onChange(change: FeedChange): void | Promise<void>;
  /** Changes may have been missed: load everything again. The new stream is open by then, so nothing falls between. */
  onReset(): void | Promise<void>;
  readonly log: Log;
}

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
/** After so many failures in a row: finding the place again in a long oplog can take longer than a call may. */
const MOST_RESUMES = 6;
const CLOSE_WITHIN_MS = 1_000;

/**
 * Opens the feed; resolves when the stream is really open, so that what is loaded afterwards and the changes together miss nothing.
 *
 * @throws what the driver throws when the first opening fails
 */
export async function openChangeFeed(database: Database, options: ChangeFeedOptions): Promise<ChangeFeed> {
  const closing = new AbortController();
  const { signal } = closing;
  const pipeline = buildFeedPipeline(options.collections, options.project ?? []);
  let lastEventAt = 0;
  /** Everything up to here is handled. */
  let token: ResumeToken | undefined;
  let stream: OpenStream;

  const open = async (): Promise<void> => {
    stream = await openStream(database, pipeline, { token, signal, fullDocument: options.fullDocument });
    token = stream.tokenAtOpening ?? token;
    lastEventAt = performance.now();
  };

  const follow = async (onProgress: () => void): Promise<void> => {
    while (!signal.aborted) {
      const event = await stream.next();
      if (signal.aborted) return;
      if (event !== null) {
        if (isEnd(event)) throw new FeedReset(`documents were removed as a whole: ${event['operationType']}`);
        lastEventAt = performance.now();
        await handle(options, event);
      }
      // Moves on without a change too, so that a quiet feed's token does not grow too old.
      token = stream.resumeToken();
      onProgress();
    }
  };

  const keepFollowing = async (): Promise<void> => {
    let failures = 0;
    let reset = false;
    while (!signal.aborted) {
      try {
        if (failures > 0) await open();
        if (reset) await options.onReset();
        reset = false;
        await follow(() => {
          failures = 0;
        });
      } catch (error) {
        stream.abandon();
        if (signal.aborted) return;
        if (token === undefined || isTokenLost(error) || failures >= MOST_RESUMES) {
          reset = true;
          token = undefined;
        }
        options.log.warn({ error, reset }, 'the change feed was interrupted');
        await pause(failures++, signal);
      }
    }
  };

  await open();
  const following = keepFollowing();
  return {
    lastEventAt: () => lastEventAt,
    close: async () => {
      closing.abort();
      await following;
      // Over a dead network even the goodbye would wait for its timeout.
      await Promise.race([stream.close(), sleep(CLOSE_WITHIN_MS)]);
    },
  };
}

async function handle(options: ChangeFeedOptions, event: Document): Promise<void> {
  try {
    await options.onChange(readFeedEvent(event));
  } catch (error) {
    throw new FeedReset('a change could not be handled', { cause: error });
  }
}

// ChangeStreamHistoryLost, InvalidResumeToken, an event over 16 MB: trying the same token again would not end.
const isTokenLost = (error: unknown): boolean =>
  error instanceof FeedReset ||
  (error instanceof MongoServerError && !isDatabaseAway(error) && !error.hasErrorLabel('ResumableChangeStreamError'));

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS);
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}
