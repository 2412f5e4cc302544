// WeChat's QR code for websites: https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html
import { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import { askProvider, readAnswer, withQuery } from './ask.ts';
import { readCode } from './callback.ts';
import type { ProviderDeps } from './deps.ts';
import { checkErrcode } from './errcode.ts';
import { idText, perhapsId, profileText, toIdentity } from './identity.ts';
import type { OAuthProvider } from './provider.ts';

const Token = z.object({ access_token: z.string().min(1), openid: idText, unionid: perhapsId });

const Profile = z.object({ openid: idText, unionid: perhapsId, nickname: profileText, headimgurl: profileText });

/**
 * The subject is the union id, which all applications of one developer see alike, or else the openid, which is this application's own:
 * an application that joins a developer account later tells both, so both are among the ids.
 */
export function createWechatProvider(
  id: string,
  config: OAuthProviderOf<'wechat'>,
  { defaultRegion, timeout }: ProviderDeps,
): OAuthProvider {
  const { client_id: appid } = config;
  return {
    id,
    kind: config.kind,
    displayName: config.display_name,
    async authorizationUrl({ redirectUri, state, language }) {
      const url = withQuery(config.authorize_url, {
        appid,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: config.scopes.join(','),
        state,
        lang: language === 'zh' ? 'cn' : 'en',
      });
      url.hash = 'wechat_redirect';
      return url;
    },
    async identify(callback, { language }) {
      const code = readCode(callback, 'code');
      const exchanged = await askProvider(config.token_url, {
        query: { appid, secret: config.client_secret, code, grant_type: 'authorization_code' },
        timeout,
      });
      checkErrcode(exchanged);
      const token = readAnswer(exchanged, Token);
      const told = await askProvider(config.userinfo_url, {
        query: { access_token: token.access_token, openid: token.openid, lang: language === 'zh' ? 'zh_CN' : 'en' },
        timeout,
      });
      checkErrcode(told);
      const profile = readAnswer(told, Profile.extend({ openid: z.literal(token.openid) }));
      const unionid = token.unionid ?? profile.unionid;
      return toIdentity({
        subject: unionid ?? token.openid,
        // An app that joins a developer account later begins to tell unionids.
        ...(unionid === undefined ? {} : { formerSubject: token.openid }),
        names: [profile.nickname],
        avatar: profile.headimgurl,
        region: defaultRegion,
        ids: { appid, openid: token.openid, unionid },
      });
    },
  };
}
