// Log streams that keep what is written, line by line, as a log collector would get it.
import { createLogger, createLogStreams, type LogStreams } from '../../server/src/platform/logger.ts';

export interface LogCapture {
  readonly log: LogStreams;
  /** Everything written so far. */
  text(): string;
  /** The lines, parsed; throws where one is no JSON object of its own. */
  lines(): Record<string, unknown>[];
}

export function captureLog(level = 'trace'): LogCapture {
  let written = '';
  const destination = {
    write(text: string) {
      written += text;
    },
  };
  return {
    log: createLogStreams(createLogger(level, destination)),
    text: () => written,
    lines: () =>
      written
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
