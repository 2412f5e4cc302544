// One call as the fake's answers see it: who calls, from where, and how cookies and headers are answered.

/**
 * Who calls a procedure of the fake; null without credentials.
 *
 * @example
 * import { createFakeAuthCenter, type FakeCaller } from '@authcenter/client/testing';
 *
 * const nameOf = (caller: FakeCaller | null) => (caller?.kind === 'user' ? caller.username : 'nobody');
 * const fake = createFakeAuthCenter();
 * fake.on('auth.mfa.backupCodes', (_input, caller) => ({ backup_codes: [`${nameOf(caller)}-1`] }));
 */
export type FakeCaller =
  | {
      readonly kind: 'user';
      readonly id: string;
      readonly username: string;
      readonly sid: string;
      /** Names, as the token bears them. */
      readonly roles: readonly string[];
      /** How they proved who they are. */
      readonly amr: readonly string[];
      /** When, in seconds since 1970. */
      readonly authTime: number;
    }
  | {
      readonly kind: 'api_key';
      /** The user's. */
      readonly id: string;
      readonly username: string;
      readonly keyId: string;
      /** Pairs `resource:ACTION`. */
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'client'; readonly id: string; readonly scopes: readonly string[] };

export type UserCaller = Extract<FakeCaller, { kind: 'user' }>;

/** Of whom only one sends: the page's own cookies are sent by `fetch` with `credentials: 'include'`. */
export interface CallInfo {
  readonly requestId: string;
  readonly language: 'en' | 'zh';
  readonly bearer: string | null;
  readonly basic: { readonly id: string; readonly secret: string } | null;
  readonly refreshCookie: string | null;
  readonly origin: string | null;
  readonly fetchSite: string | null;
  readonly userAgent: string | null;
  readonly idempotencyKey: string | null;
  readonly signal: AbortSignal;
  setHeader(name: string, value: string): void;
  /** For so many seconds; null clears it. */
  setRefreshCookie(value: string | null, maxAge?: number): void;
}

export interface Call extends CallInfo {
  readonly caller: FakeCaller | null;
}

/** RFC 7617; both parts form-urlencoded first (RFC 6749 §2.3.1). */
export function readBasic(header: string | null): CallInfo['basic'] {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '') ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(encoded === undefined ? '' : atob(encoded)) ?? [];
  const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
  return id === undefined || secret === undefined ? null : { id: decode(id), secret: decode(secret) };
}

export const readBearer = (header: string | null): string | null =>
  /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
