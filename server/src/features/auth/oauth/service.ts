// auth.oauth: to a provider and back; linking and unlinking.
import type {
  AuthorizeInput,
  LinkProviderInput,
  OAuthCallbackInput,
  OAuthIdentities,
  Providers,
  Redirect,
} from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { z } from 'zod';
import type { Caller, Ctx, UserCaller } from '../../../context.ts';
import { duplicateKey } from '../../../database/errors.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, staleTokens } from '../../../platform/live/effects.ts';
import { tellOfChange } from '../../users/tell.ts';
import { requireOtherWay } from '../account/ways-in.ts';
import { requireProven } from '../mfa/holder.ts';
import { issueCode } from '../token/authorization-code.ts';
import { findOrMakePerson, linkTo, type PersonCtx, toIdentity } from './person.ts';
import { type OAuthProvider, ProviderError, type ProviderIdentity } from './providers/provider.ts';
import type { OAuthStateDocument } from './repository.ts';
import { callbackUrl, makeState, type StateCtx, takeState } from './state.ts';

export type OAuthCtx = StateCtx &
  PersonCtx &
  Ctx<'oauthProviders' | 'clients' | 'authorizationCodes' | 'transact' | 'metrics', Caller | null>;
type OwnOAuthCtx = Omit<OAuthCtx, 'caller'> & { readonly caller: UserCaller };

export const listProviders = ({ oauthProviders }: Pick<OAuthCtx, 'oauthProviders'>): z.output<typeof Providers> => ({
  items: [...oauthProviders.values()].map(({ id, kind, displayName }) => ({ id, kind, display_name: displayName })),
});

const readProvider = (ctx: OAuthCtx, id: string): OAuthProvider =>
  ctx.oauthProviders.get(id) ?? fail('NOT_FOUND', { detail: 'There is no such sign-in provider' });

/** Where the browser comes back to must be registered, compared as it is (RFC 9700 §2.1): else nobody is sent anywhere. */
async function requireRedirectUri(ctx: OAuthCtx, clientId: string, redirectUri: string): Promise<void> {
  const client = await ctx.clients.find(clientId);
  if (!client) fail('INVALID_CLIENT', { detail: 'There is no such client' });
  if (!client.redirect_uris.includes(redirectUri)) fail('INVALID_REDIRECT_URI');
}

/** @throws AppError NOT_FOUND, INVALID_CLIENT, INVALID_REDIRECT_URI; DEPENDENCY_UNAVAILABLE when the provider is away */
export async function authorize(ctx: OAuthCtx, input: AuthorizeInput): Promise<Redirect> {
  const { client_id, redirect_uri, state, code_challenge } = input;
  const provider = readProvider(ctx, input.provider);
  await requireRedirectUri(ctx, client_id, redirect_uri);
  return begin(ctx, provider, { client_id, redirect_uri, sign_in: { state, code_challenge } });
}

/** @throws AppError as `authorize`; EMAIL_NOT_VERIFIED while nothing of the account is proven; ALREADY_EXISTS */
export async function linkProvider(ctx: OwnOAuthCtx, input: LinkProviderInput): Promise<Redirect> {
  const { client_id, redirect_uri } = input;
  const provider = readProvider(ctx, input.provider);
  const user = (await ctx.users.findById(ctx.caller.id)) ?? fail('NOT_FOUND');
  requireProven(ctx, user);
  if (user.identities?.some((identity) => identity.provider === provider.id)) fail('ALREADY_EXISTS');
  await requireRedirectUri(ctx, client_id, redirect_uri);
  const link = { user_id: user._id, session_id: new ObjectId(ctx.caller.sid) };
  return begin(ctx, provider, { client_id, redirect_uri, link });
}

async function begin(
  ctx: OAuthCtx,
  provider: OAuthProvider,
  state: Pick<OAuthStateDocument, 'client_id' | 'redirect_uri' | 'sign_in' | 'link'>,
): Promise<Redirect> {
  const request = await makeState(ctx, { provider: provider.id, ...state });
  try {
    return { url: (await provider.authorizationUrl(request)).href };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    ctx.log.error.warn({ error, provider: provider.id }, 'a sign-in provider is away');
    return fail('DEPENDENCY_UNAVAILABLE', { retryAfter: 5 });
  }
}

/**
 * Back from the provider: on to the application with a code, or with what went wrong there. Only a state that is nobody's is told
 * here, since it names no application to go on to.
 *
 * @throws AppError INVALID_CODE
 */
export async function finishOAuth(ctx: OAuthCtx, input: OAuthCallbackInput): Promise<Redirect> {
  const { state, request } = await takeState(ctx, input.provider, input.state);
  const back = (query: Readonly<Record<string, string>>): Redirect => toApplication(ctx, state, query);
  const provider = ctx.oauthProviders.get(input.provider);
  if (!provider) return back({ error: 'server_error' });
  try {
    const told = await provider.identify(readCallback(ctx, input), request);
    return back(
      state.link ? await finishLink(ctx, provider, state.link, told) : await finishSignIn(ctx, provider, state, told),
    );
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    ctx.metrics.signIns.inc({ way: `oauth:${provider.id}`, outcome: error.failure });
    ctx.log.auth.info(
      { provider: provider.id, failure: error.failure, reason: error.message, request_id: ctx.request.id },
      'sign-in by a third party failed',
    );
    return back({ error: OAUTH_ERRORS[error.failure], error_description: DESCRIPTIONS[error.failure] });
  }
}

