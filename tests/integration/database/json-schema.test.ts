// Validators inside mongod: what fits passes, what does not is refused, and unknown fields pass.
import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { binary, objectId } from '../../../server/src/database/json-schema.ts';
import { ensureCollection } from '../../../server/src/database/migrate.ts';
import { type OwnDatabase, openDatabase } from './open-database.ts';

const DOCUMENT_INVALID = 121;

const schema = z.object({
  _id: objectId(),
  username: z.string().min(3).max(32),
  email: z.email().optional(),
  status: z.enum(['active', 'locked']),
  count: z.int().min(0),
  ratio: z.number(),
  active: z.boolean(),
  created_at: z.date(),
  deleted_at: z.date().nullable(),
  kind: z.literal('user'),
  level: z.literal([1, 2]),
  secret: binary().optional(),
  grants: z.array(z.object({ role_id: objectId(), granted_at: z.date(), expires_at: z.date().nullable() })),
  metadata: z.record(z.string(), z.object({ n: z.int() })),
  factor: z.discriminatedUnion('type', [
    z.object({ type: z.literal('none') }),
    z.object({ type: z.literal('totp'), since: z.date() }),
  ]),
  position: z.tuple([z.string(), z.number()]).optional(),
  either: z.union([z.string(), z.date(), z.null()]).optional(),
  anything: z.unknown().optional(),
});

const make = (changes: Record<string, unknown> = {}) => ({
  _id: new ObjectId(),
  username: '张三丰',
  status: 'active',
  count: 0,
  ratio: 0.5,
  active: true,
  created_at: new Date(),
  deleted_at: null,
  kind: 'user',
  level: 1,
  grants: [{ role_id: new ObjectId(), granted_at: new Date(), expires_at: null }],
  metadata: { 'client-1': { n: 1 } },
  factor: { type: 'totp', since: new Date() },
  ...changes,
});

let database: OwnDatabase;
beforeAll(async () => {
  database = await openDatabase(inject('mongoUri'));
  await ensureCollection(database, 'people', schema, []);
});
afterAll(() => database.drop());

const insert = async (changes: Record<string, unknown>) => {
  const document = make(changes);
  for (const [key, value] of Object.entries(document)) if (value === undefined) Reflect.deleteProperty(document, key);
  await database.db.collection('people').insertOne(document);
};

describe('the database’s own validation', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a whole document', {}],
    ['absent optional fields, present ones', { email: 'a@b.c', secret: new Binary(new Uint8Array(4)) }],
    ['bytes of Node', { secret: Buffer.from('x') }],
    ['int, long, whole double', { count: new Int32(3) }],
    ['a long', { count: Long.fromNumber(2 ** 40) }],
    ['a whole number beyond int', { count: 2 ** 40 }],
    ['a whole double', { count: new Double(4) }],
    ['a number that is whole', { ratio: 3 }],
    ['a decimal', { ratio: Decimal128.fromString('1.5') }],
    ['a date where null may stand', { deleted_at: new Date() }],
    ['empty arrays and records', { grants: [], metadata: {} }],
    ['the other alternative', { factor: { type: 'none' } }],
    ['unknown fields, at any depth', { next_version: 1, factor: { type: 'none', more: 1 } }],
    ['a tuple', { position: ['x', 1] }],
    ['each side of a union', { either: new Date() }],
    ['null in a union', { either: null }],
    ['anything', { anything: { $date: 1 } }],
    ['the longest name in code points', { username: '𠮷'.repeat(32) }],
  ])('takes %s', async (_name, changes) => {
    await insert(changes);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a missing field', { username: undefined }],
    ['an id as text', { _id: 'abc' }],
    ['a name that is an object', { username: { $ne: null } }],
    ['a name that is too long', { username: 'x'.repeat(33) }],
    ['null where a field may only be absent', { email: null }],
    ['a status of no meaning', { status: 'gone' }],
    ['half a count', { count: 0.5 }],
    ['a count below zero', { count: -1 }],
    ['a count as text', { count: '1' }],
    ['a count that is no number', { count: Number.NaN }],
    ['a time as text', { created_at: '2026-01-01T00:00:00Z' }],
    ['a time as number', { deleted_at: 1 }],
    ['another literal', { kind: 'client' }],
    ['a literal out of the list', { level: 3 }],
    ['an array that is none', { grants: {} }],
    ['an element without its field', { grants: [{ role_id: new ObjectId(), granted_at: new Date() }] }],
    ['an element’s id as text', { grants: [{ role_id: 'x', granted_at: new Date(), expires_at: null }] }],
    ['a record’s value of the wrong form', { metadata: { a: { n: 'x' } } }],
    ['an alternative without its field', { factor: { type: 'totp' } }],
    ['bytes as text', { secret: 'x' }],
    ['a tuple in the wrong order', { position: [1, 'x'] }],
    ['neither side of a union', { either: 1 }],
  ])('refuses %s', async (_name, changes) => {
    await expect(insert(changes)).rejects.toMatchObject({ code: DOCUMENT_INVALID });
  });

  test('updates are held to it too, inside transactions as well', async () => {
    const person = make();
    const people = database.db.collection('people');
    await people.insertOne(person);
    const update = { $set: { status: 'gone' } };
    await expect(people.updateOne({ _id: person._id }, update)).rejects.toMatchObject({ code: DOCUMENT_INVALID });
  });
});
