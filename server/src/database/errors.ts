// What an error of the driver means: a value that is taken, a database that is away, a database that cannot be used.
import { MongoError, MongoServerError } from 'mongodb';

/** The database cannot be used as it is (unreachable at start, no replica set, newer than the code); for the operator's eyes. */
export class DatabaseSetupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DatabaseSetupError';
  }
}

const DUPLICATE_KEY = 11000;

/**
 * The first field of the unique index that refused the write, or null when the error is something else.
 *
 * Inside a transaction the server has already aborted it by then: answer by throwing, never by carrying on.
 *
 * @example
 * if (duplicateKey(error) === 'username') return 'taken';
 */
export function duplicateKey(error: unknown): string | null {
  if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) return null;
  const pattern: unknown = error['keyPattern'];
  if (typeof pattern === 'object' && pattern !== null) return Object.keys(pattern)[0] ?? null;
  // A bulk write's error carries the text alone.
  return /dup key: \{ "?([^":]+?)"?:/.exec(error.message)?.[1] ?? null;
}

// WaitQueueTimeoutError is not exported by the driver, so all of them go by name.
const AWAY_NAMES: ReadonlySet<string> = new Set([
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongoNotConnectedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoStalePrimaryError',
]);

const AWAY_CODES: ReadonlySet<number> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  50, // MaxTimeMSExpired
  64, // WriteConcernFailed, WriteConcernTimeout from 8.1
  89, // NetworkTimeout
  91, // ShutdownInProgress
  100, // UnsatisfiableWriteConcern
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  262, // ExceededTimeLimit
  290, // TransactionExceededLifetimeLimitSeconds
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
]);

/** Whether the database could not be reached, or not in time; such a call may be tried again later (503). */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  if (AWAY_NAMES.has(error.name) || AWAY_NAMES.has(error.constructor.name)) return true;
  if (typeof error.code === 'number' && AWAY_CODES.has(error.code)) return true;
  // The server's own word that the write may be sent again, whatever new code it has for why.
  if (error.hasErrorLabel('RetryableWriteError')) return true;
  if (!(error instanceof MongoServerError)) return false;
  const concern: { code?: unknown } | undefined = error['writeConcernError'];
  return typeof concern?.code === 'number' && AWAY_CODES.has(concern.code);
}
