// A fake of WeCom: login.work.weixin.qq.com, open.weixin.qq.com and qyapi.weixin.qq.com, for an internal application.
import { askConsent, complain, type People } from './consent.ts';
import { createGrants, type Grant, grantOf } from './grants.ts';
import { type FakeOptions, type FakeReply, type FakeRequest, readJsonBody, startFakeServer } from './server.ts';
import { createTickets } from './tickets.ts';

const APP = { corpId: 'wwfakecorp0123456789', secret: 'wecom-fake-secret-0123456789abcdefghij', agentId: '1000002' };

/** Whom a code belongs to. The profile is the directory's entry, of which all but the name is shown against a ticket alone. */
interface Visitor {
  readonly userid?: string;
  readonly openid?: string;
  readonly external_userid?: string;
}

const makePeople = (): People<Visitor> => ({
  lilei: {
    label: '李雷',
    profile: {
      name: '李雷',
      mobile: '13800138000',
      email: 'lilei@example.com',
      biz_mail: 'LiLei@corp.example.com',
      avatar: 'https://wework.qpic.cn/wwhead/lilei/0',
      gender: '1',
    },
    facts: { userid: 'LiLei' },
  },
  hanmeimei: {
    label: '韩梅梅 (香港号码)',
    profile: {
      name: '韩梅梅',
      mobile: '+85261234567',
      email: '',
      biz_mail: '',
      avatar: '',
    },
    facts: { userid: 'hanmeimei' },
  },
  outsider: {
    label: '外部联系人',
    profile: {},
    facts: { openid: 'oFakeWecomOpenidOutsider', external_userid: 'wmFakeExternal' },
  },
  linked: {
    label: '互联企业成员',
    profile: { name: 'Lucy' },
    facts: { userid: 'wwlinkedcorp/lucy' },
  },
});

interface Token {
  readonly person: string;
}

const say = (body: object): FakeReply => ({ body: { errcode: 0, errmsg: 'ok', ...body } });
const refuse = (errcode: number, errmsg: string): FakeReply => ({
  body: { errcode, errmsg: `${errmsg}, hint: [1574840386226391085365], from ip: 127.0.0.1` },
});

/**
 * @example
 * const wecom = await startFakeWecom({ port: 9203 });
 * // oauth.providers: { wecom: wecom.config }
 */
export async function startFakeWecom(options: FakeOptions = {}) {
  const { now = () => new Date() } = options;
  const people = makePeople();
  const grants = createGrants(now);
  const tickets = createTickets<Token>(now, 1800_000);
  const appTokens = createTickets<object>(now, 7200_000);

  const authorize = (request: FakeRequest): FakeReply => {
    const state = request.query.get('state') ?? '';
    if (request.query.get('appid') !== APP.corpId) return complain('appid 参数错误');
    if (!/^[a-zA-Z0-9]{0,128}$/.test(state)) return complain('state 参数错误');
    return askConsent(request, {
      title: '企业微信登录',
      people,
      allow: (person) => ({ code: grants.issue(grantOf(person, request, 'appid')) }),
      deny: {},
    });
  };

  /** With a token of the application that is good. */
  const guarded =
    (work: (request: FakeRequest) => FakeReply) =>
    (request: FakeRequest): FakeReply => {
      const token = request.query.get('access_token') ?? '';
      const read = appTokens.read(token);
      if (read === 'expired') return refuse(42001, 'access_token expired');
      return read === 'unknown' ? refuse(40014, `invalid access_token ${token}`) : work(request);
    };

  const readCode = ({ query }: FakeRequest, answer: (visitor: Visitor, grant: Grant) => FakeReply): FakeReply => {
    const code = query.get('code') ?? '';
    const grant = grants.redeem(code);
    return typeof grant === 'string'
      ? refuse(40029, `invalid code ${code}`)
      : answer(people[grant.person]?.facts ?? {}, grant);
  };

  const server = await startFakeServer(options, () => ({
    'GET /wwlogin/sso/login': (request) => {
      if (request.query.get('login_type') !== 'CorpApp') return complain('login_type 参数错误');
      return request.query.get('agentid') === APP.agentId ? authorize(request) : complain('agentid 参数错误');
    },
    'GET /wwopen/sso/qrConnect': authorize,
    'GET /connect/oauth2/authorize': (request) => {
      const { query } = request;
      const isKnown = query.get('scope') === 'snsapi_base' || query.get('scope') === 'snsapi_privateinfo';
      return query.get('response_type') === 'code' && isKnown ? authorize(request) : complain('参数错误');
    },
    'GET /cgi-bin/gettoken': ({ query }) => {
      if (query.get('corpid') !== APP.corpId) return refuse(40013, 'invalid corpid');
      if (query.get('corpsecret') !== APP.secret) return refuse(40001, `invalid credential ${query.get('corpsecret')}`);
      return say({ access_token: appTokens.issue({}), expires_in: 7200 });
    },
    'GET /cgi-bin/auth/getuserinfo': guarded((request) =>
      readCode(request, (visitor, { person, scopes }) => {
        const isShown = scopes.includes('snsapi_privateinfo') && visitor.userid !== undefined;
        return say({ ...visitor, ...(isShown && { user_ticket: tickets.issue({ person }) }) });
      }),
    ),
    // The older form.
    'GET /cgi-bin/user/getuserinfo': guarded((request) =>
      readCode(request, ({ userid, openid }) => say({ UserId: userid, OpenId: openid, DeviceId: 'fake' })),
    ),
    'GET /cgi-bin/user/get': guarded(({ query }) => {
      const userid = query.get('userid');
      const found = Object.values(people).find(({ facts }) => facts?.userid === userid);
      return found === undefined
        ? refuse(60111, 'userid not found')
        : say({ userid, name: found.profile.name, status: 1 });
    }),
    'POST /cgi-bin/auth/getuserdetail': guarded((request) => {
      const ticket = tickets.read(readJsonBody(request).user_ticket ?? '');
      if (typeof ticket === 'string') return refuse(84061, 'invalid user_ticket');
      const { profile, facts } = people[ticket.person] ?? {};
      return say({ ...profile, userid: facts?.userid });
    }),
  }));
  return {
    ...server,
    people,
    /** Takes back the application's tokens before their time. */
    revokeAppTokens: () => appTokens.revokeAll(),
    config: {
      kind: 'wecom' as const,
      client_id: APP.corpId,
      client_secret: APP.secret,
      agent_id: APP.agentId,
      authorize_url: `${server.url}/wwlogin/sso/login`,
      in_app_authorize_url: `${server.url}/connect/oauth2/authorize`,
      app_token_url: `${server.url}/cgi-bin/gettoken`,
      userinfo_url: `${server.url}/cgi-bin/auth/getuserinfo`,
      member_url: `${server.url}/cgi-bin/user/get`,
      detail_url: `${server.url}/cgi-bin/auth/getuserdetail`,
    },
  };
}
