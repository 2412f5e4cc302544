// The providers that the configuration names, by id.
import type { OAuthProviderConfig } from '../../../../config/oauth.ts';
import type { ProviderDeps } from './deps.ts';
import { createDingtalkProvider } from './dingtalk.ts';
import { createDiscordProvider } from './discord.ts';
import { createFeishuProvider } from './feishu.ts';
import { createGithubProvider } from './github.ts';
import { createGoogleProvider } from './google.ts';
import { createOidcProvider } from './oidc.ts';
import type { OAuthProvider } from './provider.ts';
import { createWechatProvider } from './wechat.ts';
import { createWecomProvider } from './wecom.ts';

export interface OAuthProvidersDeps extends Omit<ProviderDeps, 'timeout'> {
  /** Milliseconds that a provider has for each answer; 10,000 when absent. */
  readonly timeout?: number;
}

/**
 * In the order of the configuration. Nothing is asked of a provider before somebody signs in.
 *
 * @example
 * const providers = createOAuthProviders(config.oauth.providers, { clock, defaultRegion: config.auth.default_region });
 * const url = await providers.get('wechat')?.authorizationUrl(request);
 */
export function createOAuthProviders(
  configured: Readonly<Record<string, OAuthProviderConfig>>,
  { timeout = 10_000, ...deps }: OAuthProvidersDeps,
): ReadonlyMap<string, OAuthProvider> {
  return new Map(
    Object.entries(configured).map(([id, config]) => [id, createProvider(id, config, { ...deps, timeout })] as const),
  );
}

function createProvider(id: string, config: OAuthProviderConfig, deps: ProviderDeps): OAuthProvider {
  switch (config.kind) {
    case 'wechat':
      return createWechatProvider(id, config, deps);
    case 'dingtalk':
      return createDingtalkProvider(id, config, deps);
    case 'wecom':
      return createWecomProvider(id, config, deps);
    case 'feishu':
      return createFeishuProvider(id, config, deps);
    case 'google':
      return createGoogleProvider(id, config, deps);
    case 'github':
      return createGithubProvider(id, config, deps);
    case 'discord':
      return createDiscordProvider(id, config, deps);
    case 'oidc':
      return createOidcProvider(id, config, deps);
  }
}
