// The bound on streams that one address holds open.
import { expect, test } from 'vitest';
import { createOpenStreams } from '../../../server/src/platform/open-streams.ts';

test('each address has so many, and gets back what it gives back, once', () => {
  const streams = createOpenStreams();
  const first = streams.take('192.0.2.1', 2);
  streams.take('192.0.2.1', 2);
  expect(() => streams.take('192.0.2.1', 2)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
  streams.take('192.0.2.2', 2);
  first();
  first();
  streams.take('192.0.2.1', 2);
  expect(() => streams.take('192.0.2.1', 2)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
});
