// What the server itself says of a token or an API key (`auth.verify`): asked once at a time for each, and believed for two seconds.
import type { AuthCenterError } from '../error.ts';
import type { Api, RouterOutputs } from '../router.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { VerifierEnvironment } from './environment.ts';
import { refuse, toAnswerError } from './refusals.ts';

export type AskedUser = NonNullable<RouterOutputs['auth']['verify']['user']>;

export interface Asker {
  /**
   * @throws AuthCenterError TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_STALE, SESSION_REVOKED; NETWORK_ERROR, DEPENDENCY_UNAVAILABLE,
   *   RATE_LIMITED, … when no answer was to be had
   */
  ask(token: string): Promise<AskedUser>;
}

interface Parts {
  readonly bare: Api;
  readonly env: Pick<VerifierEnvironment, 'monotonic'>;
  readonly answerWithin: number;
  readonly most: number;
  /** A client's calls are counted as its own, not as its address's. */
  presentToken(): string | undefined;
}

/** Milliseconds, from the question on. */
const KEPT_FOR = 2_000;

type Answer = AskedUser | AuthCenterError;

export function createAsker({ bare, env, answerWithin, most, presentToken }: Parts): Asker {
  const kept = createBoundedMap<{ readonly askedAt: number; readonly answer: Promise<Answer> }>(most);

  /** A refusal is an answer, and kept like one; a failure is not. */
  async function request(token: string): Promise<Answer> {
    const options = { signal: AbortSignal.timeout(answerWithin), context: { token: presentToken() } };
    try {
      const { valid, user, reason = 'TOKEN_INVALID' } = await bare.auth.verify.mutate({ token }, options);
      return valid && user ? user : refuse(reason);
    } catch (thrown) {
      kept.delete(token);
      throw toAnswerError(thrown);
    }
  }

  return {
    async ask(token) {
      const known = kept.get(token);
      const isFresh = known !== undefined && env.monotonic() - known.askedAt < KEPT_FOR;
      const answer = isFresh ? known.answer : request(token);
      if (!isFresh) kept.set(token, { askedAt: env.monotonic(), answer });
      const told = await answer;
      if (told instanceof Error) throw told;
      return told;
    },
  };
}
