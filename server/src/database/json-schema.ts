// From a zod schema to the validator that MongoDB itself applies: types, required fields, enums; no more.
import { Binary, type Document, ObjectId } from 'mongodb';
import { z } from 'zod';

// A registry of its own: with the global one a schema that has an `id` for OpenAPI would come out as a $ref, which mongod refuses.
const bsonTypes = z.registry<{ bsonType: string }>();

/** An ObjectId in a document schema. */
export const objectId = () => z.instanceof(ObjectId).register(bsonTypes, { bsonType: 'objectId' });

/** Bytes in a document schema, in the form in which the driver reads them. */
export const binary = () => z.instanceof(Binary).register(bsonTypes, { bsonType: 'binData' });

type JsonNode = Record<string, unknown>;

/**
 * The validator of a collection whose documents have this shape. Fields that the schema does not know pass, so that
 * two versions of the server can share a database. Formats, patterns and lower bounds of strings stay with zod:
 * its patterns are not PCRE, and it counts UTF-16 units where mongod counts code points.
 *
 * @example
 * await db.createCollection('users', { validator: toBsonSchema(UserDocument) });
 */
export function toBsonSchema(schema: z.ZodType): Document {
  const json = z.toJSONSchema(schema, {
    metadata: bsonTypes,
    unrepresentable: 'any',
    io: 'output',
    reused: 'inline',
    cycles: 'throw',
    override: ({ zodSchema, jsonSchema }) => {
      const type = zodSchema._zod.def.type;
      if (type === 'date') jsonSchema['bsonType'] = 'date';
      if (type === 'bigint') jsonSchema['bsonType'] = 'long';
    },
  });
  return { $jsonSchema: convertNode(json) };
}

function convertNode(node: JsonNode): Document {
  const alternatives = node['anyOf'] ?? node['oneOf'];
  if (Array.isArray(alternatives)) return convertUnion(alternatives);
  if (Array.isArray(node['allOf'])) return { allOf: node['allOf'].map(convertNode) };
  if (Array.isArray(node['enum'])) return { enum: node['enum'] };
  if ('const' in node) return { enum: [node['const']] };
  if (typeof node['bsonType'] === 'string') return { bsonType: node['bsonType'] };
  switch (node['type']) {
    case 'object':
      return convertObject(node);
    case 'array':
      return convertArray(node);
    case 'string':
      return { bsonType: 'string', ...pick(node, 'maxLength') };
    case 'boolean':
      return { bsonType: 'bool' };
    case 'null':
      return { bsonType: 'null' };
    case 'number':
      return { bsonType: 'number', ...convertBounds(node) };
    case 'integer':
      // The driver writes a whole number as int when it fits, else as double; other programs may write long.
      return { bsonType: ['int', 'long', 'double'], multipleOf: 1, ...convertBounds(node) };
    default:
      return {};
  }
}

function convertUnion(alternatives: JsonNode[]): Document {
  const others = alternatives.filter((node) => node['type'] !== 'null').map(convertNode);
  const [only] = others;
  if (others.length === alternatives.length) return only && others.length === 1 ? only : { anyOf: others };
  if (only === undefined) return { bsonType: 'null' };
  return others.length === 1 ? makeNullable(only) : { anyOf: [...others, { bsonType: 'null' }] };
}

function makeNullable(node: Document): Document {
  if (node['enum']) return { ...node, enum: [...node['enum'], null] };
  if (node['bsonType']) return { ...node, bsonType: [node['bsonType'], 'null'].flat() };
  return Object.keys(node).length === 0 ? node : { anyOf: [node, { bsonType: 'null' }] };
}

function convertObject(node: JsonNode): Document {
  const out: Document = { bsonType: 'object' };
  const properties = Object.entries(asNode(node['properties']));
  if (properties.length > 0) {
    out['properties'] = Object.fromEntries(properties.map(([key, value]) => [key, convertNode(asNode(value))]));
  }
  // mongod refuses an empty list.
  if (Array.isArray(node['required']) && node['required'].length > 0) out['required'] = node['required'];
  // A record's values; `false` would shut out the fields of the next version.
  const values = convertNode(asNode(node['additionalProperties']));
  if (Object.keys(values).length > 0) out['additionalProperties'] = values;
  return out;
}

function convertArray(node: JsonNode): Document {
  const out: Document = { bsonType: 'array', ...pick(node, 'minItems'), ...pick(node, 'maxItems') };
  if (Array.isArray(node['prefixItems'])) out['items'] = node['prefixItems'].map(convertNode);
  else if (node['items']) out['items'] = convertNode(asNode(node['items']));
  return out;
}

// Draft 4, which mongod follows, has exclusive bounds as flags beside the bound.
function convertBounds(node: JsonNode): Document {
  const out: Document = {};
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = node;
  if (isOwnBound(minimum)) out['minimum'] = minimum;
  if (isOwnBound(maximum)) out['maximum'] = maximum;
  if (isOwnBound(exclusiveMinimum)) Object.assign(out, { minimum: exclusiveMinimum, exclusiveMinimum: true });
  if (isOwnBound(exclusiveMaximum)) Object.assign(out, { maximum: exclusiveMaximum, exclusiveMaximum: true });
  return out;
}

// zod bounds every whole number by the safe integers.
const isOwnBound = (bound: unknown): bound is number =>
  typeof bound === 'number' && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;

const asNode = (value: unknown): JsonNode => (typeof value === 'object' && value !== null ? { ...value } : {});
const pick = (node: JsonNode, key: string): Document => (key in node ? { [key]: node[key] } : {});
