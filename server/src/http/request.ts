// From a Fastify request and reply to the context that procedures are given.
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { Caller, ReplyPort, RequestInfo, RootContext } from '../context.ts';
import type { Deps } from '../deps.ts';

/** RFC 6265bis §4.1.3.2: the prefix makes browsers insist on Secure, Path=/ and no Domain. */
export const REFRESH_COOKIE = '__Host-ac_refresh';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whoever the guard found, for the access log. */
    ctx: (RootContext & { caller: Caller | null }) | null;
  }
}

export function createContext(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  options: { door: RequestInfo['door']; isBatch?: boolean },
): RootContext {
  const ctx = { ...deps, caller: null, request: readRequest(request, reply, options), reply: replyPort(reply) };
  request.ctx = ctx;
  return ctx;
}

function readRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  { door, isBatch = false }: { door: RequestInfo['door']; isBatch?: boolean },
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
    refreshCookie:
      headers.cookie === undefined ? null : (request.server.parseCookie(headers.cookie)[REFRESH_COOKIE] ?? null),
    origin: one('origin'),
    fetchSite: one('sec-fetch-site'),
    idempotencyKey: isBatch || key === '' ? null : key,
    signal: () => signalOf(reply),
    language: () => readLanguage(request),
  };
}

/** Control characters would forge lines in logs and audit. */
const cleanText = (text: string, max: number): string => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, max);

/** RFC 6750 §2.1; the scheme's name compares case-insensitively (RFC 9110 §11.1). */
export const readBearer = (header: string | undefined): string | null =>
  /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;

export const readLanguage = ({ raw }: Pick<FastifyRequest, 'raw'>): 'zh' | 'en' =>
  raw.headers['accept-language'] !== undefined && new Negotiator(raw).language(['en', 'zh', 'zh-CN'])?.startsWith('zh')
    ? 'zh'
    : 'en';

function replyPort(reply: FastifyReply): ReplyPort {
  return {
    setHeader: (name, value) => void reply.header(name, value),
    setRefreshCookie: (value, maxAge = 0) => {
      const options = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' as const };
      if (value === null) reply.clearCookie(REFRESH_COOKIE, options);
      else reply.setCookie(REFRESH_COOKIE, value, { ...options, maxAge });
    },
  };
}

/** Aborts when the client goes away before it is answered. */
export function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
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
