// Discord: https://discord.com/developers/docs/topics/oauth2
import { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import type { ProviderDeps } from './deps.ts';
import { profileText, toIdentity } from './identity.ts';
import { createOAuth2Client } from './oauth2.ts';
import type { OAuthProvider } from './provider.ts';

const User = z.object({
  // 64 bits, so it comes as text.
  id: z.string().regex(/^\d{1,20}$/),
  username: profileText,
  global_name: profileText,
  /** The hash of the picture. */
  avatar: z
    .string()
    .regex(/^(a_)?[0-9a-f]{32}$/)
    .optional()
    .catch(undefined),
  email: profileText,
  verified: z.boolean().optional().catch(undefined),
});

export function createDiscordProvider(
  id: string,
  config: OAuthProviderOf<'discord'>,
  deps: ProviderDeps,
): OAuthProvider {
  const client = createOAuth2Client(config, new URL(config.authorize_url).origin, deps);
  return {
    id,
    kind: config.kind,
    displayName: config.display_name,
    authorizationUrl: async (request) => client.authorizationUrl(request),
    async identify(callback, request) {
      const read = await client.exchange(callback, request);
      const user = await read(config.userinfo_url, User);
      return toIdentity({
        subject: user.id,
        names: [user.global_name, user.username],
        avatar: user.avatar && `https://cdn.discordapp.com/avatars/${user.id}/${user.avatar}.png`,
        email: user.email,
        emailVerified: user.verified === true,
        region: deps.defaultRegion,
        ids: { username: user.username },
      });
    },
  };
}
