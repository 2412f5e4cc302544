// The OpenAPI document: valid to an independent validator, complete, and with examples that its own schemas accept.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenApiDocument } from '../../server/src/http/openapi.ts';
import { listProcedures } from '../../server/src/http/procedures.ts';
import { ERRORS, type ErrorCode } from '../../shared/src/errors.ts';
import { request } from '../support/doors.ts';
import { readPermissionTable } from '../support/permission-table.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';

const document: Answer = JSON.parse(JSON.stringify(createOpenApiDocument('https://auth.example.com')));
const operations: [string, Answer][] = Object.entries<Answer>(document.paths).flatMap(([path, item]) =>
  Object.entries<Answer>(item).map(([method, operation]): [string, Answer] => [
    `${method.toUpperCase()} ${path}`,
    operation,
  ]),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ $id: 'document', ...document });

/** What is wrong with a value by the schema at this place of the document. */
function findFaults(pointer: string, value: unknown): unknown[] {
  const validate = ajv.getSchema(`document#${pointer}`) ?? ajv.compile({ $ref: `document#${pointer}` });
  return validate(value) ? [] : (validate.errors ?? []);
}
const escapeStep = (step: string) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));
const pointTo = (...steps: string[]) => `/${steps.map(escapeStep).join('/')}`;

test('an independent validator finds it to be OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(document.openapi).toBe('3.1.0');
});

test('it has every door of the permission table and no other', () => {
  const rows = readPermissionTable();
  expect(operations.map(([door]) => door).sort()).toEqual(rows.map(({ method, path }) => `${method} ${path}`).sort());
  for (const { method, path, procedure, access } of rows) {
    const operation = document.paths[path][method.toLowerCase()];
    expect(operation).toMatchObject({ operationId: procedure, 'x-permission': access.join(' or ') });
    expect(operation.security).toEqual(access.includes('public') ? [] : [{ bearer: [] }]);
  }
});

describe.each(operations)('%s', (door, operation) => {
  const [method = '', path = ''] = door.split(' ');
  const at = (...steps: string[]) => pointTo('paths', path, method.toLowerCase(), ...steps);

  test('has a summary, a tag that is described, and the status of its success', () => {
    expect(operation.summary).toMatch(/^\p{Lu}.{8,}[^.]$/u);
    expect(operation.tags).toHaveLength(1);
    const tag = document.tags.find(({ name }: { name: string }) => name === operation.tags[0]);
    expect(tag?.description).toBeTruthy();
    const succeeding = Object.keys(operation.responses).filter((status) => /^(2|302)/.test(status));
    expect(succeeding).toHaveLength(1);
  });

  test('names every error code it may answer under that code’s status', () => {
    const entry = listProcedures().find(({ path }) => path === operation.operationId);
    const codes: ErrorCode[] = ['VALIDATION_FAILED', 'RATE_LIMITED', 'INTERNAL', ...(entry?.declaration.errors ?? [])];
    if (operation.security.length > 0) codes.push('UNAUTHENTICATED', 'TOKEN_EXPIRED', 'TOKEN_STALE', 'SESSION_REVOKED');
    if (/[a-z]+:[A-Z]+/.test(operation['x-permission'])) codes.push('PERMISSION_DENIED');
    for (const code of codes) {
      const response = operation.responses[String(ERRORS[code].status)];
      expect(response?.description, `${code} at ${ERRORS[code].status}`).toContain(`\`${code}\``);
      expect(Object.keys(response.content)).toEqual(['application/problem+json']);
    }
  });

  test('has examples, and they fit', () => {
    let examples = 0;
    const check = (steps: string[], content: Record<string, Answer> = {}) => {
      for (const [type, { example }] of Object.entries(content)) {
        examples++;
        expect(example, `${steps.join(' ')} ${type}`).toBeDefined();
        expect(findFaults(at(...steps, 'content', type, 'schema'), example)).toEqual([]);
      }
    };
    check(['requestBody'], operation.requestBody?.content);
    for (const [status, response] of Object.entries<Answer>(operation.responses))
      check(['responses', status], response.content);
    expect(examples).toBeGreaterThan(0);
  });

  test('has its path parameters, required, and no body where its method has none', () => {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = (operation.parameters ?? []).filter((one: Answer) => one.in === 'path');
    expect(parameters.map((one: Answer) => one.name)).toEqual(named);
    for (const parameter of parameters) expect(parameter.required).toBe(true);
    if (method === 'GET' || method === 'DELETE') expect(operation.requestBody).toBeUndefined();
    const body = operation.requestBody?.content['application/json'].schema;
    for (const name of named) expect(body?.properties ?? {}).not.toHaveProperty(String(name));
  });
});

