// createTestIssuer: tokens as an AuthCenter signs them, for tests of services that verify tokens; no server and no database.

import { newUuid } from '../random.ts';
import { listBuiltinPairs } from '../rights/builtin-rights.ts';
import { createKeys, type KeySet, type Keys } from './keys.ts';

/**
 * Whose tokens a test issuer signs.
 *
 * @example
 * import { createTestIssuer, type TestIssuerOptions } from '@authcenter/client/testing';
 *
 * const options: TestIssuerOptions = { issuer: 'https://auth.example.com', audience: ['authcenter', 'reports'] };
 * createTestIssuer(options);
 */
export interface TestIssuerOptions {
  /** `iss`, and where verifiers look for the keys; default `https://auth.test`. */
  readonly issuer?: string;
  /** `aud`; default `['authcenter']`. */
  readonly audience?: readonly string[];
  /** The clock that tokens are dated by; absent: the platform's. */
  readonly now?: () => Date;
}

/**
 * Whom a token is for and what it says of them; every field has a default.
 *
 * @example
 * import { createTestIssuer, type TestTokenOptions } from '@authcenter/client/testing';
 *
 * const editor: TestTokenOptions = { username: 'han.meimei', roles: ['Editor'], expiresIn: 60 };
 * const token = await createTestIssuer().mintToken(editor);
 */
export interface TestTokenOptions {
  /** The user's id: 24 hexadecimal digits. */
  readonly sub?: string;
  /** Default `li.lei`. */
  readonly username?: string;
  /** Default: the user name at example.com; null: none. */
  readonly email?: string | null;
  /** Default: whether there is an address. */
  readonly emailVerified?: boolean;
  /** Names of roles; default `['User']`. */
  readonly roles?: readonly string[];
  /** Pairs `resource:ACTION`; default: what the builtin ones among the roles allow. Null: left out, as for very many. */
  readonly permissions?: readonly string[] | null;
  /** The role table's counter when they were read; default 1. */
  readonly rv?: number;
  /** The session's id: 24 hexadecimal digits. */
  readonly sid?: string;
  /** The user's counter; default 0. */
  readonly epoch?: number;
  /** How the holder proved who they are; default `['pwd']`. */
  readonly amr?: readonly string[];
  /** When they did; default now. */
  readonly authTime?: Date;
  /** Seconds from now; default 900. Negative: it has expired already. */
  readonly expiresIn?: number;
  /** Names that `aud` bears beside the issuer's own. */
  readonly audience?: readonly string[];
}

/**
 * A service's own token.
 *
 * @example
 * import { createTestIssuer, type TestClientTokenOptions } from '@authcenter/client/testing';
 *
 * const service: TestClientTokenOptions = { scopes: ['rbac:check', 'feed:read'] };
 * const token = await createTestIssuer().mintClientToken(service);
 */
export interface TestClientTokenOptions {
  /** The client's id: 24 hexadecimal digits. */
  readonly clientId?: string;
  /** Default: none. */
  readonly scopes?: readonly string[];
  /** The client's counter; default 0. */
  readonly epoch?: number;
  /** Seconds from now; default 900. Negative: it has expired already. */
  readonly expiresIn?: number;
  /** Names that `aud` bears beside the issuer's own and the client's. */
  readonly audience?: readonly string[];
}

/**
 * Signs tokens as an AuthCenter does: ES256, `typ: at+jwt`, with every claim that its own tokens bear.
 *
 * @example
 * import { createTestIssuer, type TestIssuer } from '@authcenter/client/testing';
 *
 * export const issuer: TestIssuer = createTestIssuer();
 */
export interface TestIssuer {
  /** What stands in `iss`. */
  readonly issuer: string;
  /**
   * Signs a user's access token.
   *
   * @param options - whom it is for; absent: a user of role `User`
   */
  mintToken(options?: TestTokenOptions): Promise<string>;
  /**
   * Signs a service's own access token.
   *
   * @param options - which service, and its scopes
   */
  mintClientToken(options?: TestClientTokenOptions): Promise<string>;
  /** The public keys, as they stand at `/.well-known/jwks.json`. */
  jwks(): Promise<KeySet>;
  /** From now on another key signs; those before it still verify. Resolves with its `kid`. */
  rotateKeys(): Promise<string>;
  /**
   * Takes a key out of the JWKS: what it signed is good no more.
   *
   * @param kid - its id
   */
  revokeKey(kid: string): Promise<void>;
  /**
   * Answers the JWKS, whatever else is asked with 404: for verifiers that take a `fetch`.
   *
   * @param input - an address
   */
  fetch(input: string | URL | Request): Promise<Response>;
}

