// The verifier's own token: got by client credentials (RFC 6749 §4.4), kept until it is time for another.
import type { Api } from '../router.ts';
import type { VerifierEnvironment } from './environment.ts';
import { toAnswerError } from './refusals.ts';

export interface OwnToken {
  readonly token: string;
  /** Seconds that it was good for: the life of every access token of that server. */
  readonly life: number;
  /** By the monotonic clock. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

export interface ClientToken {
  /** @throws AuthCenterError INVALID_CLIENT, UNAUTHORIZED_CLIENT, RATE_LIMITED, NETWORK_ERROR, … */
  get(): Promise<OwnToken>;
  /** What there is at this moment, without asking for another. */
  readonly present: string | undefined;
  /** It was refused. */
  forget(token: string): void;
}

interface Parts {
  readonly bare: Api;
  readonly client: { readonly id: string; readonly secret: string };
  readonly env: Pick<VerifierEnvironment, 'monotonic'>;
  /** Milliseconds. */
  readonly answerWithin: number;
}

/** The part of its life after which another is got, while this one is good still. */
const RENEW_AFTER = 0.8;

export function createClientToken({ bare, client, env, answerWithin }: Parts): ClientToken {
  let own: OwnToken | undefined;
  let flight: Promise<OwnToken> | undefined;

  async function request(): Promise<OwnToken> {
    const input = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret };
    const askedAt = env.monotonic();
    try {
      const answer = await bare.auth.token.mutate(input, { signal: AbortSignal.timeout(answerWithin) });
      if (!('access_token' in answer)) throw new TypeError('the server answered no token');
      const life = answer.expires_in * 1000;
      own = {
        token: answer.access_token,
        life: answer.expires_in,
        renewAt: askedAt + life * RENEW_AFTER,
        expiresAt: askedAt + life,
      };
      return own;
    } catch (thrown) {
      throw toAnswerError(thrown);
    }
  }

  const renew = (): Promise<OwnToken> => {
    flight ??= request().finally(() => {
      flight = undefined;
    });
    return flight;
  };

  const isGood = (token: OwnToken | undefined): token is OwnToken =>
    token !== undefined && env.monotonic() < token.expiresAt;

  return {
    async get() {
      const held = own;
      if (!isGood(held)) return renew();
      // Still good: who comes now need not wait, nor know if it fails.
      if (env.monotonic() >= held.renewAt) renew().catch(() => {});
      return held;
    },
    get present() {
      return isGood(own) ? own.token : undefined;
    },
    forget(token) {
      if (own?.token === token) own = undefined;
    },
  };
}
