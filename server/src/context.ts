// What one request carries: who calls, from where, and how cookies and headers are answered. No Fastify or MongoDB types: the SDK's declarations are built on it.
import type { RightsHolder } from '@authcenter/shared/evaluator';
import type { Deps } from './deps.ts';

export interface RequestInfo {
  readonly id: string;
  /** `rest` or `trpc`, for metrics. */
  readonly door: 'rest' | 'trpc';
  readonly ip: string;
  readonly userAgent: string | null;
  /** The bearer token of the Authorization header. */
  readonly bearer: string | null;
  /** The refresh cookie; reading it demands an acceptable origin (`requireOwnOrigin`). */
  readonly refreshCookie: string | null;
  /** What tells this browser from others while it is away at a sign-in provider. */
  readonly browserCookie: string | null;
  /** Credentials of an application by HTTP Basic (RFC 6749 §2.3.1). */
  readonly basic: { readonly id: string; readonly secret: string } | null;
  readonly origin: string | null;
  readonly fetchSite: string | null;
  readonly idempotencyKey: string | null;
  /** Aborts when the client has gone away; made when it is first asked for, which few acts do. */
  signal(): AbortSignal;
  /** The language of titles and mails, from Accept-Language. */
  language(): 'zh' | 'en';
}

export interface ReplyPort {
  setHeader(name: string, value: string): void;
  /** Sets the refresh cookie for so many seconds; null clears it. */
  setRefreshCookie(value: string | null, maxAge?: number): void;
  /** Sets what tells this browser from others, for so many seconds. */
  setBrowserCookie(value: string, maxAge: number): void;
}

/** A signed-in user, as the access token tells. */
export interface UserCaller {
  readonly kind: 'user';
  readonly id: string;
  readonly username: string;
  readonly sid: string;
  /** Grants by role name, to be evaluated against `ctx.live.roles().byName`. */
  readonly rights: RightsHolder;
  /** How the holder proved who they are (RFC 8176 names), and when, in seconds. */
  readonly amr: readonly string[];
  readonly authTime: number;
}

/** A program that acts for a user, by a key of theirs. */
export interface ApiKeyCaller {
  readonly kind: 'api_key';
  /** The user's. */
  readonly id: string;
  readonly username: string;
  readonly keyId: string;
  /** Grants by role id, to be evaluated against `ctx.live.roles().byId`, narrowed to the key's scopes. */
  readonly rights: RightsHolder;
}

/** Whoever acts as a user. */
export type Person = UserCaller | ApiKeyCaller;

/** A service that acts as itself. */
export interface ClientCaller {
  readonly kind: 'client';
  readonly id: string;
  readonly scopes: readonly string[];
}

export type Caller = Person | ClientCaller;

/** The context of tRPC's root: all that the router's type shows of the server. */
export interface RootContext {
  readonly request: RequestInfo;
  readonly reply: ReplyPort;
}

/** What a service is given: the dependencies it names, and the request. `C` is null for public procedures without credentials. */
export type Ctx<K extends keyof Deps = keyof Deps, C extends Caller | null = Person> = Pick<Deps, K> &
  RootContext & { readonly caller: C };