/** As the server does it (RFC 9068 §2.1). */
export const ACCESS_TYPE = 'at+jwt';
export const JWKS_PATH = '/.well-known/jwks.json';

export const DEFAULT_ISSUER = 'https://auth.test';
export const DEFAULT_AUDIENCE: readonly string[] = ['authcenter'];
export const ACCESS_LIFE = 900;

export const toSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/**
 * Makes an issuer of test tokens: any verifier of AuthCenter's tokens that reads its keys accepts them.
 *
 * @param options - `issuer`, `audience`, `now`
 * @returns `{ mintToken, mintClientToken, jwks, … }`
 * @example
 * import { createTestIssuer } from '@authcenter/client/testing';
 * import { createLocalJWKSet, jwtVerify } from 'jose';
 *
 * const issuer = createTestIssuer();
 * const token = await issuer.mintToken({ roles: ['Editor'], permissions: ['knowledge:CREATE'] });
 * const { payload } = await jwtVerify(token, createLocalJWKSet(await issuer.jwks()), {
 *   issuer: issuer.issuer,
 *   audience: 'authcenter',
 *   typ: 'at+jwt',
 * });
 * console.log(payload.roles); // ['Editor']
 */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const { issuer = DEFAULT_ISSUER, audience = DEFAULT_AUDIENCE, now = () => new Date() } = options;
  return createIssuer(createKeys(), { issuer: () => issuer, audience, now });
}

interface IssuerFacts {
  /** Asked for each token: a server that begins to listen has another. */
  issuer(): string;
  readonly audience: readonly string[];
  now(): Date;
}

export function createIssuer(keys: Keys, { issuer, audience, now }: IssuerFacts): TestIssuer {
  return {
    get issuer() {
      return issuer();
    },
    mintToken(token = {}) {
      const iat = toSeconds(now());
      const { sub = '6650f0a1b2c3d4e5f6a7b8c9', username = 'li.lei', roles = ['User'] } = token;
      const { email = `${username}@example.com`, permissions = listBuiltinPairs(roles) } = token;
      return keys.sign(ACCESS_TYPE, {
        sub,
        user_id: sub,
        userId: sub,
        username,
        email,
        email_verified: token.emailVerified ?? email !== null,
        roles: [...roles],
        ...(permissions === null ? {} : { permissions: [...permissions] }),
        rv: token.rv ?? 1,
        sid: token.sid ?? '6650f0a1b2c3d4e5f6a7b8ca',
        epoch: token.epoch ?? 0,
        amr: [...(token.amr ?? ['pwd'])],
        auth_time: token.authTime ? toSeconds(token.authTime) : iat,
        jti: newUuid(),
        iat,
        exp: iat + (token.expiresIn ?? ACCESS_LIFE),
        iss: issuer(),
        aud: [...new Set([...audience, ...(token.audience ?? [])])],
      });
    },
    mintClientToken({ clientId = '6650f0a1b2c3d4e5f6a7b8cb', scopes = [], epoch = 0, ...token } = {}) {
      const iat = toSeconds(now());
      return keys.sign(ACCESS_TYPE, {
        sub: clientId,
        client_id: clientId,
        scope: scopes.join(' '),
        epoch,
        jti: newUuid(),
        iat,
        exp: iat + (token.expiresIn ?? ACCESS_LIFE),
        iss: issuer(),
        aud: [...new Set([...audience, clientId, ...(token.audience ?? [])])],
      });
    },
    jwks: keys.jwks,
    rotateKeys: keys.rotate,
    revokeKey: keys.revoke,
    async fetch(input) {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      return pathname === JWKS_PATH ? Response.json(await keys.jwks()) : new Response(null, { status: 404 });
    },
  };
}
