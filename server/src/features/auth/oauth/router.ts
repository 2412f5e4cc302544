// auth.oauth: signing in by a third party.
import {
  AuthorizeInput,
  LinkProviderInput,
  OAuthCallbackInput,
  OAuthIdentities,
  Providers,
  Redirect,
  UnlinkProviderInput,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, NoInput, router } from '../../../procedure.ts';
import { authorize, finishOAuth, linkProvider, listIdentities, listProviders, unlinkProvider } from './service.ts';

export const oauthRouter = router({
  providers: endpoint({
    access: 'public',
    rest: 'GET /auth/oauth/providers',
    summary: 'List the sign-in providers there are',
    limit: 'read',
  })
    .input(NoInput)
    .output(Providers)
    .query(({ ctx }) => listProviders(ctx)),

  authorize: endpoint({
    access: 'public',
    rest: 'GET /auth/oauth/{provider}/authorize',
    summary: 'Go to a provider to sign in; a browser is sent there',
    errors: ['NOT_FOUND', 'INVALID_CLIENT', 'INVALID_REDIRECT_URI'],
    limit: 'login',
    status: 302,
  })
    .input(AuthorizeInput)
    .output(Redirect)
    .mutation(({ ctx, input }) => authorize(ctx, input)),

  callback: endpoint({
    access: 'public',
    rest: 'GET /auth/oauth/{provider}/callback',
    summary: 'Come back from a provider; the browser is sent on to the application',
    errors: ['INVALID_CODE'],
    limit: 'login',
    status: 302,
  })
    .input(OAuthCallbackInput)
    .output(Redirect)
    .mutation(({ ctx, input }) => finishOAuth(ctx, input)),

  link: endpoint({
    access: 'session',
    rest: 'POST /auth/oauth/{provider}/link',
    summary: 'Link a provider to one’s account: where the browser is to go',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'EMAIL_NOT_VERIFIED', 'INVALID_CLIENT', 'INVALID_REDIRECT_URI'],
    limit: 'login',
    stepUp: true,
  })
    .input(LinkProviderInput)
    .output(Redirect)
    .mutation(({ ctx, input }) => linkProvider(ctx, input)),

  unlink: endpoint({
    access: 'session',
    rest: 'DELETE /auth/oauth/{provider}/link',
    summary: 'Unlink a provider from one’s account',
    errors: ['NOT_FOUND', 'LAST_CREDENTIAL', 'INVALID_TRANSITION'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(UnlinkProviderInput)
    .output(z.void())
    .mutation(({ ctx, input }) => unlinkProvider(ctx, input)),

  identities: endpoint({
    access: 'session',
    rest: 'GET /auth/oauth/identities',
    summary: 'List the providers linked to one’s account',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(NoInput)
    .output(OAuthIdentities)
    .query(({ ctx }) => listIdentities(ctx)),
});
