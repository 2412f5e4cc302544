// Keyed hashes: the same text gives the same hash under one key and purpose, and under no other.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKeyedHash, newSecret } from '../../../server/src/platform/keyed-hash.ts';

const key = randomBytes(32);

test('is stable, and different for every text', () => {
  const hash = createKeyedHash(key, 'identifiers');
  expect(hash('li.lei@example.com')).toBe(createKeyedHash(key, 'identifiers')('li.lei@example.com'));
  expect(hash('li.lei@example.com')).not.toBe(hash('li.lei@example.con'));
  expect(hash('')).toMatch(/^[A-Za-z0-9_-]{43}$/);
});

test('another purpose or another key gives another hash', () => {
  const hashes = [
    createKeyedHash(key, 'identifiers')('text'),
    createKeyedHash(key, 'one-time links')('text'),
    createKeyedHash(randomBytes(32), 'identifiers')('text'),
  ];
  expect(new Set(hashes).size).toBe(3);
});

test('secrets of links hold 256 bits and never repeat', () => {
  const secrets = Array.from({ length: 100 }, newSecret);
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
});
