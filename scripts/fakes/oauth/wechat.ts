// A fake of WeChat's sign-in for websites: open.weixin.qq.com and api.weixin.qq.com.
import { askConsent, complain, type People } from './consent.ts';
import { createGrants, grantOf } from './grants.ts';
import { type FakeOptions, type FakeReply, startFakeServer } from './server.ts';
import { createTickets } from './tickets.ts';

const APP = { id: 'wx0123456789abcdef', secret: 'wechat-fake-secret-0123456789abcd' };

const makePeople = (): People => ({
  lilei: {
    label: '李雷',
    profile: {
      openid: 'oFakeOpenid_lilei_0123456789',
      unionid: 'oFakeUnion_lilei_0123456789a',
      nickname: '李雷',
      sex: 1,
      province: 'Zhejiang',
      city: 'Hangzhou',
      country: 'CN',
      headimgurl: 'http://thirdwx.qlogo.cn/mmopen/lilei/132',
      privilege: [],
    },
  },
  hanmeimei: {
    label: '韩梅梅 (无 unionid)',
    profile: { openid: 'oFakeOpenid_hanmeimei_012345', nickname: '韩梅梅', sex: 2, headimgurl: '', privilege: [] },
  },
});

interface Token {
  readonly person: string;
}

/** JSON is sent as text/plain, errors with HTTP 200. */
const say = (body: object): FakeReply => ({ headers: { 'content-type': 'text/plain' }, body: JSON.stringify(body) });
/** Like those of all the fakes, messages repeat what was sent, secrets too: whoever logs them must not. */
const refuse = (errcode: number, errmsg: string): FakeReply => say({ errcode, errmsg });

/**
 * @example
 * const wechat = await startFakeWechat({ port: 9201 });
 * // oauth.providers: { wechat: wechat.config }
 */
export async function startFakeWechat(options: FakeOptions = {}) {
  const { now = () => new Date() } = options;
  const people = makePeople();
  const grants = createGrants(now);
  const access = createTickets<Token>(now, 7200_000);
  const refresh = createTickets<Token>(now, 30 * 86_400_000);

  const tokens = (person: string): FakeReply => {
    const profile = people[person]?.profile;
    return say({
      access_token: access.issue({ person }),
      expires_in: 7200,
      refresh_token: refresh.issue({ person }),
      openid: profile?.openid,
      scope: 'snsapi_login',
      // Absent where there is none.
      unionid: profile?.unionid,
    });
  };

  const server = await startFakeServer(options, () => ({
    'GET /connect/qrconnect': (request) => {
      const { query } = request;
      if (query.get('appid') !== APP.id) return complain('AppID 参数错误');
      if (query.get('response_type') !== 'code') return complain('response_type 参数错误');
      if (!(query.get('scope') ?? '').split(',').includes('snsapi_login'))
        return complain('Scope 参数错误或没有 Scope 权限');
      return askConsent(request, {
        title: '微信登录',
        people,
        allow: (person) => ({ code: grants.issue(grantOf(person, request, 'appid')) }),
        // Who says no comes back with the state alone.
        deny: {},
      });
    },
    'GET /sns/oauth2/access_token': ({ query }) => {
      if (query.get('appid') !== APP.id) return refuse(40013, 'invalid appid');
      if (query.get('secret') !== APP.secret) return refuse(40125, `invalid appsecret ${query.get('secret')}`);
      if (query.get('grant_type') !== 'authorization_code') return refuse(40002, 'invalid grant_type');
      const code = query.get('code') ?? '';
      const grant = grants.redeem(code);
      if (grant === 'used') return refuse(40163, `code been used, ${code}`);
      if (grant === 'expired') return refuse(42003, `code expired, ${code}`);
      if (grant === 'unknown') return refuse(40029, `invalid code, ${code}`);
      return tokens(grant.person);
    },
    'GET /sns/oauth2/refresh_token': ({ query }) => {
      if (query.get('appid') !== APP.id) return refuse(40013, 'invalid appid');
      const token = refresh.read(query.get('refresh_token') ?? '');
      return typeof token === 'string' ? refuse(40030, 'invalid refresh_token') : tokens(token.person);
    },
    'GET /sns/userinfo': ({ query }) => {
      const token = access.read(query.get('access_token') ?? '');
      if (token === 'expired') return refuse(42001, 'access_token expired');
      if (token === 'unknown') return refuse(40001, 'invalid credential, access_token is invalid or not latest');
      const profile = people[token.person]?.profile ?? {};
      return query.get('openid') === profile.openid ? say(profile) : refuse(40003, 'invalid openid');
    },
  }));
  return {
    ...server,
    people,
    config: {
      kind: 'wechat' as const,
      client_id: APP.id,
      client_secret: APP.secret,
      authorize_url: `${server.url}/connect/qrconnect`,
      token_url: `${server.url}/sns/oauth2/access_token`,
      userinfo_url: `${server.url}/sns/userinfo`,
    },
  };
}
