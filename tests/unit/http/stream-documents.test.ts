// Subscriptions in what is generated: both forms of their answer in the API document, and their name as what they are.
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { createOpenApiDocument } from '../../../server/src/http/openapi.ts';
import { renderPermissionTable } from '../../../server/src/http/permission-table.ts';
import { renderProcedureReference } from '../../../server/src/http/procedure-reference.ts';
import { readBlock } from '../../support/event-stream.ts';
import type { Answer } from '../../support/server.ts';
import { things } from '../../support/things.ts';

const document: Answer = JSON.parse(JSON.stringify(createOpenApiDocument('https://auth.example.com', things)));
const watch: Answer = document.paths['/api/v1/things/{name}'].get;

describe('the API document', () => {
  test('is still OpenAPI 3.1', async () => {
    const { errors, valid } = await new Validator().validate(structuredClone(document));
    expect([errors ?? [], valid]).toEqual([[], true]);
  });

  test('has the item as JSON and as events, with examples that fit', () => {
    const { content } = watch.responses['200'];
    expect(Object.keys(content)).toEqual(['application/json', 'text/event-stream']);
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    for (const { schema, example } of Object.values<Answer>(content)) expect(ajv.validate(schema, example)).toBe(true);
    expect(content['application/json'].schema.properties).toHaveProperty('at');
    const event = content['text/event-stream'].example;
    expect(event.endsWith('\n\n')).toBe(true);
    expect(readBlock(event.trimEnd()).data).toEqual(content['application/json'].example);
  });

  test('says how each is asked for, and what a stream may answer besides', () => {
    expect(watch.description).toMatch(/`Accept: text\/event-stream`/);
    expect(watch.responses['503'].description).toContain('`OVERLOADED`');
  });

  test('says nothing of it where nothing streams', () => {
    const list = document.paths['/api/v1/things'].get;
    expect(list.description).toBeUndefined();
    expect(Object.keys(list.responses['200'].content)).toEqual(['application/json']);
  });
});

test('the permission table marks them', () => {
  const lines = renderPermissionTable(things).split('\n');
  const marked = lines.filter((line) => line.endsWith('| subscription |'));
  expect(marked).toContain('| things.watch | GET /api/v1/things/{name} | public | read | subscription |');
  expect(marked.some((line) => line.includes('things.list'))).toBe(false);
});

test('the reference of the SDK calls them so', () => {
  const reference = renderProcedureReference(things);
  expect(reference).toContain('## `api.things.watch.subscribe`');
  expect(reference).toContain('## `api.things.list.query`');
});
