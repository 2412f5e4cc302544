// A small AuthCenter for the SDK's tests: real tRPC over HTTP in the server's shapes, sessions in memory, and handles to make it fail.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { z } from 'zod';
import { ERRORS } from '../../../shared/src/errors.ts';
import { createFakeSessions, type FakeSession } from './fake-sessions.ts';
import { type Context, decode, describeRefusal, type Refusal, refuse, t } from './fake-trpc.ts';
import { answerUnfinished, createWaysIn, type PhoneActs } from './fake-ways-in.ts';

/** The REST door of `auth.qr.watch`. */
function answerPoll(res: ServerResponse, act: PhoneActs[number]): void {
  const body = typeof act === 'string' ? { status: act } : describeRefusal(act);
  res.writeHead(typeof act === 'string' ? 200 : ERRORS[act.code].status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}

export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>;

export async function startFakeServer() {
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
    phone: [] as PhoneActs,
    /** Answers in the place of the server, as a proxy would. */
    instead: undefined as { status: number; headers: Record<string, string>; body: string } | undefined,
  };

  const called = t.procedure.use(async ({ ctx, path, next }) => {
    counts.calls.set(path, (counts.calls.get(path) ?? 0) + 1);
    await control.hold(path, ctx.req);
    const refusal = control.refuse(path, ctx.req);
    if (refusal) refuse(refusal);
    return next();
  });
  const fakeSessions = createFakeSessions(() => control.expiresIn);
  const { all: sessions, describe, issue, open, readBearer } = fakeSessions;
  const signedIn = called.use(({ ctx, next }) => next({ ctx: { session: readBearer(ctx) } }));

  const readCookie = ({ req }: Context) => /refresh=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
  const Login = z.object({
    username: z.string(),
    password: z.string(),
    refresh_transport: z.enum(['body', 'cookie']).default('body'),
  });

  const router = t.router({
    auth: t.router({
      login: called.input(Login).mutation(({ ctx, input }) => {
        const { username, password, refresh_transport: transport } = input;
        const unfinished = answerUnfinished(password, username, transport);
        if (!unfinished && password !== 'right') refuse({ code: 'INVALID_CREDENTIALS' });
        return unfinished ?? open(ctx, username, transport);
      }),
      register: called
        .input(Login.extend({ email: z.string() }))
        .mutation(({ ctx, input: { username, email, refresh_transport: transport } }) =>
          email.startsWith('later') ? { status: 'verification_required' } : open(ctx, username, transport),
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
      ...createWaysIn(called, fakeSessions, control.phone),
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
    if (req.url?.startsWith('/api/v1/auth/qr/')) return void answerPoll(res, control.phone.shift() ?? 'pending');
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
    /** Calls that demand a proof refuse every one given so far. */
    demandProof(): void {
      for (const session of sessions.values()) session.provenFrom = session.proofs + 1;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
