// A fake of DingTalk: login.dingtalk.com, api.dingtalk.com and oapi.dingtalk.com.
import { askConsent, complain, type FakePerson, type People } from './consent.ts';
import { createGrants, grantOf } from './grants.ts';
import { type FakeOptions, type FakeReply, readJsonBody, startFakeServer } from './server.ts';
import { createTickets } from './tickets.ts';

const APP = {
  key: 'dingfakeappkey012345',
  secret: 'dingtalk-fake-secret-0123456789',
  corpId: 'dingfakecorp0123456789',
};

/** What the company knows of somebody: 0 is a member, 1 an outside contact. */
interface Member {
  readonly contact_type: 0 | 1;
  readonly userid: string;
}

const makePeople = (): People<Member> => ({
  lilei: {
    label: '李雷',
    profile: {
      unionId: 'FakeUnionIdLilei',
      openId: 'FakeOpenIdLilei',
      nick: '李雷',
      avatarUrl: 'https://static-legacy.dingtalk.com/media/lilei.png',
      mobile: '13800138000',
      stateCode: '86',
      email: 'LiLei@example.com',
    },
    facts: { contact_type: 0, userid: 'manager4220' },
  },
  hanmeimei: {
    label: '韩梅梅 (香港号码, 无邮箱)',
    profile: {
      unionId: 'FakeUnionIdHanMeimei',
      openId: 'FakeOpenIdHanMeimei',
      nick: '韩梅梅',
      avatarUrl: '',
      mobile: '61234567',
      stateCode: '852',
    },
    facts: { contact_type: 0, userid: '0123456789' },
  },
  contact: {
    label: '客户 (外部联系人)',
    profile: {
      unionId: 'FakeUnionIdContact',
      openId: 'FakeOpenIdContact',
      nick: '客户',
    },
    facts: { contact_type: 1, userid: 'outside1' },
  },
  outsider: {
    label: '外人 (非企业成员)',
    profile: { unionId: 'FakeUnionIdOutsider', openId: 'FakeOpenIdOutsider', nick: '外人' },
  },
});

interface Token {
  readonly person: string;
}

/** The newer API says errors by HTTP status, the older one within HTTP 200. */
const refuse = (status: number, code: string, message: string): FakeReply => ({
  status,
  body: { code, message, requestid: 'FAKE' },
});
const refuseOld = (errcode: number, errmsg: string): FakeReply => ({ body: { errcode, errmsg, request_id: 'fake' } });

export interface FakeDingtalkOptions extends FakeOptions {
  /** Documented is `authCode`; `code` is seen in the wild. */
  readonly codeParameter?: 'authCode' | 'code';
}

/**
 * @example
 * const dingtalk = await startFakeDingtalk({ port: 9202 });
 * // oauth.providers: { dingtalk: dingtalk.config }
 */
