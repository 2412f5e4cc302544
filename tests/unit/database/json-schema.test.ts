// The validator that comes out of a zod schema; what mongod makes of it is shown in tests/integration/database.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { binary, objectId, toBsonSchema } from '../../../server/src/database/json-schema.ts';

const inner = (schema: z.ZodType) => toBsonSchema(z.object({ field: schema }))['$jsonSchema'].properties.field;

describe('toBsonSchema', () => {
  test('writes types, required fields and nothing that mongod refuses', () => {
    const schema = z.object({
      _id: objectId(),
      name: z.string().min(1).max(10),
      at: z.date(),
      note: z.string().optional(),
    });
    expect(toBsonSchema(schema)).toEqual({
      $jsonSchema: {
        bsonType: 'object',
        required: ['_id', 'name', 'at'],
        properties: {
          _id: { bsonType: 'objectId' },
          name: { bsonType: 'string', maxLength: 10 },
          at: { bsonType: 'date' },
          note: { bsonType: 'string' },
        },
      },
    });
  });

  test.each<[string, z.ZodType, unknown]>([
    ['whole numbers', z.int().min(0), { bsonType: ['int', 'long', 'double'], multipleOf: 1, minimum: 0 }],
    [
      'numbers',
      z.number().gt(0).lt(1),
      { bsonType: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: true },
    ],
    ['big integers', z.bigint(), { bsonType: 'long' }],
    ['booleans', z.boolean(), { bsonType: 'bool' }],
    ['bytes', binary(), { bsonType: 'binData' }],
    ['enums', z.enum(['a', 'b']), { enum: ['a', 'b'] }],
    ['nullable enums', z.enum(['a', 'b']).nullable(), { enum: ['a', 'b', null] }],
    ['literals', z.literal('x'), { enum: ['x'] }],
    ['nullable dates', z.date().nullable(), { bsonType: ['date', 'null'] }],
    ['nullable ids that may be absent', objectId().nullish(), { bsonType: ['objectId', 'null'] }],
    ['arrays', z.array(objectId()).max(5), { bsonType: 'array', maxItems: 5, items: { bsonType: 'objectId' } }],
    ['records', z.record(z.string(), z.date()), { bsonType: 'object', additionalProperties: { bsonType: 'date' } }],
    ['records of anything', z.record(z.string(), z.unknown()), { bsonType: 'object' }],
    ['unions', z.union([z.string(), z.date()]), { anyOf: [{ bsonType: 'string' }, { bsonType: 'date' }] }],
    [
      'unions with null',
      z.union([z.string(), z.date(), z.null()]),
      { anyOf: [{ bsonType: 'string' }, { bsonType: 'date' }, { bsonType: 'null' }] },
    ],
    ['anything', z.unknown(), {}],
    ['defaults', z.date().default(new Date(0)), { bsonType: 'date' }],
    ['formats and patterns', z.email().toLowerCase(), { bsonType: 'string' }],
    [
      'brands and refinements',
      objectId()
        .refine(() => true)
        .brand('UserId'),
      { bsonType: 'objectId' },
    ],
    [
      'loose objects',
      z.looseObject({ a: z.string() }),
      { bsonType: 'object', properties: { a: { bsonType: 'string' } }, required: ['a'] },
    ],
  ])('%s', (_name, schema, expected) => {
    expect(inner(schema)).toEqual(expected);
  });

  test('a schema that is named for OpenAPI, or used twice, is written out each time', () => {
    const person = z.object({ id: objectId(), at: z.date() }).meta({ id: 'Person' });
    const written = {
      bsonType: 'object',
      properties: { id: { bsonType: 'objectId' }, at: { bsonType: 'date' } },
      required: ['id', 'at'],
    };
    expect(toBsonSchema(z.object({ author: person, editor: person.nullable() }))['$jsonSchema'].properties).toEqual({
      author: written,
      editor: { ...written, bsonType: ['object', 'null'] },
    });
  });

  test('no schema shuts out fields of the next version', () => {
    const schema = z.strictObject({ a: z.strictObject({ b: z.array(z.strictObject({ c: z.string() })) }) });
    expect(JSON.stringify(toBsonSchema(schema))).not.toContain('additionalProperties');
  });
});
