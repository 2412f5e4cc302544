// What a contract promises, as types: what every operation takes and answers, of the OpenAPI document and of the SDK's declarations.
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';

export interface OpenApiDocument {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
}

export interface Contract {
  readonly openapi: OpenApiDocument;
  /** The declarations of `@authcenter/client`. */
  readonly declarations: string;
}

/** `auth.login` → `POST /api/v1/auth/login`. */
export function listOperations({ paths }: OpenApiDocument): Map<string, string> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId }]) =>
      operationId === undefined ? [] : [[operationId, `${method.toUpperCase()} ${path}`] as const],
    ),
  );
  return new Map(operations);
}

/** The document as TypeScript: its `operations`, by id. */
export async function writeRestTypes(document: OpenApiDocument): Promise<string> {
  // The generator changes what it is given.
  return astToString(await openapiTS(structuredClone(document) as unknown as OpenAPI3, { silent: true }));
}
