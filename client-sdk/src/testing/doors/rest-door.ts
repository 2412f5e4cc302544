// The REST door: /api/v1 by the table's paths, problem+json, server-sent events, the JWKS.

import type { CallInfo } from '../call.ts';
import type { Procedure } from '../procedure.ts';
import { PROCEDURES } from '../procedures.ts';
import { describeRefusal, listRefusalHeaders, refuse, toRefusal } from '../refusal.ts';
import type { Runner } from '../run.ts';
import { JWKS_PATH } from '../tokens/issuer.ts';
import type { World } from '../world.ts';
import { decodeInput } from './decode.ts';
import { findRoute, type Route } from './requests.ts';
import { answerLines, answerStream } from './streams.ts';

export interface Door {
  answer(request: Request, info: CallInfo): Promise<Response>;
}

export function createRestDoor({ keys }: World, { run }: Runner): Door {
  return {
    async answer(request, info) {
      const { pathname } = new URL(request.url);
      if (request.method === 'GET' && pathname === JWKS_PATH)
        return Response.json(await keys.jwks(), {
          headers: { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' },
        });
      try {
        const route = findRoute(request.method, pathname) ?? refuse('NOT_FOUND');
        const procedure: Procedure = PROCEDURES[route.path];
        return await callProcedure(request, route, procedure, info).catch((error: unknown) =>
          toProblem(error, info, procedure.form),
        );
      } catch (error) {
        return toProblem(error, info);
      }
    },
  };

  async function callProcedure(
    request: Request,
    route: Route,
    procedure: Procedure,
    info: CallInfo,
  ): Promise<Response> {
    const { status, type, produces } = procedure;
    const body = await request.text();
    const isForm = (request.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded');
    if (isForm && !procedure.form) refuse('UNSUPPORTED_MEDIA_TYPE', { detail: 'Send application/json' });
    const result = await run(route.path, () => readInput(request, body, isForm, route, procedure), info);
    if (type === 'subscription') {
      const items = result as AsyncGenerator<unknown, void>;
      return produces === undefined ? answerStream(request, items, toEventOf(info)) : answerLines(items, produces);
    }
    if (status === 302) {
      const { url } = result as { readonly url: string };
      return new Response(null, { status, headers: { location: url } });
    }
    return result === undefined ? new Response(null, { status }) : Response.json(result, { status });
  }
}

function readInput(request: Request, text: string, isForm: boolean, route: Route, procedure: Procedure): unknown {
  const hasBody = request.method === 'POST' || request.method === 'PUT';
  const query = readFields(new URL(request.url).searchParams);
  const sent = hasBody ? (isForm ? readFields(new URLSearchParams(text)) : parseJson(text)) : query;
  if (hasBody && Object.keys(query).length > 0)
    refuse('VALIDATION_FAILED', {
      errors: Object.keys(query).map((path) => ({ path, message: 'does not stand in the query, send it in the body' })),
    });
  const isEmpty = sent === undefined || (!hasBody && Object.keys(query).length === 0);
  const hasParameters = Object.keys(route.parameters).length > 0;
  if (isEmpty && !hasParameters) return decodeInput(procedure.input, hasBody ? undefined : {}, true);
  const isObject = sent === undefined || (typeof sent === 'object' && sent !== null && !Array.isArray(sent));
  return decodeInput(procedure.input, isObject ? { ...sent, ...route.parameters } : sent, !hasBody);
}

function readFields(fields: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries(
    [...new Set(fields.keys())].map((name) => {
      const all = fields.getAll(name);
      return [name, all.length === 1 ? (all[0] ?? '') : all];
    }),
  );
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return refuse('VALIDATION_FAILED', { detail: 'The input is not valid JSON' });
  }
}

const describe = (error: unknown, { requestId, language }: CallInfo) => {
  const { code, title, status, ...rest } = describeRefusal(toRefusal(error), requestId, language);
  return { type: `urn:authcenter:error:${code}`, title, status, code, ...rest };
};

/** What goes wrong amid a stream is told as an event of it. */
const toEventOf = (info: CallInfo) => (error: unknown) => describe(error, info);

/**
 * RFC 9457.
 *
 * @param ofOAuth - where what does not fit has a name of its own (RFC 6749 §5.2)
 */
export function toProblem(error: unknown, info: CallInfo, ofOAuth = false): Response {
  const told = describe(error, info);
  const problem = ofOAuth && told.code === 'VALIDATION_FAILED' ? { ...told, error: 'invalid_request' } : told;
  const headers = listRefusalHeaders(toRefusal(error), info.bearer !== null);
  return Response.json(problem, {
    status: problem.status,
    headers: { ...headers, 'content-type': 'application/problem+json', 'content-language': info.language },
  });
}
