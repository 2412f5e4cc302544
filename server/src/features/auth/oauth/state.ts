// The state of a sign-in at a provider: random, bound to the browser by a cookie, single use (RFC 9700 §4.7). PKCE verifier and nonce follow from both, so that nothing secret is stored.
import { randomBytes } from 'node:crypto';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { AuthorizationRequest } from './providers/provider.ts';
import type { OAuthStateDocument } from './repository.ts';

/** In ms. */
const STATE_LIFE = 10 * 60_000;

export type StateCtx = Ctx<'oauthStates' | 'hashLink' | 'clock' | 'publicUrl', Caller | null>;

type NewState = Omit<OAuthStateDocument, '_id' | 'browser' | 'expires_at'>;

/** Keeps a new state and binds it to the browser. @returns what the provider is asked with */
export async function makeState(ctx: StateCtx, state: NewState): Promise<AuthorizationRequest> {
  // Several tabs of one browser may be on their way at once: they share its cookie.
  const browser = readBrowser(ctx) ?? randomBytes(32).toString('base64url');
  ctx.reply.setBrowserCookie(browser, STATE_LIFE / 1000);
  // Hexadecimal: WeCom takes letters and digits alone.
  const value = randomBytes(32).toString('hex');
  const expires_at = new Date(ctx.clock.now().getTime() + STATE_LIFE);
  await ctx.oauthStates.insert({
    _id: ctx.hashLink(value),
    browser: ctx.hashLink(`browser ${browser}`),
    expires_at,
    ...state,
  });
  return toRequest(ctx, state.provider, value, browser);
}

/** @throws AppError INVALID_CODE for a state that is unknown, used, lapsed, of another provider or another browser */
export async function takeState(
  ctx: StateCtx,
  provider: string,
  value: string | undefined,
): Promise<{ state: OAuthStateDocument; request: AuthorizationRequest }> {
  const browser = readBrowser(ctx);
  const state =
    value === undefined || browser === null
      ? null
      : await ctx.oauthStates.take(ctx.hashLink(value), provider, ctx.hashLink(`browser ${browser}`), ctx.clock.now());
  if (!state || value === undefined || browser === null)
    return fail('INVALID_CODE', {
      detail: 'This sign-in was begun in another browser, has lapsed or was finished already: begin again',
    });
  return { state, request: toRequest(ctx, provider, value, browser) };
}

const readBrowser = ({ request }: StateCtx): string | null =>
  /^[A-Za-z0-9_-]{43}$/.test(request.browserCookie ?? '') ? request.browserCookie : null;

export const callbackUrl = ({ publicUrl }: Pick<StateCtx, 'publicUrl'>, provider: string): URL =>
  new URL(`/api/v1/auth/oauth/${provider}/callback`, publicUrl());

const toRequest = (ctx: StateCtx, provider: string, state: string, browser: string): AuthorizationRequest => ({
  redirectUri: callbackUrl(ctx, provider).href,
  state,
  codeVerifier: ctx.hashLink(JSON.stringify(['oauth verifier', state, browser])),
  nonce: ctx.hashLink(JSON.stringify(['oauth nonce', state, browser])),
  language: ctx.request.language(),
  ...(ctx.request.userAgent === null ? {} : { userAgent: ctx.request.userAgent }),
});
