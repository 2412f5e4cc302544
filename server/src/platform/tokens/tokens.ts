// Signing and verifying access and refresh tokens (RFC 7519, RFC 9068; verification by RFC 8725).
import { hash } from 'node:crypto';
import { compactVerify, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import type { Clock } from '../clock.ts';
import { readGoneKeyUse } from '../keys/gone-key.ts';
import type { KeyUse } from '../keys/repository.ts';
import type { KeyRing } from '../keys/ring.ts';
import { signCompact } from '../keys/sign-compact.ts';
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
  /**
   * Before an act that ends in tokens and cannot be undone: a code that is spent, a refresh token that is exchanged.
   *
   * @throws AppError DEPENDENCY_UNAVAILABLE while no access token can be signed
   */
  requireSigning(): Promise<void>;
  /** @param audiences - names it bears beside the server's own */
  signAccess(claims: Unissued<UserClaims> | Unissued<ClientClaims>, audiences?: readonly string[]): Promise<string>;
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
  /** Told of tokens that were signed with a key which has left the ring. */
  readonly onGoneKey: (kid: string, state: 'retired' | 'revoked') => void;
}

const KEPT_TOKENS = 20_000;
const decoder = new TextDecoder();

export function createTokens({ keys, clock, issuer, audience, accessLife, onGoneKey }: TokensOptions): Tokens {
  const kept = new Map<string, VerifiedToken>();
  const refreshAudience = () => `${issuer()}/api/v1/auth/refresh`;

  const sign = async (use: KeyUse, typ: string, payload: JWTPayload): Promise<string> =>
    signCompact(await keys.signer(use), typ, payload);

  /** The algorithm comes from the key; a token that names another, or any critical extension, is none of ours. */
  async function open(use: KeyUse, typ: string, token: string): Promise<{ kid: string; payload: unknown } | null> {
    const header = readHeader(token);
    if (typeof header?.kid !== 'string' || header.crit !== undefined || header.typ !== typ) return null;
    const key = await keys.findVerifyingKey(use, header.kid);
    if (!key) await noteGone(use, header.kid, token);
    if (!key || header.alg !== key.alg) return null;
    try {
      const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] });
      return { kid: key.kid, payload: JSON.parse(decoder.decode(payload)) };
    } catch {
      return null;
    }
  }

  async function noteGone(use: KeyUse, kid: string, token: string): Promise<void> {
    const state = await readGoneKeyUse(keys.findGone(use, kid), token, clock.now());
    if (state) onGoneKey(kid, state);
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
    requireSigning: async () => (await keys.signer('access')).ready?.(),
    signAccess: (claims, audiences = []) =>
      sign('access', ACCESS_TYPE, { ...claims, iss: issuer(), aud: [...new Set([...audience, ...audiences])] }),
    signRefresh: (claims) => sign('refresh', REFRESH_TYPE, { ...claims, iss: issuer(), aud: refreshAudience() }),

    async verifyAccess(token) {
      const digest = hash('sha256', token, 'base64');
      const known = kept.get(digest);
      if (known && keys.verifyingKey('access', known.kid)) return known;
      kept.delete(digest);
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

function readHeader(token: string): ProtectedHeaderParameters | null {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return null;
  }
}
