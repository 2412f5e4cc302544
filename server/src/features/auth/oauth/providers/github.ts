// GitHub: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
import { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import type { ProviderDeps } from './deps.ts';
import { profileText, toIdentity } from './identity.ts';
import { createOAuth2Client } from './oauth2.ts';
import type { OAuthProvider } from './provider.ts';

const User = z.object({ id: z.int().positive(), login: profileText, name: profileText, avatar_url: profileText });

const Emails = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }).nullable().catch(null),
);

/** The subject is the number: a login can be changed, and be taken by another then. */
export function createGithubProvider(id: string, config: OAuthProviderOf<'github'>, deps: ProviderDeps): OAuthProvider {
  // It sends `https://github.com/login/oauth`; GitHub Enterprise the same below its own host.
  const client = createOAuth2Client(config, config.authorize_url.replace(/\/authorize$/, ''), deps);
  const showsEmails = config.scopes.some((scope) => scope === 'user:email' || scope === 'user');
  return {
    id,
    kind: config.kind,
    displayName: config.display_name,
    authorizationUrl: async (request) => client.authorizationUrl(request),
    async identify(callback, request) {
      const read = await client.exchange(callback, request);
      const user = await read(config.userinfo_url, User);
      // The address of the public profile is whichever the person shows there, so it is not looked at.
      const emails = showsEmails ? await read(config.emails_url, Emails) : [];
      const primary = emails.find((one) => one?.primary);
      return toIdentity({
        subject: String(user.id),
        names: [user.name, user.login],
        avatar: user.avatar_url,
        email: primary?.email,
        emailVerified: primary?.verified === true,
        region: deps.defaultRegion,
        ids: { login: user.login },
      });
    },
  };
}