test('times are date-times, and pages have their parameters', () => {
  expect(document.components.schemas.User.properties.created_at).toMatchObject({ type: 'string', format: 'date-time' });
  const parameters = document.paths['/api/v1/users'].get.parameters;
  expect(parameters.map(({ name }: { name: string }) => name).sort()).toEqual(
    ['cursor', 'limit', 'role', 'search', 'sort', 'status', 'with_total'].sort(),
  );
  for (const parameter of parameters)
    expect([parameter.name, parameter.required ?? false]).toEqual([parameter.name, false]);
});

test('inputs show what is really sent', () => {
  const bodyOf = (path: string, method = 'post') =>
    document.paths[`/api/v1${path}`][method].requestBody.content['application/json'];
  expect(bodyOf('/rbac/check').example).toMatchObject({ resource: 'knowledge', action: 'CREATE' });
  expect(JSON.stringify(bodyOf('/rbac/check').schema)).toContain('"KNOWLEDGE_CREATE"');
  expect(bodyOf('/users/{id}/roles').example.expires_at).toBe('2099-12-31T23:59:59.000Z');
  const { email, password } = bodyOf('/auth/register').schema.anyOf[0].properties;
  expect(email).toMatchObject({ type: 'string', format: 'email' });
  expect(password.description).toContain('8');
});

test('what takes Idempotency-Key says so', () => {
  const taking = operations.filter(([, { parameters = [] }]) =>
    parameters.some((one: Answer) => one.in === 'header' && one.name === 'Idempotency-Key'),
  );
  const marked = readPermissionTable().filter(({ takesIdempotencyKey }) => takesIdempotencyKey);
  // The document goes by path, the table by procedure.
  expect(taking.map(([door]) => door).sort()).toEqual(marked.map(({ method, path }) => `${method} ${path}`).sort());
});

test('the committed document is fresh', () => {
  const committed = JSON.parse(readFileSync(new URL('../../server/docs/openapi.json', import.meta.url), 'utf8'));
  expect({ ...committed, servers: document.servers }).toEqual(document);
});

describe('served', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  test('it is the same document, with the address of the server that serves it', async () => {
    const { status, headers, body } = await request(server, 'GET', '/openapi.json');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body.servers).toEqual([{ url: server.url }]);
    expect({ ...body, servers: document.servers }).toEqual(document);
  });

  test('answers over REST fit the schemas it publishes', async () => {
    const { access: token } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    const me = await server.rest('GET', '/auth/me', { token });
    const answers = [
      ['/api/v1/users', 'get', await server.rest('GET', '/users?with_total=true', { token })],
      ['/api/v1/users/{id}', 'get', await server.rest('GET', `/users/${me.body.id}`, { token })],
      [
        '/api/v1/users/{id}/permissions',
        'get',
        await server.rest('GET', `/users/${me.body.id}/permissions`, { token }),
      ],
      ['/api/v1/auth/me', 'get', me],
      ['/api/v1/auth/sessions', 'get', await server.rest('GET', '/auth/sessions', { token })],
      ['/api/v1/roles', 'get', await server.rest('GET', '/roles', { token })],
      ['/api/v1/permissions', 'get', await server.rest('GET', '/permissions?limit=100', { token })],
      ['/api/v1/auth/verify', 'post', await server.rest('POST', '/auth/verify', { body: { token } })],
      ['/api/v1/users', 'get', await server.rest('GET', '/users?limit=0', { token })],
      ['/api/v1/users', 'get', await server.rest('GET', '/users')],
      ['/api/v1/users/{id}', 'get', await server.rest('GET', `/users/${'0'.repeat(24)}`, { token })],
    ] as const;
    for (const [path, method, { status, headers, body }] of answers) {
      const type = headers.get('content-type')?.split(';')[0] ?? '';
      const pointer = pointTo('paths', path, method, 'responses', String(status), 'content', type, 'schema');
      expect([path, status, findFaults(pointer, body)]).toEqual([path, status, []]);
    }
  });
});
