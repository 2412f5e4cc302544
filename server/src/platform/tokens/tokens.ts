// Signing and verifying access and refresh tokens (RFC 7519, RFC 9068; verification by RFC 8725).
import { hash } from 'node:crypto';
import { compactVerify, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../clock.ts';
import type { KeyUse } from '../keys/repository.ts';
import type { KeyRing } from '../keys/ring.ts';
import {
  ACCESS_TYPE,
  type AccessClaims,
  ClientClaims,
  hasBegun,
  isForAudience,
  REFRESH_TYPE,
  RefreshClaims,
  UserClaims,
} from './claims.ts';

/** A well-signed access token; whether it still counts (time, session, epoch) is for `judgeToken` to say. */
export interface VerifiedToken {
  readonly claims: AccessClaims;
  readonly kid: string;
}

/** Issuer and audience are the issuer's to say. */
type Unissued<Claims> = Omit<Claims, 'iss' | 'aud' | 'nbf' | 'sid'> &
  (Claims extends { sid: string } ? { sid: string } : unknown);

export interface Tokens {
  signAccess(claims: Unissued<UserClaims> | Unissued<ClientClaims>): Promise<string>;
  signRefresh(claims: Unissued<RefreshClaims>): Promise<string>;
  /** Signature, type, issuer, audience, not before; not expiry. Null for anything else than a token of ours. Kept by SHA-256, so that a token is checked once. */
  verifyAccess(token: string): Promise<VerifiedToken | null>;
  /** The same for refresh tokens, which are never kept. */
  verifyRefresh(token: string): Promise<RefreshClaims | null>;
}

export interface TokensOptions {
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly issuer: () => string;
  readonly audience: readonly string[];
  /** How long an access token lives now, in ms: when that was shortened, longer ones issued before are cut to it. */
  readonly accessLife: number;
}

const KEPT_TOKENS = 20_000;
const decoder = new TextDecoder();

export function createTokens({ keys, clock, issuer, audience, accessLife }: TokensOptions): Tokens {
  const kept = new Map<string, VerifiedToken>();
  const refreshAudience = () => `${issuer()}/api/v1/auth/refresh`;

  async function sign(use: KeyUse, typ: string, payload: JWTPayload): Promise<string> {
    const { kid, alg, key } = keys.signingKey(use);
    return new SignJWT(payload).setProtectedHeader({ alg, kid, typ }).sign(key);
  }

  /** The algorithm comes from the key; a token that names another, or any critical extension, is none of ours. */
  async function open(use: KeyUse, typ: string, token: string): Promise<{ kid: string; payload: unknown } | null> {
    try {
      const header = decodeProtectedHeader(token);
      const key =
        typeof header.kid === 'string' && header.crit === undefined && header.typ === typ
          ? keys.verifyingKey(use, header.kid)
          : undefined;
      if (!key || header.alg !== key.alg) return null;
      const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] });
      return { kid: key.kid, payload: JSON.parse(decoder.decode(payload)) };
    } catch {
      return null;
    }
  }

  function keep(digest: string, verified: VerifiedToken): void {
    if (kept.size >= KEPT_TOKENS)
      for (const [oldest] of kept) {
        kept.delete(oldest);
        if (kept.size < KEPT_TOKENS * 0.9) break;
      }
    kept.set(digest, verified);
  }

  return {
    signAccess: (claims) => sign('access', ACCESS_TYPE, { ...claims, iss: issuer(), aud: [...audience] }),
    signRefresh: (claims) => sign('refresh', REFRESH_TYPE, { ...claims, iss: issuer(), aud: refreshAudience() }),

    async verifyAccess(token) {
      const digest = hash('sha256', token, 'base64');
      const known = kept.get(digest);
      if (known) return keys.verifyingKey('access', known.kid) ? known : null;
      const opened = await open('access', ACCESS_TYPE, token);
      if (!opened) return null;
      const parsed = UserClaims.safeParse(opened.payload);
      const claims: AccessClaims | undefined = parsed.data ?? ClientClaims.safeParse(opened.payload).data;
      if (
        !claims ||
        claims.iss !== issuer() ||
        !isForAudience(claims.aud, audience) ||
        !hasBegun(claims, clock.now().getTime() / 1000)
      )
        return null;
      // Revocations are remembered for the present life: a token must not outlive its own.
      const exp = Math.min(claims.exp, claims.iat + Math.ceil(accessLife / 1000));
      const verified: VerifiedToken = { claims: { ...claims, exp }, kid: opened.kid };
      keep(digest, verified);
      return verified;
    },

    async verifyRefresh(token) {
      const opened = await open('refresh', REFRESH_TYPE, token);
      const claims = opened && RefreshClaims.safeParse(opened.payload).data;
      if (
        !claims ||
        claims.iss !== issuer() ||
        claims.aud !== refreshAudience() ||
        !hasBegun(claims, clock.now().getTime() / 1000)
      )
        return null;
      return claims;
    },
  };
}
