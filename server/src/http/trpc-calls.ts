// What tRPC will read in a request: which calls, and in what form they are to be answered. What it would refuse before it makes a context, and so without a request id, is refused here, and so is what it leaves open.
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import type { ProcedureEntry } from './procedures.ts';

export const MAX_BATCH = 20;

export interface Calls {
  readonly isBatch: boolean;
  readonly isSubscription: boolean;
}

/** @throws AppError NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, VALIDATION_FAILED */
export function admitCalls(request: FastifyRequest, types: ReadonlyMap<string, ProcedureEntry['type']>): Calls {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'POST') throw new AppError('NOT_FOUND');
  // Forms can be posted from any page without a preflight: only JSON comes in.
  if (method === 'POST' && !/^application\/json *(;|$)/i.test(headers['content-type'] ?? ''))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { detail: 'Send application/json' });
  const { isBatch, paths, query } = readCalls(request);
  if (paths.length > MAX_BATCH)
    throw new AppError('PAYLOAD_TOO_LARGE', { detail: `A batch holds at most ${MAX_BATCH} calls` });
  const wanted = new Set(paths.flatMap((path) => types.get(path) ?? []));
  const isSubscription = wanted.has('subscription');
  if (isSubscription && isBatch) refuse('A subscription is opened by itself, not in a batch');
  if (isSubscription && method !== 'GET') refuse('A subscription is opened by GET');
  if (wanted.size > 1) refuse('A batch holds queries or mutations, not both');
  const accepted = listAccepted(request);
  if (accepted.includes('text/event-stream') && wanted.size > 0 && !isSubscription)
    refuse('Only subscriptions are answered as events');
  if (accepted.includes('application/jsonl')) {
    if (!isBatch) refuse('A stream is answered to batches only');
    // Its headers are gone before the first call is done, and with them the cookies that calls set.
    if (wanted.has('mutation')) refuse('Mutations are answered whole, not as a stream');
  }
  // They would carry tokens in the URL.
  if (query.has('connectionParams')) refuse('Send credentials in headers, not in connectionParams');
  return { isBatch, isSubscription };
}

/** The router has decoded the path once, and tRPC does so once more. */
function readCalls(request: FastifyRequest): { isBatch: boolean; paths: readonly string[]; query: URLSearchParams } {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const isBatch = query.get('batch') === '1';
  const { path = '' } = request.params as { path?: string };
  const decoded = decodePath(path);
  return { isBatch, paths: isBatch ? decoded.split(',') : [decoded], query };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return refuse('The path is not well encoded');
  }
}

/** By the same headers as tRPC. */
const listAccepted = ({ headers }: FastifyRequest): readonly string[] =>
  [headers['trpc-accept'], ...(headers.accept ?? '').split(',')].map((type) => String(type).trim());

function refuse(detail: string): never {
  throw new AppError('VALIDATION_FAILED', { detail });
}