/** RFC 6749 §4.1.2.1. */
const OAUTH_ERRORS = {
  denied: 'access_denied',
  not_a_member: 'access_denied',
  refused: 'server_error',
  unavailable: 'temporarily_unavailable',
} as const;

const DESCRIPTIONS = {
  denied: 'The person did not agree',
  not_a_member: 'The person is no member of the organisation',
  refused: 'The provider refused the sign-in',
  unavailable: 'The provider does not answer',
} as const;

/** The callback as it was called, as far as it is read. */
function readCallback(ctx: OAuthCtx, { provider, ...query }: OAuthCallbackInput): URL {
  const url = callbackUrl(ctx, provider);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

/** `iss` lets the application tell answers of several servers apart (RFC 9207). */
function toApplication(
  ctx: OAuthCtx,
  { redirect_uri, sign_in }: OAuthStateDocument,
  query: Readonly<Record<string, string>>,
): Redirect {
  const url = new URL(redirect_uri);
  const all = { ...query, ...(sign_in ? { state: sign_in.state, iss: ctx.publicUrl() } : {}) };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return { url: url.href };
}

async function finishSignIn(
  ctx: OAuthCtx,
  provider: OAuthProvider,
  { client_id, redirect_uri, sign_in }: OAuthStateDocument,
  told: ProviderIdentity,
): Promise<Record<string, string>> {
  const request = { client_id, redirect_uri, code_challenge: sign_in?.code_challenge ?? '' };
  const run = () =>
    ctx.transact(async (tx) => {
      const { _id: userId } = await findOrMakePerson(ctx, tx, provider.id, told);
      return { code: await issueCode(ctx, request, { userId, methods: [`oauth:${provider.id}`] }, tx) };
    });
  try {
    return await run();
  } catch (error) {
    // Two first sign-ins of one person at once: the second finds who the first has made.
    if (duplicateKey(error) !== null) return run();
    if (error instanceof Error && 'code' in error && error.code === 'ALREADY_EXISTS')
      return { error: 'access_denied', error_description: error.message };
    throw error;
  }
}

async function finishLink(
  ctx: OAuthCtx,
  provider: OAuthProvider,
  { user_id, session_id }: NonNullable<OAuthStateDocument['link']>,
  told: ProviderIdentity,
): Promise<Record<string, string>> {
  const id = user_id.toHexString();
  const taken = { error: 'access_denied', error_description: 'Account or identity is linked to another one already' };
  try {
    return await ctx.transact(async (tx) => {
      // Whoever signed out meanwhile links nothing any more.
      const session = await ctx.sessions.findById(session_id.toHexString());
      const user = await ctx.users.findById(id, tx);
      if (user?.status !== 'active' || !session || session.is_revoked)
        return { error: 'access_denied', error_description: 'The session has ended' };
      await linkTo(ctx, tx, user, toIdentity(provider.id, told, ctx.clock.now()));
      return { linked: provider.id };
    });
  } catch (error) {
    if (duplicateKey(error) !== null) return taken;
    if (error instanceof Error && 'code' in error && error.code === 'ALREADY_EXISTS')
      return (await isLinked(ctx, id, provider.id, told)) ? { linked: provider.id } : taken;
    throw error;
  }
}

/** Coming back twice is no mistake. */
async function isLinked(ctx: OAuthCtx, userId: string, provider: string, told: ProviderIdentity): Promise<boolean> {
  const holder = await ctx.users.findByIdentity(provider, told.subject);
  return holder?._id.toHexString() === userId;
}

export async function listIdentities(ctx: Ctx<'users'>): Promise<z.output<typeof OAuthIdentities>> {
  const user = (await ctx.users.findById(ctx.caller.id)) ?? fail('NOT_FOUND');
  return {
    items: (user.identities ?? []).map(({ provider, linked_at, profile: { name, email, avatar } }) => ({
      provider,
      name,
      email,
      avatar,
      linked_at,
    })),
  };
}

/** @throws AppError NOT_FOUND when it is not linked; LAST_CREDENTIAL */
export async function unlinkProvider(
  ctx: Ctx<'users' | 'live' | 'clock' | 'config' | 'transact' | 'audit' | 'log' | 'queueMessage'>,
  { provider }: { provider: string },
): Promise<void> {
  const { id } = ctx.caller;
  const user = (await ctx.users.findById(id)) ?? fail('NOT_FOUND');
  if (!user.identities?.some((identity) => identity.provider === provider))
    fail('NOT_FOUND', { detail: 'It is not linked' });
  requireOtherWay(ctx, user, `identity:${provider}`);
  const { $set, $inc } = staleTokens(ctx.clock.now());
  await ctx.transact(async (tx) => {
    const unlinked = await ctx.users.update(
      id,
      // Of two that remove the two last ways in, the second sees that the first has been there.
      { 'security.token_epoch': user.security.token_epoch },
      { $set, $inc, $pull: { identities: { provider } } },
      tx,
    );
    if (!unlinked) return fail('INVALID_TRANSITION', { detail: 'The account was changed meanwhile, try again' });
    announceEpoch(ctx, tx, unlinked);
    await recordAct(ctx, tx, { act: 'auth.identity_unlinked', target: { kind: 'user', id }, details: { provider } });
    return tellOfChange(ctx, tx, id, 'identity', 'removed');
  });
}
