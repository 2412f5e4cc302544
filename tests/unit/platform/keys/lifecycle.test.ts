// Whose turn it is to sign, and until when a key verifies: pure, over dates.
import { describe, expect, test } from 'vitest';
import { isInRing, pickSigning, stateOf, verifiesUntil } from '../../../../server/src/platform/keys/lifecycle.ts';

const life = { access: 900_000, refresh: 604_800_000 };
const at = (minutes: number) => new Date(minutes * 60_000);
const key = (_id: string, begins: number, ends: number | null, more: object = {}) => ({
  _id,
  use: 'access' as const,
  created_at: at(0),
  signs_from: at(begins),
  retired_at: ends === null ? null : at(ends),
  ...more,
});
const pick = (keys: Parameters<typeof pickSigning>[0], minutes: number) => pickSigning(keys, minutes * 60_000)?._id;

describe('the turn to sign', () => {
  const keys = [key('a', 0, 30), key('b', 30, 60), key('c', 60, null)];

  test.each([
    [0, 'a'],
    [29.99, 'a'],
    [30, 'b'],
    [59.99, 'b'],
    [60, 'c'],
    [1e6, 'c'],
  ])('at minute %d it is of %s, in whichever order the keys are', (minute, kid) => {
    expect(pick(keys, minute)).toBe(kid);
    expect(pick(keys.toReversed(), minute)).toBe(kid);
  });

  test('a clock that is behind the first key takes that', () => {
    expect(pick(keys, -1)).toBe('a');
  });

  test('who has only others takes the last that began, else the first that will', () => {
    expect(pick([key('a', 0, 30), key('c', 60, null)], 40)).toBe('a');
    expect(pick([key('b', 30, 60), key('c', 60, null)], 10)).toBe('b');
    expect(pick([], 0)).toBeUndefined();
  });

  test('a key whose turn began early overtakes the one before it', () => {
    expect(pick([key('a', 0, 30), key('b', 20, null)], 25)).toBe('b');
  });

  test('a document of the time before turns signs from its making on', () => {
    const { signs_from: _, ...old } = key('a', 0, null);
    expect(pick([old], 10)).toBe('a');
  });
});

describe('verifying', () => {
  test('lasts for the life of a token after the last turn, and longer where that was written', () => {
    expect(verifiesUntil(key('a', 0, null), life)).toBe(Number.POSITIVE_INFINITY);
    expect(verifiesUntil(key('a', 0, 30), life)).toBe(45 * 60_000);
    expect(verifiesUntil(key('a', 0, 30, { verifies_until: at(40) }), life)).toBe(45 * 60_000);
    expect(verifiesUntil(key('a', 0, 30, { verifies_until: at(50) }), life)).toBe(50 * 60_000);
    expect(verifiesUntil({ ...key('a', 0, 30), use: 'refresh' }, life)).toBe(30 * 60_000 + life.refresh);
  });

  test('ends at that instant, and with a revocation', () => {
    expect(isInRing(key('a', 0, 30), life, 45 * 60_000 - 1)).toBe(true);
    expect(isInRing(key('a', 0, 30), life, 45 * 60_000)).toBe(false);
    expect(isInRing(key('a', 0, null, { revoked_at: at(1) }), life, 0)).toBe(false);
  });
});

test('the state of each key', () => {
  const keys = [key('a', 0, 30), key('b', 30, 60), key('c', 60, null), key('d', 0, null, { revoked_at: at(1) })];
  const states = (minute: number) => keys.map((one) => stateOf(one, keys, life, minute * 60_000));
  expect(states(10)).toEqual(['signing', 'published', 'published', 'revoked']);
  expect(states(40)).toEqual(['verifying', 'signing', 'published', 'revoked']);
  expect(states(70)).toEqual(['retired', 'verifying', 'signing', 'revoked']);
});
