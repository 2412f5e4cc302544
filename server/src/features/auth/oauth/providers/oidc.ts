// Any OpenID Connect issuer: PKCE, nonce, an ID token whose signature is checked, the issuer's name in its answers (RFC 9207).
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  fetchUserInfo,
  skipStateCheck,
} from 'openid-client';
import type { ProviderDeps } from './deps.ts';
import { toIdentity } from './identity.ts';
import { withLibrary } from './library.ts';
import { type Claims, completeClaims, readClaims } from './oidc-claims.ts';
import { type OidcConfig, rememberServer } from './oidc-server.ts';
import { challengeOf } from './pkce.ts';
import type { AuthorizationRequest, OAuthProvider } from './provider.ts';

/** @param isVerified - whether the claims say so of their e-mail address */
export function createOidcProvider(
  id: string,
  config: OidcConfig,
  deps: ProviderDeps,
  isVerified: (claims: Claims) => boolean = ({ email_verified }) => email_verified,
): OAuthProvider {
  const remembered = rememberServer(config, deps);

  async function readToken(server: Configuration, callback: URL, request: AuthorizationRequest) {
    // The library takes the redirect URI from the callback, which may have come through a proxy under another name.
    const called = new URL(request.redirectUri);
    called.search = callback.search;
    const sent = [config.client_secret, request.codeVerifier, callback.searchParams.get('code') ?? ''];
    return withLibrary(config.issuer, sent, async () => {
      const tokens = await authorizationCodeGrant(server, called, {
        pkceCodeVerifier: request.codeVerifier,
        expectedNonce: request.nonce,
        expectedState: skipStateCheck,
        idTokenExpected: true,
      });
      return { accessToken: tokens.access_token, claims: tokens.claims() ?? {} };
    });
  }

  return {
    id,
    kind: config.kind,
    displayName: config.display_name,
    async authorizationUrl({ redirectUri, state, nonce, codeVerifier, language }) {
      const server = await remembered.get();
      const parameters = {
        redirect_uri: redirectUri,
        scope: config.scopes.join(' '),
        state,
        nonce,
        code_challenge: challengeOf(codeVerifier),
        code_challenge_method: 'S256',
        ui_locales: language === 'zh' ? 'zh-CN' : 'en',
      };
      return withLibrary(config.issuer, [], async () => buildAuthorizationUrl(server, parameters));
    },
    async identify(callback, request) {
      const server = await remembered.get();
      const token = await readToken(server, callback, request);
      const claims = await completeClaims(readClaims(token.claims, config.issuer), async ({ sub }) => {
        if (server.serverMetadata().userinfo_endpoint === undefined) return null;
        return withLibrary(config.issuer, [token.accessToken], () => fetchUserInfo(server, token.accessToken, sub));
      });
      return toIdentity({
        subject: claims.sub,
        names: [claims.name, claims.preferred_username],
        avatar: claims.picture,
        email: claims.email,
        emailVerified: isVerified(claims),
        phone: claims.phone_number_verified ? claims.phone_number : undefined,
        region: deps.defaultRegion,
        ids: { preferred_username: claims.preferred_username, hosted_domain: claims.hd },
      });
    },
  };
}
