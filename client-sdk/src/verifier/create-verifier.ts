// createVerifier: the parts put together, and what they decide of one token.
import { connectBare } from '../connect.ts';
import type { Api } from '../router.ts';
import { createAsker } from './asker.ts';
import { noteBearer } from './bearers.ts';
import { createBoundedMap } from './bounded-map.ts';
import { type Claims, hasExpired, type UserClaims } from './claims.ts';
import { type ClientToken, createClientToken } from './client-token.ts';
import type { VerifierEnvironment } from './environment.ts';
import { createFeed, type Feed } from './feed.ts';
import { createKeys, type Keys } from './keys.ts';
import type { Settings } from './options.ts';
import { createPermissions } from './permissions.ts';
import { refuse } from './refusals.ts';
import { openToken } from './signature.ts';
import { createTables } from './tables.ts';
import { describeClient, describeKeyHolder, describeUser, type VerifiedClient, type VerifiedUser } from './verified.ts';
import type { Verifier } from './verifier.ts';

/** What the server calls an API key by. */
const API_KEY = /^ac_[0-9a-f]{12}_[\w-]{43}$/;
const isApiKey = (token: string): boolean => token.startsWith('ac_');

/** How long the first tokens wait for the feed, in milliseconds. */
const BEGIN_WITHIN = 2_000;
/** How long what was refused for now (429, 503) is tried again, in milliseconds. */
const RETRY_FOR = 2_000;

interface Kept {
  readonly kid: string;
  readonly claims: Claims;
  /** As the token itself tells; absent for a client's. */
  readonly user: VerifiedUser | undefined;
}

export function createVerifierIn(env: VerifierEnvironment, settings: Settings): Verifier {
  const { url, client, onSilence, answerWithin } = settings;
  const bare: Api = connectBare({ url, env, retryFor: RETRY_FOR, language: undefined, cookie: false });
  const own: ClientToken | undefined = client && createClientToken({ bare, client, env, answerWithin });
  const tables = createTables(env.monotonic);
  const keys: Keys = createKeys({ url, env, answerWithin, isWithdrawn: tables.isWithdrawn });
  const feed: Feed | undefined =
    own &&
    createFeed({
      url,
      env,
      token: own,
      silentAfter: settings.silentAfter,
      onError: settings.onFeedError,
      apply(batch, life) {
        tables.apply(batch, life);
        // A key that takes the place of a stolen one signs at once.
        for (const { type, id, value } of batch.records)
          if (type === 'key' && value !== null && !keys.has(id)) void keys.expect(id);
      },
    });
  const asker = createAsker({
    bare,
    env,
    answerWithin,
    most: settings.maxTokens,
    presentToken: () => own?.present,
  });

  const kept = createBoundedMap<Kept>(settings.maxTokens);
  const flights = new Map<string, Promise<Kept>>();

  async function open(token: string): Promise<Kept> {
    const { kid, claims } = await openToken(token, keys, { ...settings, now: env.now });
    const user = claims.sid === undefined ? undefined : noteBearer(describeUser(claims), token);
    const opened = { kid, claims, user };
    kept.set(token, opened);
    return opened;
  }

  /** Opened once, however many ask; a key that was withdrawn takes what it signed along. */
  async function find(token: string): Promise<Kept> {
    const known = kept.get(token);
    if (known && keys.has(known.kid)) return known;
    const under = flights.get(token);
    if (under !== undefined) return under;
    const flight = open(token).finally(() => flights.delete(token));
    flights.set(token, flight);
    return flight;
  }

  /** Before anything is waited for. */
  function begin(): void {
    feed?.start();
    keys.keepFresh();
  }

  /** Whether the feed is to be relied on; the first tokens wait for it. */
  function isLive(): boolean | Promise<boolean> {
    return feed !== undefined && (feed.isLive() || waitForFeed(feed));
  }

  async function waitForFeed({ begun }: Feed): Promise<boolean> {
    // This timer does keep a process alive: somebody waits.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, BEGIN_WITHIN);
    });
    await Promise.race([begun, late]);
    clearTimeout(timer);
    return feed?.isLive() ?? false;
  }

  const requireUnexpired = (claims: Claims): void => {
    if (hasExpired(claims, env.now(), feed?.life ?? Number.POSITIVE_INFINITY)) throw refuse('TOKEN_EXPIRED');
  };

  const silence = () =>
    refuse('DEPENDENCY_UNAVAILABLE', 'The revocation feed is silent: what still counts is not known');

  async function ask(token: string, claims: UserClaims): Promise<VerifiedUser> {
    const { permissions } = await asker.ask(token);
    // Until the answer came.
    requireUnexpired(claims);
    return noteBearer(describeUser(claims, permissions), token);
  }

  async function verifyToken(token: string): Promise<VerifiedUser> {
    if (isApiKey(token)) {
      if (!API_KEY.test(token)) throw refuse('TOKEN_INVALID');
      return noteBearer(describeKeyHolder(await asker.ask(token)), token);
    }
    begin();
    const { claims, user } = await find(token);
    // As `auth.verify` has it: a client's token stands for nobody.
    if (claims.sid === undefined || !user) throw refuse('TOKEN_INVALID', 'The token is an application’s own');
    requireUnexpired(claims);
    const live = isLive();
    if (live === true || (await live)) {
      const verdict = tables.judgeUser(claims);
      if (verdict === 'ok') return user;
      if (verdict !== 'unsure') throw refuse(verdict);
    } else if (feed && onSilence === 'refuse') throw silence();
    return ask(token, claims);
  }

  async function verifyClient(token: string): Promise<VerifiedClient> {
    if (isApiKey(token)) throw refuse('TOKEN_INVALID');
    begin();
    const { claims } = await find(token);
    if (claims.sid !== undefined) throw refuse('TOKEN_INVALID', 'The token is a person’s');
    requireUnexpired(claims);
    // What a client's token is worth the feed alone tells.
    if (!(await isLive())) throw silence();
    const scopes = tables.judgeClient(claims);
    if (typeof scopes === 'string') throw refuse(scopes);
    return describeClient(claims, scopes);
  }

  return {
    url,
    async ready() {
      begin();
      if (!feed) await keys.find('');
      else if (!(await isLive())) throw feed.failure ?? silence();
    },
    verifyToken,
    verifyClient,
    ...createPermissions({ bare, own, answerWithin, asker, verifyToken }),
    close: () => feed?.close(),
  };
}
