// The server's keys, by `kid`: read once, again every ten minutes, and for one that is not among them, though not as often as strangers ask.
import type { JWK } from 'jose';
import { AuthCenterError } from '../error.ts';
import type { VerifierEnvironment } from './environment.ts';
import { loadJose } from './jose.ts';
import { toAnswerError } from './refusals.ts';

export interface VerifyingKey {
  readonly kid: string;
  /** Fixed by the key; what a token says of it counts for nothing. */
  readonly alg: string;
  /** The payload of a token that is signed by it; rejects for any other. */
  verify(token: string): Promise<Uint8Array>;
}

export interface Keys {
  /**
   * @returns undefined for one that the server does not have
   * @throws AuthCenterError when the server could not be asked
   */
  find(kid: string): Promise<VerifyingKey | undefined>;
  /** The same among those that are known already. */
  get(kid: string): VerifyingKey | undefined;
  /** Whether what it has signed still counts, as far as is known. */
  has(kid: string): boolean;
  /** The feed has told of one. */
  expect(kid: string): Promise<void>;
  /** Reads them again when it is time, without being waited for. */
  keepFresh(): void;
}

interface Parts {
  readonly url: string;
  readonly env: Pick<VerifierEnvironment, 'fetch' | 'monotonic'>;
  readonly answerWithin: number;
  /** Withdrawn, as the feed told; a list of keys from some cache may not know of it. */
  isWithdrawn(kid: string): boolean;
}

const FRESH_FOR = 600_000;
/** Between two readings for a `kid` that is not known, and after one that failed, in milliseconds. */
const COOL_DOWN = 10_000;
const COOL_DOWN_FAILED = 1_000;
/** Signatures by a secret, and none at all, are not among them. */
const ALGORITHMS: readonly string[] = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'EdDSA',
  'Ed25519',
];

export function createKeys({ url, env, answerWithin, isWithdrawn }: Parts): Keys {
  let keys = new Map<string, VerifyingKey>();
  let readAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: AuthCenterError | null = null;
  let flight: Promise<void> | undefined;

  async function request(): Promise<readonly JWK[]> {
    const response = await env.fetch(`${url}/.well-known/jwks.json`, {
      method: 'GET',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(answerWithin),
    });
    const body = response.ok ? ((await response.json()) as { keys?: unknown }) : undefined;
    if (!Array.isArray(body?.keys))
      throw new AuthCenterError({
        code: 'NETWORK_ERROR',
        status: response.status,
        detail: `No keys at ${url}/.well-known/jwks.json (status ${response.status}); is the url right?`,
      });
    return body.keys;
  }

  async function load(): Promise<void> {
    try {
      const read = await Promise.all((await request()).map(importKey));
      keys = new Map(read.flatMap((key) => (key ? [[key.kid, key]] : [])));
      failure = null;
      readAt = env.monotonic();
    } catch (thrown) {
      failure = toAnswerError(thrown);
    } finally {
      triedAt = env.monotonic();
    }
  }

  const read = (): Promise<void> => {
    flight ??= load().finally(() => {
      flight = undefined;
    });
    return flight;
  };

  const isCoolingDown = (): boolean => env.monotonic() - triedAt < (failure ? COOL_DOWN_FAILED : COOL_DOWN);

  const present = (kid: string): VerifyingKey | undefined => (isWithdrawn(kid) ? undefined : keys.get(kid));

  return {
    async find(kid) {
      const known = present(kid);
      if (known || isWithdrawn(kid)) return known;
      if (flight || !isCoolingDown()) await read();
      const found = present(kid);
      // Whether the server has it is not known.
      if (!found && failure) throw failure;
      return found;
    },
    get: present,
    has: (kid) => present(kid) !== undefined,
    async expect(kid) {
      // A reading that is under way may be older than the key.
      await flight;
      if (!keys.has(kid)) await read();
    },
    keepFresh() {
      if (Number.isFinite(readAt) && env.monotonic() - readAt > FRESH_FOR && !flight && !isCoolingDown()) void read();
    },
  };
}

/** Null for one that this service cannot, or must not, verify with. */
async function importKey(jwk: JWK): Promise<VerifyingKey | null> {
  const { kid, alg, use = 'sig' } = jwk;
  if (typeof kid !== 'string' || typeof alg !== 'string' || use !== 'sig' || !ALGORITHMS.includes(alg)) return null;
  const { compactVerify, importJWK } = await loadJose();
  try {
    const key = await importJWK(jwk, alg);
    if (key instanceof Uint8Array) return null;
    const options = { algorithms: [alg] };
    return { kid, alg, verify: async (token) => (await compactVerify(token, key, options)).payload };
  } catch {
    return null;
  }
}
