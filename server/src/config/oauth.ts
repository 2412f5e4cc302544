// The `oauth` section: the sign-in providers by the ids that stand in addresses and identities, each with where it is asked.
import { z } from 'zod';
import { closed } from './closed.ts';
import { flag, list, matching, secret, structure, text } from './fields.ts';
import type { Finding } from './problems.ts';
import type { Config } from './schema.ts';

/** Neither credentials nor a query: `config print`, logs and errors show addresses. */
function url(mend: string) {
  const isUsable = (raw: string): boolean => /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(raw) && URL.canParse(raw);
  const ways = `${mend}: http(s), without credentials, query and fragment`;
  return text(ways).refine(isUsable, { error: 'the value cannot be used', params: { mend: ways } });
}

const endpoint = (usual: string) => url(`Give a URL in place of ${usual}`).prefault(usual);

/** OpenID Connect Discovery §4: the metadata stand below the issuer, and name it. */
function issuer() {
  const mend = 'Give the issuer alone: what stands before /.well-known/openid-configuration';
  return url(mend).refine((raw) => !raw.includes('/.well-known/'), { error: 'names the metadata', params: { mend } });
}

const scopeItem = (item: unknown) =>
  typeof item === 'string' && /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/.test(item) ? item : undefined;

const common = (
  name: string,
  scopes: readonly string[],
  client = 'Give the id that the provider issued, in quotes',
) => ({
  client_id: text(client),
  client_secret: secret(),
  display_name: text('Give the name that buttons show').prefault(name),
  /** Whether an account may be linked by an address or number that the provider vouches for. */
  trust_email: flag().prefault(false),
  scopes: list(scopeItem, 'List scopes, such as openid, email').prefault(scopes),
});

const openid = () => {
  const usual = ['openid', 'email', 'profile'];
  return list(scopeItem, 'List scopes, openid among them')
    .prefault(usual)
    .refine((scopes) => scopes.includes('openid'), {
      error: 'openid is not among them',
      params: { mend: 'Add openid: without it there is no ID token' },
    });
};

const companyOnly = () => flag().prefault(true);

/** A company's administrators vouch for the addresses of its members: those of every company would open accounts here. */
function refuseTrustInEverybody(
  { company_only, trust_email }: { readonly company_only: boolean; readonly trust_email: boolean },
  ctx: z.RefinementCtx,
): void {
  if (company_only || !trust_email) return;
  const mend = 'Leave out one of trust_email: true and company_only: false';
  ctx.addIssue({ code: 'custom', path: ['trust_email'], message: 'would trust every company', params: { mend } });
}

const feishu = closed({
  kind: z.literal('feishu'),
  ...common('Feishu', []),
  company_only: companyOnly(),
  tenant_key: text('Give the tenant key of your company').optional(),
  authorize_url: endpoint('https://accounts.feishu.cn/open-apis/authen/v1/authorize'),
  token_url: endpoint('https://open.feishu.cn/open-apis/authen/v2/oauth/token'),
  userinfo_url: endpoint('https://open.feishu.cn/open-apis/authen/v1/user_info'),
}).superRefine(({ company_only, trust_email, tenant_key }, ctx) => {
  refuseTrustInEverybody({ company_only, trust_email }, ctx);
  if (!company_only || tenant_key !== undefined) return;
  const mend = 'Give the tenant key of your company, or company_only: false to let every company in';
  ctx.addIssue({ code: 'custom', path: ['tenant_key'], message: 'is missing', params: { mend } });
});

