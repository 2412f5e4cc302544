// The authorization code grant with providers that keep to OAuth 2.0 and PKCE, but know no ID token.
import {
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  ClientSecretPost,
  customFetch,
  processAuthorizationCodeResponse,
  protectedResourceRequest,
  skipStateCheck,
  validateAuthResponse,
} from 'oauth4webapi';
import type { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import { parseJson, readAnswer, refusal, withQuery } from './ask.ts';
import type { ProviderDeps } from './deps.ts';
import { createFetch, withLibrary } from './library.ts';
import { challengeOf } from './pkce.ts';
import type { AuthorizationRequest } from './provider.ts';

/** Reads what the person let us see. */
export type ReadResource = <T extends z.ZodType>(url: string, form: T) => Promise<z.output<T>>;

export function createOAuth2Client(
  config: OAuthProviderOf<'github' | 'discord'>,
  /** Compared with `iss` where the provider sends one (RFC 9207). */
  issuer: string,
  { timeout }: ProviderDeps,
) {
  const client = { client_id: config.client_id };
  const server: AuthorizationServer = { issuer, token_endpoint: config.token_url };
  const optionsFor = (url: string) => ({
    [customFetch]: createFetch(timeout),
    [allowInsecureRequests]: url.startsWith('http:'),
  });

  return {
    authorizationUrl: ({ redirectUri, state, codeVerifier }: AuthorizationRequest): URL =>
      withQuery(config.authorize_url, {
        client_id: config.client_id,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: config.scopes.join(' '),
        state,
        code_challenge: challengeOf(codeVerifier),
        code_challenge_method: 'S256',
      }),

    /** @throws ProviderError */
    async exchange(callback: URL, { redirectUri, codeVerifier }: AuthorizationRequest): Promise<ReadResource> {
      const sent = [config.client_secret, codeVerifier, callback.searchParams.get('code') ?? ''];
      const from = hostAndPath(config.token_url);
      const token = await withLibrary(from, sent, async () => {
        const parameters = validateAuthResponse(server, client, callback.searchParams, skipStateCheck);
        const response = await authorizationCodeGrantRequest(
          server,
          client,
          ClientSecretPost(config.client_secret),
          parameters,
          redirectUri,
          codeVerifier,
          optionsFor(config.token_url),
        );
        await checkError(response.clone(), from, sent);
        return processAuthorizationCodeResponse(server, client, response);
      });
      return async (url, form) => {
        const at = hostAndPath(url);
        const response = await withLibrary(at, [token.access_token], () =>
          protectedResourceRequest(
            token.access_token,
            'GET',
            new URL(url),
            new Headers({ accept: 'application/json' }),
            null,
            optionsFor(url),
          ),
        );
        const answer = {
          from: at,
          status: response.status,
          body: parseJson(await response.text()),
          sent: [token.access_token],
        };
        if (answer.status !== 200) throw refusal(answer, { message: 'refused' });
        return readAnswer(answer, form);
      };
    },
  };
}

/** GitHub says errors within HTTP 200. */
async function checkError(response: Response, from: string, sent: readonly string[]): Promise<void> {
  const body = parseJson(await response.text());
  if (response.status !== 200 || typeof body !== 'object' || body === null || !('error' in body)) return;
  const message = 'error_description' in body ? body.error_description : undefined;
  throw refusal({ from, status: response.status, body, sent }, { code: body.error, message });
}

function hostAndPath(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
