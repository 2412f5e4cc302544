// An OpenID Connect issuer as openid-client knows it: found by discovery, kept for an hour.
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import type { ProviderDeps } from './deps.ts';
import { createFetch, withLibrary } from './library.ts';
import { ProviderError } from './provider.ts';
import { type Remembered, remember } from './remember.ts';

export type OidcConfig = OAuthProviderOf<'oidc' | 'google'>;

const METADATA_LIFE = 60 * 60_000;

export const rememberServer = (config: OidcConfig, { clock, timeout }: ProviderDeps): Remembered<Configuration> =>
  remember(clock, async () => {
    const value = await discover(config, timeout);
    return { value, until: new Date(clock.now().getTime() + METADATA_LIFE) };
  });

/** @throws ProviderError `unavailable`, also where the metadata are somebody else's */
async function discover(config: OidcConfig, timeout: number): Promise<Configuration> {
  const metadata = { client_secret: config.client_secret };
  const options = {
    [customFetch]: createFetch(timeout),
    execute: [
      // Without it the library trusts TLS and leaves the signature unread (OpenID Connect Core §3.1.3.7, 6).
      enableNonRepudiationChecks,
      // What the metadata of an https issuer name must be https, too.
      ...(config.issuer.startsWith('http:') ? [allowInsecureRequests] : []),
    ],
  };
  try {
    return await withLibrary(config.issuer, [], () =>
      discovery(new URL(config.issuer), config.client_id, metadata, authenticate(config.client_secret), options),
    );
  } catch (error) {
    throw error instanceof ProviderError ? new ProviderError('unavailable', error.message) : error;
  }
}

/** In the body where the issuer allows it: not all decode the header as RFC 6749 §2.3.1 has it encoded. */
function authenticate(secret: string): ClientAuth {
  const [post, basic] = [ClientSecretPost(secret), ClientSecretBasic(secret)];
  return (server, ...rest) => {
    // OpenID Connect Discovery §3: without a list it is Basic.
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_post') ? post : basic)(server, ...rest);
  };
}