const providers = [
  closed({
    kind: z.literal('wechat'),
    ...common('WeChat', ['snsapi_login']),
    authorize_url: endpoint('https://open.weixin.qq.com/connect/qrconnect'),
    token_url: endpoint('https://api.weixin.qq.com/sns/oauth2/access_token'),
    userinfo_url: endpoint('https://api.weixin.qq.com/sns/userinfo'),
  }),
  closed({
    kind: z.literal('dingtalk'),
    ...common('DingTalk', ['openid']),
    company_only: companyOnly(),
    /** Named, people choose no company: theirs is this one. */
    corp_id: text('Give the corp id, such as ding0123456789abcdef').optional(),
    authorize_url: endpoint('https://login.dingtalk.com/oauth2/auth'),
    token_url: endpoint('https://api.dingtalk.com/v1.0/oauth2/userAccessToken'),
    userinfo_url: endpoint('https://api.dingtalk.com/v1.0/contact/users/me'),
    app_token_url: endpoint('https://api.dingtalk.com/v1.0/oauth2/accessToken'),
    member_url: endpoint('https://oapi.dingtalk.com/topapi/user/getbyunionid'),
  }).superRefine(refuseTrustInEverybody),
  closed({
    kind: z.literal('wecom'),
    ...common('WeCom', ['snsapi_base'], 'Give the corp id, such as ww0123456789abcdef'),
    company_only: companyOnly(),
    agent_id: matching(/^\d{1,20}$/, "Give the application's AgentId in quotes"),
    authorize_url: endpoint('https://login.work.weixin.qq.com/wwlogin/sso/login'),
    /** For browsers inside the WeCom app. */
    in_app_authorize_url: endpoint('https://open.weixin.qq.com/connect/oauth2/authorize'),
    app_token_url: endpoint('https://qyapi.weixin.qq.com/cgi-bin/gettoken'),
    userinfo_url: endpoint('https://qyapi.weixin.qq.com/cgi-bin/auth/getuserinfo'),
    member_url: endpoint('https://qyapi.weixin.qq.com/cgi-bin/user/get'),
    detail_url: endpoint('https://qyapi.weixin.qq.com/cgi-bin/auth/getuserdetail'),
  }).superRefine(refuseTrustInEverybody),
  feishu,
  closed({
    kind: z.literal('google'),
    ...common('Google', []),
    scopes: openid(),
    issuer: issuer().prefault('https://accounts.google.com'),
  }),
  closed({
    kind: z.literal('github'),
    ...common('GitHub', ['read:user', 'user:email']),
    authorize_url: endpoint('https://github.com/login/oauth/authorize'),
    token_url: endpoint('https://github.com/login/oauth/access_token'),
    userinfo_url: endpoint('https://api.github.com/user'),
    emails_url: endpoint('https://api.github.com/user/emails'),
  }),
  closed({
    kind: z.literal('discord'),
    ...common('Discord', ['identify', 'email']),
    authorize_url: endpoint('https://discord.com/oauth2/authorize'),
    token_url: endpoint('https://discord.com/api/oauth2/token'),
    userinfo_url: endpoint('https://discord.com/api/users/@me'),
  }),
  closed({
    kind: z.literal('oidc'),
    ...common('OpenID Connect', []),
    scopes: openid(),
    issuer: issuer(),
  }),
] as const;

const kinds = providers.map(({ shape }) => shape.kind.value).join(', ');
const provider = z.discriminatedUnion('kind', providers, {
  error: ({ code }) => (code === 'invalid_union' ? `is none of ${kinds}` : undefined),
});

export type OAuthProviderConfig = z.output<typeof provider>;
/** One provider of that kind, as it was read. */
export type OAuthProviderOf<Kind extends OAuthProviderConfig['kind']> = Extract<OAuthProviderConfig, { kind: Kind }>;
/** One provider as it is written. */
export type RawOAuthProvider = z.input<typeof provider>;

const byId = z.record(z.string(), provider).superRefine((record, ctx) => {
  for (const id of Object.keys(record).filter((key) => !/^[a-z0-9][a-z0-9_-]{0,31}$/.test(key))) {
    const mend = 'Give an id of 1 to 32 characters of a-z 0-9 _ -, a letter or digit first';
    ctx.addIssue({ code: 'custom', path: [id], message: 'is no id', params: { mend } });
  }
});

export const oauthSection = z.strictObject({ providers: structure(byId) });

/** What production mode refuses: codes, secrets and tokens that travel in the clear. */
export function oauthProductionProblems({ oauth, security }: Pick<Config, 'oauth' | 'security'>): Finding[] {
  if (security.allow_insecure.includes('http')) return [];
  const mend = 'Give an https URL, or name http in security.allow_insecure';
  const message = 'secrets and codes would travel in the clear';
  return Object.entries(oauth.providers).flatMap(([id, settings]) =>
    Object.entries(settings)
      .filter(([name, value]) => /(^issuer|_url)$/.test(name) && String(value).startsWith('http:'))
      .map(([name]) => ({ key: `oauth.providers.${id}.${name}`, message, mend })),
  );
}
