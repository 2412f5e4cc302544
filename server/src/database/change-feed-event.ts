// The events of a change feed: which ones the server sends, and the form in which they are handed on.
import type { Document } from 'mongodb';

export interface FeedChange {
  readonly collection: string;
  readonly operation: 'insert' | 'update' | 'replace' | 'delete';
  /** The `_id` of the document. */
  readonly id: unknown;
  /** What an update set, by dotted path. */
  readonly updatedFields?: Document;
  /** With inserts and replacements, and with updates where the feed looks them up. */
  readonly fullDocument?: Document;
  /** When it was written, by the database's clock. */
  readonly at: Date;
  /** Its place among all changes, the same for every reader: text that sorts. */
  readonly position: string;
}

const CHANGES = ['insert', 'update', 'replace', 'delete'];
const COLLECTION_ENDS = ['drop', 'rename'];
const STREAM_ENDS = ['dropDatabase', 'invalidate'];

export const buildFeedPipeline = (collections: readonly string[], project: readonly Document[]): Document[] => [
  {
    $match: {
      $or: [
        { 'ns.coll': { $in: [...collections] }, operationType: { $in: [...CHANGES, ...COLLECTION_ENDS] } },
        { operationType: { $in: STREAM_ENDS } },
      ],
    },
  },
  ...project,
];

/** Whether documents vanished without a change of their own. */
export const isEnd = (event: Document): boolean => !CHANGES.includes(event['operationType']);

export function readFeedEvent(event: Document): FeedChange {
  const { ns, operationType, documentKey, updateDescription, fullDocument } = event;
  return {
    collection: ns.coll,
    operation: operationType,
    id: documentKey._id,
    ...(updateDescription?.updatedFields && { updatedFields: updateDescription.updatedFields }),
    ...(fullDocument && { fullDocument }),
    at: readTime(event),
    position: readPosition(event),
  };
}

/** A BSON timestamp: seconds in its upper half, a counter in its lower. */
const readPosition = ({ clusterTime }: Document): string =>
  [clusterTime?.getHighBitsUnsigned() ?? 0, clusterTime?.getLowBitsUnsigned() ?? 0]
    .map((half: number) => half.toString(16).padStart(8, '0'))
    .join('');

function readTime({ wallTime, clusterTime }: Document): Date {
  if (wallTime instanceof Date) return wallTime;
  // A BSON timestamp: seconds in its upper half.
  return clusterTime ? new Date(clusterTime.getHighBitsUnsigned() * 1000) : new Date();
}
