// From a Fastify request and reply to the context that procedures are given.
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { Caller, ReplyPort, RequestInfo, RootContext } from '../context.ts';
import type { Deps } from '../deps.ts';

/** RFC 6265bis §4.1.3.2: the prefix makes browsers insist on Secure, Path=/ and no Domain. */
export const REFRESH_COOKIE = '__Host-ac_refresh';
const BROWSER_COOKIE = '__Host-ac_browser';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whoever the guard found, for the access log. */
    ctx: (RootContext & { caller: Caller | null }) | null;
  }
}

interface RequestOptions {
  readonly door: RequestInfo['door'];
  readonly isBatch?: boolean;
  /** What aborts when nobody waits for the answer any more; made when it is asked for when absent. */
  readonly signal?: AbortSignal;
}

export function createContext(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  options: RequestOptions,
): RootContext {
  const ctx = { ...deps, caller: null, request: readRequest(request, reply, options), reply: replyPort(reply) };
  request.ctx = ctx;
  return ctx;
}

function readRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  { door, isBatch = false, signal }: RequestOptions,
): RequestInfo {
  const { headers } = request;
  const one = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  const userAgent = one('user-agent');
  const key = one('idempotency-key');
  return {
    id: request.id,
    door,
    ip: request.ip,
    userAgent: userAgent === null ? null : cleanText(userAgent, 512),
    bearer: readBearer(headers.authorization),
    refreshCookie: readCookie(request, REFRESH_COOKIE),
    browserCookie: readCookie(request, BROWSER_COOKIE),
    basic: readBasic(headers.authorization),
    origin: one('origin'),
    fetchSite: one('sec-fetch-site'),
    idempotencyKey: isBatch || key === '' ? null : key,
    signal: () => signal ?? signalOf(reply),
    language: () => readLanguage(request),
  };
}

/** Control characters would forge lines in logs and audit. */
const cleanText = (text: string, max: number): string => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, max);

const readCookie = ({ headers, server }: FastifyRequest, name: string): string | null =>
  headers.cookie === undefined ? null : (server.parseCookie(headers.cookie)[name] ?? null);

/** RFC 7617; both parts form-urlencoded first (RFC 6749 §2.3.1). Null for whatever is not of that form. */
function readBasic(header: string | undefined): RequestInfo['basic'] {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return null;
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  if (id === undefined || secret === undefined) return null;
  try {
    const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
    return { id: decode(id), secret: decode(secret) };
  } catch {
    return null;
  }
}

/** RFC 6750 §2.1; the scheme's name compares case-insensitively (RFC 9110 §11.1). */
export const readBearer = (header: string | undefined): string | null =>
  /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;

export const readLanguage = ({ raw }: Pick<FastifyRequest, 'raw'>): 'zh' | 'en' =>
  raw.headers['accept-language'] !== undefined && new Negotiator(raw).language(['en', 'zh', 'zh-CN'])?.startsWith('zh')
    ? 'zh'
    : 'en';

const COOKIE_OPTIONS = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;

const replyPort = (reply: FastifyReply): ReplyPort => ({
  setHeader: (name, value) => void reply.header(name, value),
  setRefreshCookie: (value, maxAge = 0) => {
    if (value === null) reply.clearCookie(REFRESH_COOKIE, COOKIE_OPTIONS);
    else reply.setCookie(REFRESH_COOKIE, value, { ...COOKIE_OPTIONS, maxAge });
  },
  setBrowserCookie: (value, maxAge) => void reply.setCookie(BROWSER_COOKIE, value, { ...COOKIE_OPTIONS, maxAge }),
});

/** Aborts when the client goes away before it is answered. */
export function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** A stream lasts so long at most, in ms: clients ask again, and connections that nobody knows of any more end. */
const LONGEST_STREAM = 60 * 60_000;

/** For a stream: aborts when the client goes away, the server stops, or it has lasted long enough. */
export function streamSignalOf({ server }: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const abort = () => {
    controller.abort();
    // Who does not take what there is would keep a stopping server waiting.
    if (reply.raw.writableNeedDrain) reply.raw.destroy();
  };
  const timer = setTimeout(abort, LONGEST_STREAM).unref();
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  reply.raw.once('close', abort);
  server.stopSignal.addEventListener('abort', abort, { once: true, signal });
  if (reply.raw.closed || server.stopSignal.aborted) abort();
  return signal;
}

const FORWARDING_HEADERS = ['x-forwarded-for', 'forwarded', 'x-real-ip'] as const;

/**
 * The connection's own address: a forwarded one proves nothing about where the connection ends. What a proxy on this
 * machine forwards came from elsewhere; where none is trusted its headers alone tell.
 */
export function isLoopback(request: FastifyRequest): boolean {
  const trustsNobody = request.server.deps.config.server.trust_proxy.length === 0;
  if (trustsNobody && FORWARDING_HEADERS.some((name) => request.headers[name] !== undefined)) return false;
  const local = (ip: string | undefined) =>
    ip !== undefined &&
    (ip === '::1' || (isIP(ip.replace(/^::ffff:/, '')) === 4 && ip.replace(/^::ffff:/, '').startsWith('127.')));
  return local(request.socket.remoteAddress) && local(request.ip);
}
