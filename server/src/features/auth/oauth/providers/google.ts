// Google, an OpenID Connect issuer: https://developers.google.com/identity/openid-connect/openid-connect
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import type { ProviderDeps } from './deps.ts';
import { createOidcProvider } from './oidc.ts';
import type { OAuthProvider } from './provider.ts';

/**
 * Google verified other addresses once, when the account was made, and they may be somebody else's since. It speaks for its own
 * alone, and for those of companies that it hosts.
 */
export const createGoogleProvider = (
  id: string,
  config: OAuthProviderOf<'google'>,
  deps: ProviderDeps,
): OAuthProvider =>
  createOidcProvider(
    id,
    config,
    deps,
    ({ email, email_verified, hd }) =>
      email_verified && (hd !== undefined || /@(gmail|googlemail)\.com$/i.test(email ?? '')),
  );
