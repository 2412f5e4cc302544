// The SDK's own transformer against superjson: what one writes the other reads.
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { wire } from '../../../client-sdk/src/wire.ts';

const date = new Date('2026-03-01T12:34:56.789Z');
const shared = { at: date, roles: ['User'] };

const values: Record<string, unknown> = {
  null: null,
  text: 'text',
  number: 1.5,
  boolean: false,
  'nothing at all': undefined,
  'a date alone': date,
  'a bigint alone': 12345678901234567890n,
  'an empty object': {},
  'an empty array': [],
  'dates at every depth': {
    created_at: date,
    items: [{ created_at: date, nested: { at: date } }, { created_at: null }],
  },
  'undefined in objects and arrays': { a: undefined, b: [1, undefined, 3], c: { d: undefined } },
  'bigints in a list': { list: [1n, -2n, { n: 3n }] },
  'keys with dots and backslashes': {
    'a.b': date,
    'c\\d': date,
    'e\\.f': { 'g.': date },
    '': date,
    x: { '': { y: date } },
  },
  'keys that look like indices': { 0: date, 1: { 2: date } },
  'the same object twice': { first: shared, second: shared, list: [shared, shared] },
  'the same date twice': [date, date],
  'a list of dates': [date, [date, [date]]],
};

const names = Object.keys(values);
const overTheWire = <T>(value: T): T => JSON.parse(JSON.stringify(value));

describe('what the SDK writes', () => {
  test.each(names)('%s: superjson reads it', (name) => {
    const written = overTheWire(wire.serialize(values[name]));
    expect(superjson.deserialize(written as never)).toStrictEqual(values[name]);
  });

  test.each(names)('%s: is what superjson would write, but for equalities', (name) => {
    const { json, meta } = superjson.serialize(values[name]);
    const written = wire.serialize(values[name]);
    expect(overTheWire(written.json)).toEqual(json);
    expect(written.meta?.values).toEqual(meta?.values);
  });

  test('only what the server accepts beside the input', () => {
    expect(Object.keys(wire.serialize({ at: date, list: [shared, shared] }).meta ?? {}).sort()).toEqual([
      'v',
      'values',
    ]);
  });
});

describe('what the SDK reads', () => {
  test.each(names)('%s: as superjson wrote it', (name) => {
    expect(wire.deserialize(overTheWire(superjson.serialize(values[name])))).toStrictEqual(values[name]);
  });

  test('annotations above annotations, as newer and older writers nest them', () => {
    const nested = {
      json: { a: { b: date.toISOString() }, c: '7' },
      meta: { values: { a: { b: ['Date'] }, c: ['bigint'] } },
    };
    expect(wire.deserialize(nested)).toEqual({ a: { b: date }, c: 7n });
  });

  test.each([
    ['that lead nowhere', { 'no.such.path': ['Date'] }],
    ['of unknown types', { a: ['map'], b: [['class', 'X']] }],
    ['that reach for prototypes', { '__proto__.polluted': ['undefined'], 'constructor.prototype.polluted': ['Date'] }],
    ['of a foreign form', 'Date'],
  ])('annotations %s do no harm', (_name, annotations) => {
    const json = { a: 1, b: 'text' };
    expect(wire.deserialize({ json, meta: { values: annotations } })).toEqual({ a: 1, b: 'text' });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
