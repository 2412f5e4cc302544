// Times in messages: in the company's zone, by its words.
import { expect, test } from 'vitest';
import { showTime } from '../../../../server/src/platform/mail/time.ts';

test.each([
  ['en', 'UTC', '31 January 2026 at 17:00 UTC'],
  ['en', 'Asia/Shanghai', '1 February 2026 at 01:00 GMT+8'],
  ['zh', 'Asia/Shanghai', '2026年2月1日 GMT+8 01:00'],
] as const)('in %s, %s', (locale, zone, shown) => {
  expect(showTime('2026-01-31T17:00:00Z', locale, zone)).toBe(shown);
});
