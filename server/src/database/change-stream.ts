// The driver's change stream with what a feed needs of it: a moment at which it is open, a wait that can be ended, an end that is told.
import type { ChangeStream, Document, MongoClient, ResumeToken, ServerDescriptionChangedEvent } from 'mongodb';
import type { Database } from './client.ts';

/** Following on from the token is of no use: the stream has to start anew, and what is built on it to be loaded again. */
export class FeedReset extends Error {}

export interface OpenStream {
  /** The token of the moment of opening; undefined when the stream opened with a change that is still to be read. */
  readonly tokenAtOpening: ResumeToken | undefined;
  /** The next change, or null when there was none for a while or the signal was aborted. */
  next(): Promise<Document | null>;
  /** Where to follow on from after what `next` last brought. */
  resumeToken(): ResumeToken;
  close(): Promise<void>;
  /** Closes without waiting for it. */
  abandon(): void;
}

export interface StreamOptions {
  readonly token: ResumeToken | undefined;
  readonly signal: AbortSignal;
  readonly fullDocument: 'updateLookup' | undefined;
}

/** How long the server holds an empty answer back, in milliseconds. */
const AWAIT_MS = 1_000;

export async function openStream(
  database: Database,
  pipeline: Document[],
  { token, signal, fullDocument }: StreamOptions,
): Promise<OpenStream> {
  const stream = database.db.watch<Document, Document>(pipeline, {
    maxAwaitTimeMS: AWAIT_MS,
    ...(fullDocument && { fullDocument }),
    ...(token !== undefined && { resumeAfter: token }),
  });
  const lost = new AbortController();
  const forgetServer = watchServer(database.client, () => lost.abort());
  const ended = AbortSignal.any([signal, lost.signal]);
  // watch() sends nothing by itself, the first read opens. It goes on to wait for a change, so the answer to the opening
  // is told by its token, unless it brought a change at once.
  let reading: Promise<Document | null> | undefined = stream.tryNext();

  const close = async (): Promise<void> => {
    forgetServer();
    await stream.close().catch(() => undefined);
  };
  const abandon = (): void => {
    void close();
    // A read that is under way may bring the stream to life again after the close: the driver then finds another server.
    void reading?.catch(() => undefined).then(close);
  };
  const wait = async <T>(promise: Promise<T>): Promise<T | undefined> => {
    const result = await endWith(ended, promise);
    if (lost.signal.aborted) throw new Error('the server of the change stream is gone');
    return result;
  };
  const next = async (): Promise<Document | null> => {
    reading ??= stream.tryNext();
    const event = await wait(reading);
    if (event === undefined) return null;
    reading = undefined;
    // The driver's stream answers null for ever once its cursor is gone.
    if (event === null && stream.closed) throw new FeedReset('the stream has ended');
    return event;
  };
  try {
    const tokenAtOpening = await wait(Promise.race([reading.then(() => undefined), readFirstToken(stream)]));
    return { tokenAtOpening, next, resumeToken: () => stream.resumeToken, close, abandon };
  } catch (error) {
    abandon();
    throw error;
  }
}

/**
 * Tells when the server that is read from is gone. Left alone the driver would first wait, for the whole server
 * selection timeout, to end its cursor on the dead server, and only then follow the stream on the next primary.
 */
function watchServer(client: MongoClient, onLoss: () => void): () => void {
  const listen = ({ previousDescription, newDescription }: ServerDescriptionChangedEvent) => {
    const wasRead = previousDescription.type === 'RSPrimary' || previousDescription.type === 'Mongos';
    if (wasRead && newDescription.type !== previousDescription.type) onLoss();
  };
  client.on('serverDescriptionChanged', listen);
  return () => {
    client.off('serverDescriptionChanged', listen);
  };
}

const readFirstToken = (stream: ChangeStream<Document, Document>): Promise<ResumeToken> =>
  new Promise((resolve) => {
    stream.once('resumeTokenChanged', resolve);
  });

/** Settles as the promise does, or with undefined when the signal is aborted before. */
function endWith<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
