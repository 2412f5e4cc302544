// A token opened: its header by our rules, its signature by jose, its payload by what an access token must hold (RFC 8725, RFC 9068).
import type { AuthCenterError } from '../error.ts';
import { createBoundedMap } from './bounded-map.ts';
import { type Claims, type Expected, findFault, readClaims } from './claims.ts';
import type { Keys } from './keys.ts';
import { refuse } from './refusals.ts';

export interface OpenedToken {
  readonly kid: string;
  readonly claims: Claims;
}

interface Header {
  readonly alg?: unknown;
  readonly kid?: unknown;
  readonly typ?: unknown;
  readonly crit?: unknown;
}

/** The server takes none that is longer. */
const LONGEST = 16_384;
const decoder = new TextDecoder();
/** All tokens of a key have the same header. */
const headers = createBoundedMap<Header>(100);

/** Keys that a header brings along or points to (`jwk`, `jku`, `x5u`) are not looked at. */
function readHeader(token: string): Header | null {
  if (token.length > LONGEST) return null;
  const part = token.slice(0, token.indexOf('.'));
  const known = headers.get(part);
  if (known) return known;
  try {
    const header: unknown = JSON.parse(atob(part.replace(/-/g, '+').replace(/_/g, '/')));
    if (typeof header !== 'object' || header === null) return null;
    headers.set(part, header);
    return header;
  } catch {
    return null;
  }
}

const invalid = (detail?: string): AuthCenterError => refuse('TOKEN_INVALID', detail);

/** @throws AuthCenterError TOKEN_INVALID; NETWORK_ERROR when its key could not be looked for */
export async function openToken(
  token: string,
  keys: Keys,
  expected: Expected & { now(): number },
): Promise<OpenedToken> {
  const { kid, typ, alg, crit } = readHeader(token) ?? {};
  if (typeof kid !== 'string' || typ !== 'at+jwt' || crit !== undefined) throw invalid();
  const key = keys.get(kid) ?? (await keys.find(kid));
  if (!key || alg !== key.alg) throw invalid();
  const claims = await key
    .verify(token)
    .then((payload) => readClaims(JSON.parse(decoder.decode(payload))))
    .catch(() => null);
  if (!claims) throw invalid();
  const fault = findFault(claims, expected, expected.now());
  if (fault !== null) throw invalid(fault);
  return { kid, claims };
}
