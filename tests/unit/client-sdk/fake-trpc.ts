// What the fake server's procedures are made of: tRPC in the server's shapes, refusals from its error table, tokens that anybody can read.
import type { IncomingMessage } from 'node:http';
import { initTRPC, TRPCError } from '@trpc/server';
import superjson from 'superjson';
import { ERRORS, type ErrorCode } from '../../../shared/src/errors.ts';

export interface Refusal {
  readonly code: ErrorCode;
  readonly retryAfter?: number;
  readonly errors?: readonly { path: string; message: string }[];
  readonly permission?: string;
}

class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

export interface Context {
  readonly req: IncomingMessage;
  setCookie(value: string): void;
}

export const t = initTRPC.context<Context>().create({
  transformer: superjson,
  isDev: false,
  errorFormatter: ({ error, shape, path }) => {
    const refusal: Refusal =
      error.cause instanceof Refused
        ? error.cause.refusal
        : {
            code:
              error.code === 'BAD_REQUEST'
                ? 'VALIDATION_FAILED'
                : error.code === 'NOT_FOUND'
                  ? 'NOT_FOUND'
                  : 'INTERNAL',
          };
    const data = describeRefusal(refusal);
    return { message: data.title, code: shape.code, data: { ...data, httpStatus: data.status, path } };
  },
});

/** In the shape of the server's errors. */
export function describeRefusal({ code, retryAfter, errors, permission }: Refusal) {
  const { status, en } = ERRORS[code];
  return {
    code,
    status,
    title: en,
    detail: en,
    request_id: 'req-1',
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(errors ? { errors } : {}),
    ...(permission ? { permission } : {}),
  };
}

export function refuse(refusal: Refusal): never {
  // A stream goes on after an INTERNAL_SERVER_ERROR: it may be over when it is asked for again.
  const code = refusal.code === 'NOT_FOUND' ? 'NOT_FOUND' : 'INTERNAL_SERVER_ERROR';
  throw new TRPCError({ code, cause: new Refused(refusal) });
}

/** What stands in a token: the session, and which of its tokens it is. */
interface Claims {
  readonly sid: string;
  readonly n: number;
  /** How often its holder has proven themselves, in an access token. */
  readonly proofs?: number;
}

export const encode = (claims: Claims): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
export const decode = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
