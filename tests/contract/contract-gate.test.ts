// The gate of the contract: what breaks callers is found and named, what only adds is let through.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findBreaks } from '../../scripts/contract/find-breaks.ts';
import type { Contract, OpenApiDocument } from '../../scripts/contract/surface.ts';
import { saysItBreaks } from '../../scripts/contract/version.ts';

type Schema = Record<string, unknown>;
interface Shape {
  readonly path?: string;
  readonly id?: string;
  readonly input?: Schema;
  readonly query?: Record<string, { readonly schema: Schema; readonly required?: boolean }>;
  readonly output?: Schema;
  /** The same for the SDK, as types. */
  readonly types?: readonly [input: string, output: string];
  readonly values?: string;
}

const object = (properties: Schema, required: readonly string[] = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const text = { type: 'string' };
const person = object({ id: text, status: { type: 'string', enum: ['active', 'inactive'] } });
const base: Required<Omit<Shape, 'query'>> = {
  path: '/api/v1/people/{id}',
  id: 'people.update',
  input: object({ name: text, note: text }, ['name']),
  output: person,
  types: ['{ id: string; name: string; note?: string }', "{ id: string; status: 'active' | 'inactive' }"],
  values: 'declare function createClient(options: { url: string }): { close(): void };\nexport { createClient };',
};

function contractOf(changes: Shape = {}): Contract {
  const { path, id, input, output, types, values, query = {} } = { ...base, ...changes };
  const parameters = [
    { name: 'id', in: 'path', required: true, schema: text },
    ...Object.entries(query).map(([name, { schema, required = false }]) => ({ name, in: 'query', required, schema })),
  ];
  const json = (schema: Schema) => ({ 'application/json': { schema } });
  const operation = {
    operationId: id,
    parameters,
    requestBody: { required: true, content: json(input) },
    responses: { '200': { description: '', content: json(output) } },
  };
  const openapi = { openapi: '3.1.0', info: { title: 'x', version: '1.0.0' }, paths: { [path]: { put: operation } } };
  const [feature, procedure] = id.split('.');
  const io = (type: string) => `{ ${feature}: { ${procedure}: ${type} } }`;
  return {
    openapi: openapi as unknown as OpenApiDocument,
    declarations: `export type RouterInputs = ${io(types[0])};\nexport type RouterOutputs = ${io(types[1])};\n${values}\n`,
  };
}

const breaksOf = (changes: Shape) => findBreaks(contractOf({ query: { page: { schema: text } } }), contractOf(changes));
const query = { page: { schema: text } };

describe('breaks', () => {
  test.each<[string, Shape, RegExp]>([
    ['an operation that is gone', { id: 'people.change' }, /^people\.update \(PUT .*\) is gone$/],
    ['one that moved', { path: '/api/v1/users/{id}' }, /^people\.update was PUT \/api\/v1\/people\/\{id\} and is PUT/],
    [
      'a field that is demanded now',
      { input: object({ name: text, note: text }) },
      /^people\.update takes less than it took, over REST/,
    ],
    [
      'a field that is known no more',
      { input: object({ name: text }) },
      /^people\.update does not know a field that it took, over REST/,
    ],
    [
      'a field deep inside that is known no more',
      { types: ['{ id: string; name: string; note?: string; deep?: { a?: 1 } }', base.types[1]] },
      /./,
    ],
    [
      'a field of another kind',
      { input: object({ name: { type: 'number' }, note: text }, ['name']) },
      /^people\.update takes less/,
    ],
    [
      'a query that is demanded now',
      { query: { page: { schema: text, required: true } } },
      /^people\.update takes less/,
    ],
    ['a query that is known no more', { query: {} }, /^people\.update does not know a field/],
    ['an answer that lacks a field', { output: object({ id: text }) }, /^people\.update answers what was never/],
    [
      'an answer with a value that was never there',
      { output: object({ id: text, status: { type: 'string', enum: ['active', 'inactive', 'gone'] } }) },
      /^people\.update answers what was never answered, over REST/,
    ],
    [
      'an answer that may lack a field',
      { output: object({ id: text, status: { type: 'string', enum: ['active', 'inactive'] } }, ['id']) },
      /^people\.update answers what was never/,
    ],
    [
      'the same in the SDK alone: an input',
      { types: ['{ id: string; name: string; note: string }', base.types[1]] },
      /^people\.update takes less than it took, in the SDK/,
    ],
    [
      'the same in the SDK alone: an answer',
      { types: [base.types[0], '{ id: string; status: string }'] },
      /^people\.update answers what was never answered, in the SDK/,
    ],
    [
      'an export that is gone',
      { values: 'declare function makeClient(): void;\nexport { makeClient };' },
      /^createClient is not what it was/,
    ],
    [
      'an export that wants more',
      {
        values:
          'declare function createClient(options: { url: string; key: string }): { close(): void };\nexport { createClient };',
      },
      /^createClient is not what it was/,
    ],
  ])('%s', async (name, changes, told) => {
    const old = name.includes('deep inside')
      ? contractOf({
          query,
          types: ['{ id: string; name: string; note?: string; deep?: { a?: 1; b?: 1 } }', base.types[1]],
        })
      : contractOf({ query });
    const breaks = await findBreaks(old, contractOf({ query, ...changes }));
    expect(breaks.length).toBeGreaterThan(0);
    expect(breaks.join('\n')).toMatch(new RegExp(told.source, 'm'));
  });
});

describe('does not break', () => {
  test.each<[string, Shape]>([
    ['nothing', {}],
    ['a field that may be given', { input: object({ name: text, note: text, colour: text }, ['name']) }],
    ['a query that may be given', { query: { ...query, sort: { schema: text } } }],
    ['a value that is taken besides', { types: ['{ id: string; name: string | null; note?: string }', base.types[1]] }],
    ['a field in an answer', { output: object({ ...(person['properties'] as Schema), colour: text }) }],
    [
      'an export',
      {
        values: `declare function more(): void;\nexport { more };\n${base.values.replace('url: string', 'url: string; key?: string')}`,
      },
    ],
  ])('%s', async (_, changes) => {
    expect(await breaksOf({ query, ...changes })).toEqual([]);
  });

  test('a new operation', async () => {
    const old = contractOf({ query });
    const now = contractOf({ query });
    const paths = {
      ...now.openapi.paths,
      ...contractOf({ id: 'people.remove', path: '/api/v1/more/{id}' }).openapi.paths,
    };
    expect(await findBreaks(old, { ...now, openapi: { ...now.openapi, paths } })).toEqual([]);
  });
});

test.each([
  ['0.1.0', '0.1.0', false],
  ['0.1.0', '0.1.9', false],
  ['0.1.0', '0.2.0', true],
  ['0.2.0', '0.1.0', false],
  ['1.2.0', '1.3.0', false],
  ['1.2.0', '2.0.0', true],
])('from %s to %s: says that it breaks: %s', (old, now, says) => expect(saysItBreaks(old, now)).toBe(says));

test('what is promised is whole: every operation, with the version of the package', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const promised = JSON.parse(read('client-sdk/contract/openapi.json')) as OpenApiDocument;
  const { version } = JSON.parse(read('client-sdk/package.json')) as { version: string };
  expect(Object.keys(promised.paths).length).toBeGreaterThan(50);
  expect(promised.info.version.localeCompare(version, 'en', { numeric: true })).toBeLessThanOrEqual(0);
  expect(read('client-sdk/contract/index.d.ts')).toContain('createAuthCenter');
});
