// How a verifier is set up, and what it assumes where nothing is said.
import type { Fetch } from '../environment.ts';
import type { AuthCenterError } from '../error.ts';

/**
 * How a verifier is set up; only `url` is required. With `clientId` and `clientSecret` of a client that has the scope `feed:read`
 * tokens are verified without asking the server; without them the server is asked for each, and its answer kept for two seconds.
 *
 * @example
 * import { createVerifier, type VerifierOptions } from '@authcenter/client/verify';
 *
 * const options: VerifierOptions = {
 *   url: 'https://auth.example.com',
 *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
 *   clientSecret: 'kept in the environment',
 *   onSilence: 'refuse',
 *   onFeedError: (error) => console.error('revocation feed', error.code, error.message),
 * };
 * createVerifier(options);
 */
export interface VerifierOptions {
  /** Where the server is: `https://auth.example.com`. */
  readonly url: string;
  /** The `iss` of its tokens (`jwt.issuer`); default: `url`. To be named where services reach the server by another address than people. */
  readonly issuer?: string;
  /** One of these must stand in a token's `aud`; default `authcenter`. The id of a client: tokens issued to that application alone. */
  readonly audience?: string | readonly string[];
  /** This service as a client of AuthCenter (`system.clients.create`, kind `service`). */
  readonly clientId?: string;
  /** Its secret. */
  readonly clientSecret?: string;
  /**
   * What becomes of tokens while the feed is silent. `ask` (default): the server is asked for each, and its answer kept for two seconds;
   * `refuse`: `DEPENDENCY_UNAVAILABLE`. API keys are always asked for.
   */
  readonly onSilence?: 'ask' | 'refuse';
  /** After how many milliseconds without a sign of life the feed is silent; default 30,000. The server gives one every 5,000. */
  readonly silentAfter?: number;
  /** Most verified tokens that are kept, the oldest go first; default 20,000. */
  readonly maxTokens?: number;
  /** How long the server may take to answer one question, in milliseconds; default 5,000. */
  readonly answerWithin?: number;
  /** Told why the feed is not to be had: wrong credentials, a missing scope, a server that is away. It is tried again in any case.
   * Default: a warning on the console, once for the same trouble: without the feed every token is asked for. */
  readonly onFeedError?: (error: AuthCenterError) => void;
  /**
   * Sends the requests; absent: the platform's own `fetch`, and on Node a connection for the feed that does not keep the process alive.
   * One of your own must answer with a `body` that streams.
   */
  readonly fetch?: Fetch;
}

/** The options with everything said. */
export interface Settings {
  readonly url: string;
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly client: { readonly id: string; readonly secret: string } | undefined;
  readonly onSilence: 'ask' | 'refuse';
  readonly silentAfter: number;
  readonly maxTokens: number;
  readonly answerWithin: number;
  readonly onFeedError: (error: AuthCenterError) => void;
}

/** @throws TypeError */
export function readOptions(options: VerifierOptions): Settings {
  const { clientId, clientSecret, audience = 'authcenter', onSilence = 'ask' } = options;
  if (!/^https?:\/\/[^/]/.test(options.url))
    throw new TypeError(`url must be an http(s) URL, not ${JSON.stringify(options.url)}`);
  // Half of them is a secret that was not set: it must not quietly become a verifier without a feed.
  if ((clientId === undefined) !== (clientSecret === undefined) || clientId === '' || clientSecret === '')
    throw new TypeError('clientId and clientSecret go together, and neither is empty');
  if (onSilence !== 'ask' && onSilence !== 'refuse') throw new TypeError('onSilence must be ask or refuse');
  const url = options.url.replace(/\/+$/, '');
  return {
    url,
    issuer: options.issuer ?? url,
    audience: typeof audience === 'string' ? [audience] : audience,
    client: clientId === undefined || clientSecret === undefined ? undefined : { id: clientId, secret: clientSecret },
    onSilence,
    silentAfter: readPositive('silentAfter', options.silentAfter ?? 30_000),
    maxTokens: readPositive('maxTokens', options.maxTokens ?? 20_000),
    answerWithin: readPositive('answerWithin', options.answerWithin ?? 5_000),
    onFeedError: options.onFeedError ?? warnOfFeed(),
  };
}

/** Nobody is left in the dark who has not listened; one trouble that goes on is told once. */
function warnOfFeed(): (error: AuthCenterError) => void {
  let told = '';
  return ({ code, message }) => {
    const text = `AuthCenter's revocation feed is not to be had: ${code}: ${message}`;
    // biome-ignore lint/suspicious/noConsole: the one place to tell a developer who listens nowhere
    if (text !== told) console.warn(text);
    told = text;
  };
}

function readPositive(name: string, value: number): number {
  if (!(value > 0)) throw new TypeError(`${name} must be more than 0, not ${value}`);
  return value;
}
