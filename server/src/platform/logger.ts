// Structured logs: pino with four streams (by the field `stream`) and redaction by name.
import { type Logger, pino } from 'pino';

export type Log = Logger;
export type LogStream = 'access' | 'auth' | 'error' | 'audit';

const SECRETS = [
  'password',
  'new_password',
  'old_password',
  'code',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'set-cookie',
  'secret',
  'client_secret',
  'api_key',
  'private_key',
  'password_hash',
  'key',
];

let second = '';
let secondStart = 0;

/** ISO 8601; many lines are written within one second, and all of it but the milliseconds is worked out once. */
function writeTime(): string {
  const now = Date.now();
  if (now - secondStart >= 1000 || now < secondStart) {
    secondStart = now - (now % 1000);
    second = new Date(secondStart).toISOString().slice(0, 20);
  }
  return `,"time":"${second}${String(now - secondStart).padStart(3, '0')}Z"`;
}

/**
 * @param level - pino's level; `silent` in tests
 * @param destination - where lines go; standard output when absent, buffered for a second at most, because a write per request would cost more than the request
 */
export function createLogger(
  level: string,
  destination: pino.DestinationStream = pino.destination({ sync: false, minLength: 16_000, periodicFlush: 1_000 }),
): Log {
  const logger = pino(
    {
      level,
      base: { service: 'authcenter' },
      timestamp: writeTime,
      redact: {
        paths: SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
        censor: '[redacted]',
      },
      serializers: { error: describeError },
    },
    destination,
  );
  return logger;
}

/** An error without the fields that libraries hang on it: a driver's holds the very command that failed, with what was in it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name: type, message, stack, cause } = error;
  const code = 'code' in error && ['string', 'number'].includes(typeof error.code) ? { error_code: error.code } : {};
  return { type, ...code, message, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
}

/** The four streams as child loggers. */
export interface LogStreams {
  readonly root: Log;
  readonly access: Log;
  readonly auth: Log;
  readonly error: Log;
  readonly audit: Log;
  /** Writes out what is buffered. */
  flush(): void;
}

export function createLogStreams(root: Log): LogStreams {
  const stream = (name: LogStream) => root.child({ stream: name });
  return {
    root,
    // One line a request, of named fields none of which is a secret: looking through them costs more than writing them.
    access: root.child({ stream: 'access' satisfies LogStream }, { redact: [] }),
    auth: stream('auth'),
    error: stream('error'),
    audit: stream('audit'),
    flush: () => root.flush(),
  };
}
