// WeCom, for the members of one company: https://developer.work.weixin.qq.com/document/path/98151
import { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import { createAppToken } from './app-token.ts';
import { askProvider, readAnswer, withQuery } from './ask.ts';
import { readCode } from './callback.ts';
import type { ProviderDeps } from './deps.ts';
import { checkErrcode } from './errcode.ts';
import { toIdentity } from './identity.ts';
import { type AuthorizationRequest, type OAuthProvider, ProviderError } from './provider.ts';
import { readMember } from './wecom-member.ts';
import { readVisitor } from './wecom-visitor.ts';

const AppToken = z.object({ access_token: z.string().min(1), expires_in: z.number() });

export function createWecomProvider(
  id: string,
  config: OAuthProviderOf<'wecom'>,
  { clock, timeout }: ProviderDeps,
): OAuthProvider {
  const { client_id: corpId } = config;
  const withAppToken = createAppToken(clock, async () => {
    const query = { corpid: corpId, corpsecret: config.client_secret };
    const answer = await askProvider(config.app_token_url, { query, timeout });
    checkErrcode(answer);
    const { access_token, expires_in } = readAnswer(answer, AppToken);
    return { token: access_token, expiresInSeconds: expires_in };
  });

  return {
    id,
    kind: config.kind,
    displayName: config.display_name,
    authorizationUrl: async (request) =>
      /\bwxwork\//i.test(request.userAgent ?? '') ? pageInTheApp(config, request) : pageWithQrCode(config, request),
    async identify(callback) {
      const code = readCode(callback, 'code');
      const answer = await withAppToken((token) =>
        askProvider(config.userinfo_url, { query: { access_token: token, code }, timeout }),
      );
      checkErrcode(answer);
      const visitor = readVisitor(answer);
      if (!visitor.isMember && config.company_only)
        throw new ProviderError('not_a_member', 'a person of another company, or of none');
      const member = visitor.isMember ? await readMember(config, withAppToken, visitor, timeout) : {};
      return toIdentity({
        subject: `${corpId}:${visitor.key}`,
        names: [member.name],
        avatar: member.avatar,
        email: member.biz_mail || member.email,
        phone: member.mobile,
        // Numbers of the mainland come without country code, wherever this server stands.
        region: 'CN',
        ids: { corp_id: corpId, ...visitor.ids },
      });
    },
  };
}

function pageWithQrCode(config: OAuthProviderOf<'wecom'>, { redirectUri, state, language }: AuthorizationRequest): URL {
  return withQuery(config.authorize_url, {
    login_type: 'CorpApp',
    appid: config.client_id,
    agentid: config.agent_id,
    redirect_uri: redirectUri,
    state,
    lang: language,
  });
}

/** https://developer.work.weixin.qq.com/document/path/91022 */
function pageInTheApp(config: OAuthProviderOf<'wecom'>, { redirectUri, state }: AuthorizationRequest): URL {
  const url = withQuery(config.in_app_authorize_url, {
    appid: config.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: config.scopes.join(','),
    state,
    agentid: config.agent_id,
  });
  url.hash = 'wechat_redirect';
  return url;
}
