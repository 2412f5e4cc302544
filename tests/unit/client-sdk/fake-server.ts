// A small AuthCenter for the SDK's tests: real tRPC over HTTP in the server's shapes, sessions in memory, and handles to make it fail.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import superjson from 'superjson';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../../shared/src/errors.ts';

interface Refusal {
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

interface FakeSession {
  readonly sid: string;
  readonly username: string;
  readonly transport: 'body' | 'cookie';
  /** Access tokens count up; those below `validFrom` are answered with `reason`. */
  issued: number;
  validFrom: number;
  reason: 'TOKEN_EXPIRED' | 'TOKEN_STALE';
  /** The refresh token that counts; the one before it is answered with the same successor. */
  refresh: number;
  revoked: boolean;
  permissions: string[];
}

interface Context {
  readonly req: IncomingMessage;
  setCookie(value: string): void;
}

const encode = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
const decode = (token: string): { sid: string; n: number } =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>;

export async function startFakeServer() {
  const sessions = new Map<string, FakeSession>();
  const counts = { http: 0, calls: new Map<string, number>() };
  const control = {
    /** Seconds. */
    expiresIn: 900,
    /** Asked for every call; what it answers is thrown. */
    refuse: (_path: string, _req: IncomingMessage): Refusal | undefined => undefined,
    /** Awaited before every call is answered. */
    hold: async (_path: string, _req: IncomingMessage): Promise<void> => {},
    /** Cuts the connection of requests to these paths. */
    cut: (_url: string): boolean => false,
    /** Answers in the place of the server, as a proxy would. */
    instead: undefined as { status: number; headers: Record<string, string>; body: string } | undefined,
  };

  const t = initTRPC.context<Context>().create({
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
      const { status, en } = ERRORS[refusal.code];
      const { code, retryAfter, errors, permission } = refusal;
      const details = {
        ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
        ...(errors ? { errors } : {}),
        ...(permission ? { permission } : {}),
      };
      return {
        message: en,
        code: shape.code,
        data: { code, status, title: en, detail: en, request_id: 'req-1', ...details, httpStatus: status, path },
      };
    },
  });
  const refuse = (refusal: Refusal): never => {
    throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: new Refused(refusal) });
  };

  const called = t.procedure.use(async ({ ctx, path, next }) => {
    counts.calls.set(path, (counts.calls.get(path) ?? 0) + 1);
    await control.hold(path, ctx.req);
    const refusal = control.refuse(path, ctx.req);
    if (refusal) refuse(refusal);
    return next();
  });
  const readBearer = ({ req }: Context): FakeSession => {
    const token = req.headers.authorization?.slice('Bearer '.length) ?? refuse({ code: 'UNAUTHENTICATED' });
    const { sid, n } = decode(token);
    const session = sessions.get(sid) ?? refuse({ code: 'TOKEN_INVALID' });
    if (session.revoked) refuse({ code: 'SESSION_REVOKED' });
    return n < session.validFrom ? refuse({ code: session.reason }) : session;
  };
  const signedIn = called.use(({ ctx, next }) => next({ ctx: { session: readBearer(ctx) } }));

  const describe = ({ sid, username, permissions }: FakeSession) => ({
    id: sid,
    username,
    email: null,
    phone: null,
    roles: ['User'],
    permissions,
    profile: { name: null, avatar: null, department: null, position: null },
  });
  const issue = (ctx: Context, session: FakeSession) => {
    session.issued++;
    const refreshToken = encode({ sid: session.sid, n: session.refresh });
    if (session.transport === 'cookie') ctx.setCookie(refreshToken);
    return {
      status: 'ok' as const,
      access_token: encode({ sid: session.sid, n: session.issued }),
      ...(session.transport === 'body' ? { refresh_token: refreshToken } : {}),
      token_type: 'Bearer' as const,
      expires_in: control.expiresIn,
      user: describe(session),
    };
  };
  const readCookie = ({ req }: Context) => /refresh=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
  const Login = z.object({
    username: z.string(),
    password: z.string(),
    refresh_transport: z.enum(['body', 'cookie']).default('body'),
  });
  const open = (ctx: Context, { username, refresh_transport: transport }: z.output<typeof Login>) => {
    const sid = `s${sessions.size + 1}`;
    const session: FakeSession = {
      sid,
      username,
      transport,
      issued: 0,
      validFrom: 0,
      reason: 'TOKEN_EXPIRED',
      refresh: 0,
      revoked: false,
      permissions: ['knowledge:READ'],
    };
    sessions.set(sid, session);
    return issue(ctx, session);
  };

  const router = t.router({
    auth: t.router({
      login: called.input(Login).mutation(({ ctx, input }) => {
        if (input.password !== 'right') refuse({ code: 'INVALID_CREDENTIALS' });
        return open(ctx, input);
      }),
      register: called
        .input(Login.extend({ email: z.string() }))
        .mutation(({ ctx, input }) =>
          input.email.startsWith('later') ? { status: 'verification_required' as const } : open(ctx, input),
        ),
      refresh: called.input(z.object({ refresh_token: z.string() }).optional()).mutation(({ ctx, input }) => {
        const { sid, n } = decode(input?.refresh_token ?? readCookie(ctx) ?? refuse({ code: 'UNAUTHENTICATED' }));
        const session = sessions.get(sid) ?? refuse({ code: 'UNAUTHENTICATED' });
        if (session.revoked) refuse({ code: 'SESSION_REVOKED' });
        if (n === session.refresh) session.refresh++;
        else if (n !== session.refresh - 1) {
          session.revoked = true;
          refuse({ code: 'SESSION_REVOKED' });
        }
        return issue(ctx, session);
      }),
      logout: called.input(z.object({ refresh_token: z.string() }).optional()).mutation(({ ctx, input }) => {
        const bearer = ctx.req.headers.authorization?.slice('Bearer '.length);
        for (const token of [bearer, input?.refresh_token, readCookie(ctx)]) {
          const session = token && sessions.get(decode(token).sid);
          if (session) session.revoked = true;
        }
      }),
      logoutAll: signedIn.mutation(({ ctx }) => {
        for (const session of sessions.values()) if (session.username === ctx.session.username) session.revoked = true;
      }),
      verify: called.input(z.object({ token: z.string() })).mutation(() => ({ valid: false, allowed: false })),
      me: signedIn.query(({ ctx }) => describe(ctx.session)),
    }),
    users: t.router({
      get: signedIn
        .input(z.object({ id: z.string() }))
        .query(({ ctx, input }) => ({ ...describe(ctx.session), id: input.id, created_at: new Date(0) })),
      setStatus: signedIn
        .input(z.object({ id: z.string(), status: z.string() }))
        .mutation(({ ctx }) => describe(ctx.session)),
      assignRole: signedIn
        .input(z.object({ id: z.string(), role_id: z.string(), expires_at: z.date().nullish() }))
        .mutation(({ ctx, input }) => ({
          ...describe(ctx.session),
          key: ctx.req.headers['idempotency-key'],
          expires_at: input.expires_at,
        })),
    }),
    rbac: t.router({
      check: signedIn
        .input(z.object({ permission: z.string() }))
        .query(() => ({ allowed: true, reason: 'granted' as const })),
    }),
  });

  const handle = createHTTPHandler({
    router,
    allowMethodOverride: true,
    basePath: '/trpc/',
    createContext: ({ req, res }): Context => ({
      req,
      setCookie: (value) => res.setHeader('set-cookie', `refresh=${value}; HttpOnly`),
    }),
  });
  const server = createServer((req, res) => {
    counts.http++;
    if (control.cut(req.url ?? '')) return void req.socket.destroy();
    if (control.instead)
      return void res.writeHead(control.instead.status, control.instead.headers).end(control.instead.body);
    return void handle(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    control,
    sessions,
    countHttp: () => counts.http,
    countCalls: (path: string) => counts.calls.get(path) ?? 0,
    resetCounts(): void {
      counts.http = 0;
      counts.calls.clear();
    },
    /** Every access token issued so far is answered with this code. */
    outdateTokens(reason: FakeSession['reason'] = 'TOKEN_EXPIRED'): void {
      for (const session of sessions.values()) Object.assign(session, { reason, validFrom: session.issued + 1 });
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
