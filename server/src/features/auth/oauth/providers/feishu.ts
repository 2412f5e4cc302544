// Feishu, and Lark at other addresses: https://open.feishu.cn/document/authentication-management/access-token/get-user-access-token
import { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import { askProvider, type ProviderAnswer, readAnswer, refusal, withQuery } from './ask.ts';
import { readCode } from './callback.ts';
import type { ProviderDeps } from './deps.ts';
import { furtherId, idText, profileText, toIdentity } from './identity.ts';
import { challengeOf } from './pkce.ts';
import { type OAuthProvider, ProviderError, type ProviderFailure } from './provider.ts';

const Token = z.object({ access_token: z.string().min(1) });

const Profile = z.object({
  data: z.object({
    union_id: idText,
    tenant_key: idText,
    open_id: furtherId,
    user_id: furtherId,
    name: profileText,
    en_name: profileText,
    avatar_url: profileText,
    email: profileText,
    enterprise_email: profileText,
    mobile: profileText,
  }),
});

export function createFeishuProvider(
  id: string,
  config: OAuthProviderOf<'feishu'>,
  { defaultRegion, timeout }: ProviderDeps,
): OAuthProvider {
  return {
    id,
    kind: config.kind,
    displayName: config.display_name,
    async authorizationUrl({ redirectUri, state, codeVerifier }) {
      return withQuery(config.authorize_url, {
        client_id: config.client_id,
        redirect_uri: redirectUri,
        response_type: 'code',
        ...(config.scopes.length > 0 && { scope: config.scopes.join(' ') }),
        state,
        code_challenge: challengeOf(codeVerifier),
        code_challenge_method: 'S256',
      });
    },
    async identify(callback, { redirectUri, codeVerifier }) {
      const code = readCode(callback, 'code');
      const exchanged = await askProvider(config.token_url, {
        json: {
          grant_type: 'authorization_code',
          client_id: config.client_id,
          client_secret: config.client_secret,
          code,
          redirect_uri: redirectUri,
          code_verifier: codeVerifier,
        },
        timeout,
      });
      checkCode(exchanged);
      const { access_token: token } = readAnswer(exchanged, Token);
      const told = await askProvider(config.userinfo_url, { headers: { authorization: `Bearer ${token}` }, timeout });
      checkCode(told);
      const { data } = readAnswer(told, Profile);
      if (config.company_only && data.tenant_key !== config.tenant_key)
        throw new ProviderError('not_a_member', 'a person of another company');
      return toIdentity({
        subject: `${data.tenant_key}:${data.union_id}`,
        names: [data.name, data.en_name],
        avatar: data.avatar_url,
        // The one that the company's own mail server gave, where there is one; neither is said to be verified.
        email: data.enterprise_email || data.email,
        phone: data.mobile,
        region: defaultRegion,
        ids: {
          union_id: data.union_id,
          tenant_key: data.tenant_key,
          open_id: data.open_id,
          user_id: data.user_id,
        },
      });
    },
  };
}

const Said = z
  .object({ code: z.unknown(), msg: z.unknown(), error: z.unknown(), error_description: z.unknown() })
  .partial()
  .catch({});

/** 20010: the company did not give the application to this person. 20050: an error of its own. */
const meanings: Readonly<Record<string, ProviderFailure>> = { '20010': 'not_a_member', '20050': 'unavailable' };

function checkCode(answer: ProviderAnswer): void {
  const { code, msg, error, error_description } = Said.parse(answer.body);
  if (answer.status === 200 && code === 0) return;
  throw refusal(answer, { code, message: error_description ?? msg ?? error }, meanings[String(code)]);
}
