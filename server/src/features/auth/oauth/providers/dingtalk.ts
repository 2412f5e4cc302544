// DingTalk: https://open.dingtalk.com/document/orgapp/tutorial-obtaining-user-personal-information
import { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import { createAppToken } from './app-token.ts';
import { askProvider, type ProviderAnswer, readAnswer, refusal, withQuery } from './ask.ts';
import { readCode } from './callback.ts';
import type { ProviderDeps } from './deps.ts';
import { checkErrcode } from './errcode.ts';
import { furtherId, idText, profileText, toIdentity } from './identity.ts';
import { type OAuthProvider, ProviderError } from './provider.ts';

const Token = z.object({ accessToken: z.string().min(1), corpId: furtherId });
const AppToken = z.object({ accessToken: z.string().min(1), expireIn: z.number() });

const Profile = z.object({
  unionId: idText,
  openId: furtherId,
  nick: profileText,
  avatarUrl: profileText,
  email: profileText,
  mobile: profileText,
  stateCode: profileText,
});

/** 1 are contacts of the company that do not belong to it: customers, suppliers. */
const Member = z.object({ result: z.object({ userid: idText, contact_type: z.literal([0, 1]) }) });

export function createDingtalkProvider(
  id: string,
  config: OAuthProviderOf<'dingtalk'>,
  { clock, timeout }: ProviderDeps,
): OAuthProvider {
  const withAppToken = createAppToken(clock, async () => {
    const answer = await askProvider(config.app_token_url, {
      json: { appKey: config.client_id, appSecret: config.client_secret },
      timeout,
    });
    checkStatus(answer);
    const { accessToken, expireIn } = readAnswer(answer, AppToken);
    return { token: accessToken, expiresInSeconds: expireIn };
  });

  /** The userid within the company. @throws ProviderError `not_a_member` */
  async function requireMember(unionid: string): Promise<string> {
    const answer = await withAppToken((token) =>
      askProvider(config.member_url, { query: { access_token: token }, json: { unionid }, timeout }),
    );
    checkErrcode(answer, { 60121: 'not_a_member' });
    const { result } = readAnswer(answer, Member);
    if (result.contact_type !== 0) throw new ProviderError('not_a_member', 'an outside contact of the company');
    return result.userid;
  }

  return {
    id,
    kind: config.kind,
    displayName: config.display_name,
    async authorizationUrl({ redirectUri, state }) {
      const { corp_id: corpId, scopes } = config;
      return withQuery(config.authorize_url, {
        client_id: config.client_id,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: [...new Set([...scopes, ...(corpId === undefined ? [] : ['corpid'])])].join(' '),
        state,
        prompt: 'consent',
        ...(corpId !== undefined && { corpId, org_type: 'management', exclusiveLogin: 'true' }),
      });
    },
    async identify(callback) {
      const code = readCode(callback, 'authCode', 'code');
      const exchanged = await askProvider(config.token_url, {
        json: {
          clientId: config.client_id,
          clientSecret: config.client_secret,
          code,
          grantType: 'authorization_code',
        },
        timeout,
      });
      checkStatus(exchanged);
      const { accessToken, corpId } = readAnswer(exchanged, Token);
      const told = await askProvider(config.userinfo_url, {
        headers: { 'x-acs-dingtalk-access-token': accessToken },
        timeout,
      });
      checkStatus(told);
      const profile = readAnswer(told, Profile);
      const userid = config.company_only ? await requireMember(profile.unionId) : undefined;
      return toIdentity({
        subject: profile.unionId,
        names: [profile.nick],
        avatar: profile.avatarUrl,
        email: profile.email,
        phone: joinPhone(profile.stateCode, profile.mobile),
        region: 'CN',
        ids: { unionid: profile.unionId, openid: profile.openId, userid, corp_id: corpId },
      });
    },
  };
}

const Said = z.object({ code: z.unknown(), message: z.unknown() }).partial().catch({});

/** Its newer API, unlike the rest of the Chinese providers, says errors by HTTP status. */
function checkStatus(answer: ProviderAnswer): void {
  if (answer.status !== 200) throw refusal(answer, Said.parse(answer.body));
}

function joinPhone(stateCode: string | undefined, mobile: string | undefined): string | undefined {
  if (mobile === undefined || stateCode === undefined || mobile.startsWith('+')) return mobile;
  return `+${stateCode.replace(/^\+/, '')}${mobile}`;
}
