// The OpenAPI 3.1 document, read from the router's declarations.

import { ERRORS, type ErrorCode } from '@authcenter/shared/errors';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { BEARER_ERRORS, readAccess } from '../access.ts';
import { exampleInputOf, exampleOf } from './example.ts';
import { describeAccess } from './permission-table.ts';
import { listProcedures, type ProcedureEntry, type Router } from './procedures.ts';
import { REST_PREFIX } from './rest.ts';

const TAGS: Record<string, string> = {
  auth: 'Sign-in, sessions, tokens',
  users: 'Users and their grants',
  roles: 'Roles',
  permissions: 'Permissions',
  rbac: 'Checks',
  clients: 'Applications that rely on this server',
  'audit-logs': 'What was done, by whom; sealed',
  webhooks: 'Whom the server tells of what happens',
  system: 'The installation itself: settings and statistics',
};

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    retry_after: z.int().optional(),
    permission: z.string().optional(),
    error: z.string().optional().describe('The name of the code in OAuth 2.0 (RFC 6749 §5.2)'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

/** Every code a procedure may answer: what it declares, and what its access, limit and input bring with them. */
export function listErrors({ declaration, type }: Pick<ProcedureEntry, 'declaration' | 'type'>): ErrorCode[] {
  const rule = readAccess(declaration.access);
  const codes: ErrorCode[] = [
    'VALIDATION_FAILED',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'RATE_LIMITED',
    'INTERNAL',
    'DEPENDENCY_UNAVAILABLE',
    ...(declaration.errors ?? []),
  ];
  if (!rule.isPublic) codes.push(...BEARER_ERRORS);
  if (!rule.isPublic && !(rule.session && rule.anyClient)) codes.push('PERMISSION_DENIED');
  if (declaration.stepUp) codes.push('STEP_UP_REQUIRED');
  if (type === 'subscription') codes.push('OVERLOADED');
  return [...new Set(codes)].sort();
}

/** @param router - the whole product's when absent */
export function createOpenApiDocument(publicUrl: string, router?: Router): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const entry of listProcedures(router)) {
    const path = `${REST_PREFIX}${entry.restPath}`;
    paths[path] = { ...paths[path], [entry.method.toLowerCase()]: describeOperation(entry) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'AuthCenter',
        version: '0.1.0',
        description:
          'Identity and access center. Errors are application/problem+json (RFC 9457); `code` is stable, titles follow Accept-Language (en, zh).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      paths: paths as ZodOpenApiPathsObject,
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token, of a user or of a client',
          },
        },
      },
    },
    {
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
        if (zodSchema._zod.def.type === 'void' || zodSchema._zod.def.type === 'undefined')
          Object.assign(jsonSchema, { not: {} });
      },
    },
  );
}

function describeOperation(entry: ProcedureEntry): ZodOpenApiOperationObject {
  const { declaration, path, tag, method } = entry;
  const rule = readAccess(declaration.access);
  const status = String(declaration.status ?? 200);
  const parameters = [...entry.restPath.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const shape = shapeOf(entry.input);
  const pathShape = Object.fromEntries(parameters.map((name) => [name, shape?.[name] ?? z.string()]));
  const rest = shape && Object.fromEntries(Object.entries(shape).filter(([name]) => !parameters.includes(name)));
  const hasBody = method === 'POST' || method === 'PUT';
  const body = bodyOf(entry.input, parameters, rest);
  return {
    operationId: path,
    summary: declaration.summary,
    ...(entry.item ? { description: declaration.produces ? LINES : STREAM } : {}),
    tags: [tag],
    'x-permission': describeAccess(declaration.access),
    'x-procedure': path,
    security: rule.isPublic ? [] : [{ bearer: [] }],
    requestParams: {
      ...(parameters.length > 0 ? { path: z.object(pathShape) } : {}),
      ...(!hasBody && rest && Object.keys(rest).length > 0 ? { query: z.object(rest) } : {}),
      ...(declaration.idempotent
        ? {
            header: z.object({
              'Idempotency-Key': z
                .string()
                .max(255)
                .optional()
                .describe('The same call again within 24 h gets the same answer'),
            }),
          }
        : {}),
    },
    ...(hasBody && body
      ? {
          requestBody: {
            required: !isOptional(entry.input),
            content: describeBody(body, declaration.form ?? false),
          },
        }
      : {}),
    responses: { [status]: describeSuccess(entry), ...errorResponses(listErrors(entry)) },
  };
}

function describeBody(schema: z.ZodType, takesForm: boolean) {
  const body = { schema, example: exampleInputOf(schema) };
  return { 'application/json': body, ...(takesForm ? { 'application/x-www-form-urlencoded': body } : {}) };
}

function describeSuccess(entry: ProcedureEntry) {
  const { summary: description, status, produces } = entry.declaration;
  if (hasNoContent(entry)) return { description };
  if (status === 302) return { description, headers: z.object({ location: z.string() }) };
  if (entry.item && produces) return { description, content: { [produces]: describeLines(entry.item) } };
  return { description, content: entry.item ? describeStream(entry.item) : describeJson(entry.output) };
}

const describeJson = (schema: z.ZodType) => ({ 'application/json': { schema, example: exampleOf(schema) } });

const STREAM =
  'With `Accept: text/event-stream` every item comes as it happens: an event whose data is the JSON below. Lines that begin with a colon are heartbeats; what goes wrong after the start is an event `error` whose data is the problem. Any other `Accept` is answered with the present item alone.';

function describeStream(item: z.ZodType) {
  const example = `data: ${JSON.stringify(exampleOf(item))}\n\n`;
  return { ...describeJson(item), 'text/event-stream': { schema: z.string(), example } };
}

const LINES =
  'One item a line, each a JSON text as below. An answer that does not come to its end in order (its last chunk is missing) is not the whole.';

const describeLines = (item: z.ZodType) => ({ schema: item, example: exampleOf(item) });

function errorResponses(codes: readonly ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      String(status),
      {
        description: list.map((code) => `\`${code}\`: ${ERRORS[code].en}`).join('; '),
        content: { 'application/problem+json': { schema: Problem, example: exampleProblem(list[0] ?? 'INTERNAL') } },
      },
    ]),
  );
}

function exampleProblem(code: ErrorCode): z.output<typeof Problem> {
  const { status, en } = ERRORS[code];
  return {
    type: `urn:authcenter:error:${code}`,
    title: en,
    status,
    code,
    detail: en,
    request_id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  };
}

/** Optional and defaulted inputs are looked through. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'optional' || def.type === 'default' || def.type === 'prefault' ? unwrap(def.innerType) : schema;
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> | null {
  const { def } = (unwrap(schema) as z.core.$ZodTypes)._zod;
  return def.type === 'object' ? (def.shape as Record<string, z.ZodType>) : null;
}

/** The whole input, or what of it does not stand in the path. */
function bodyOf(
  input: z.ZodType,
  parameters: readonly string[],
  rest: Record<string, z.ZodType> | null,
): z.ZodType | null {
  if (rest && Object.keys(rest).length === 0) return null;
  return parameters.length > 0 && rest ? z.strictObject(rest) : (unwrap(input) as z.ZodType);
}

/** Whatever its status, what answers nothing has no content. */
const hasNoContent = ({ output }: Pick<ProcedureEntry, 'output'>): boolean => output.def.type === 'void';

const isOptional = (schema: z.ZodType): boolean => schema.safeParse(undefined).success || schema.safeParse({}).success;