export async function startFakeDingtalk(options: FakeDingtalkOptions = {}) {
  const { now = () => new Date(), codeParameter = 'authCode' } = options;
  const people = makePeople();
  const grants = createGrants(now);
  const access = createTickets<Token>(now, 7200_000);
  const refresh = createTickets<Token>(now, 30 * 86_400_000);
  const appTokens = createTickets<object>(now, 7200_000);

  const tokens = (person: string, more: object = {}): FakeReply => ({
    body: { accessToken: access.issue({ person }), refreshToken: refresh.issue({ person }), expireIn: 7200, ...more },
  });

  /** What stops the application itself from asking. */
  const checkAppToken = (token: string | null): FakeReply | null => {
    const read = appTokens.read(token ?? '');
    if (read === 'expired') return refuseOld(42001, 'access_token超时');
    return read === 'unknown' ? refuseOld(40014, `不合法的access_token ${token}`) : null;
  };
  const findMember = (isAsked: (person: FakePerson<Member>) => boolean) =>
    Object.values(people).find((person) => person.facts !== undefined && isAsked(person));
  const nobody = refuseOld(60121, '找不到该用户');

  const server = await startFakeServer(options, () => ({
    'GET /oauth2/auth': (request) => {
      const { query } = request;
      const scopes = (query.get('scope') ?? '').split(' ');
      if (query.get('client_id') !== APP.key) return complain('client_id 不存在');
      if (query.get('response_type') !== 'code' || query.get('prompt') !== 'consent') return complain('参数错误');
      if (!scopes.includes('openid')) return complain('scope 错误');
      const wantsCorp = query.has('corpId');
      if (wantsCorp && (!scopes.includes('corpid') || query.get('exclusiveLogin') !== 'true'))
        return complain('corpId 需要 scope corpid');
      return askConsent(request, {
        title: '钉钉登录',
        people,
        allow: (person) => ({ [codeParameter]: grants.issue(grantOf(person, request)) }),
        deny: { error: 'access_denied' },
      });
    },
    'POST /v1.0/oauth2/userAccessToken': (request) => {
      const { clientId, clientSecret, code = '', grantType, refreshToken = '' } = readJsonBody(request);
      if (clientId !== APP.key || clientSecret !== APP.secret)
        return refuse(400, 'invalidClientIdOrSecret', `无效的clientId或者clientSecret ${clientSecret}`);
      const token = grantType === 'refresh_token' ? refresh.redeem(refreshToken) : null;
      if (typeof token === 'string') return refuse(400, 'invalidRefreshToken', '不合法的refreshToken');
      if (token !== null) return tokens(token.person);
      const grant = grants.redeem(code);
      if (typeof grant === 'string')
        return refuse(400, 'invalidParameter.authCode.notFound', `不合法的临时授权码 ${code}`);
      return tokens(grant.person, grant.scopes.includes('corpid') ? { corpId: APP.corpId } : {});
    },
    'GET /v1.0/contact/users/me': ({ headers }) => {
      const header = headers['x-acs-dingtalk-access-token'];
      const token = access.read(typeof header === 'string' ? header : '');
      if (typeof token === 'string')
        return refuse(401, 'InvalidAuthentication', `不合法的access_token ${String(header)}`);
      return { body: people[token.person]?.profile ?? {} };
    },
    'POST /v1.0/oauth2/accessToken': (request) => {
      const { appKey, appSecret } = readJsonBody(request);
      if (appKey !== APP.key || appSecret !== APP.secret)
        return refuse(400, 'invalidClientIdOrSecret', `无效的clientId或者clientSecret ${appSecret}`);
      return { body: { accessToken: appTokens.issue({}), expireIn: 7200 } };
    },
    'POST /topapi/user/getbyunionid': (request) => {
      const { unionid } = readJsonBody(request);
      const member = findMember(({ profile }) => profile.unionId === unionid);
      const found = { body: { errcode: 0, errmsg: 'ok', result: member?.facts, request_id: 'fake' } };
      return checkAppToken(request.query.get('access_token')) ?? (member ? found : nobody);
    },
    'POST /topapi/v2/user/get': (request) => {
      const { userid } = readJsonBody(request);
      const member = findMember(({ facts }) => facts?.userid === userid);
      const result = { userid, unionid: member?.profile.unionId, name: member?.profile.nick, active: true };
      const found = { body: { errcode: 0, errmsg: 'ok', result, request_id: 'fake' } };
      return checkAppToken(request.query.get('access_token')) ?? (member ? found : nobody);
    },
  }));
  return {
    ...server,
    people,
    /** Takes back the application's tokens before their time. */
    revokeAppTokens: () => appTokens.revokeAll(),
    corpId: APP.corpId,
    config: {
      kind: 'dingtalk' as const,
      client_id: APP.key,
      client_secret: APP.secret,
      authorize_url: `${server.url}/oauth2/auth`,
      token_url: `${server.url}/v1.0/oauth2/userAccessToken`,
      userinfo_url: `${server.url}/v1.0/contact/users/me`,
      app_token_url: `${server.url}/v1.0/oauth2/accessToken`,
      member_url: `${server.url}/topapi/user/getbyunionid`,
    },
  };
}
