// What counts as one address, and as one source of guesses.
import { expect, test } from 'vitest';
import { addressKey, sourceKey } from '../../../server/src/platform/rate-limits.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key);
});

test('an IPv4 address counts the same however it is written in IPv6', () => {
  for (const ip of ['::ffff:192.0.2.7', '::FFFF:192.0.2.7', '::ffff:c000:207', '0:0:0:0:0:ffff:192.0.2.7'])
    expect(addressKey(ip)).toBe('192.0.2.7');
});

test.each([
  ['192.0.2.7', '192.0.2.0/24'],
  ['192.0.2.255', '192.0.2.0/24'],
  ['::ffff:192.0.2.9', '192.0.2.0/24'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
])('guesses from %s come from %s', (ip, key) => {
  expect(sourceKey(ip)).toBe(key);
});

test('a port behind an IPv4 address, as some proxies write it, makes nobody else of it', () => {
  expect(addressKey('192.0.2.7:50123')).toBe('192.0.2.7');
});
