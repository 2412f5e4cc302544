// A fake of Feishu: accounts.feishu.cn and open.feishu.cn, tokens of version 2.
import { askConsent, complain, type People } from './consent.ts';
import { createGrants, fitsChallenge, grantOf } from './grants.ts';
import { type FakeOptions, type FakeReply, readBearer, readJsonBody, startFakeServer } from './server.ts';
import { createTickets } from './tickets.ts';

const APP = {
  id: 'cli_fake0123456789ab',
  secret: 'feishu-fake-secret-0123456789abcd',
  tenantKey: 'fake736588c9260f175d',
};

/** Whom the company did not give the application to. */
interface Barred {
  readonly isBarred: true;
}

const makePeople = (): People<Barred> => ({
  lilei: {
    label: '李雷',
    profile: {
      name: '李雷',
      en_name: 'Li Lei',
      avatar_url: 'https://s1-imfile.feishucdn.com/lilei.png',
      open_id: 'ou_fake_lilei',
      union_id: 'on_fake_lilei',
      user_id: '5d9bdxxx',
      tenant_key: APP.tenantKey,
      email: 'lilei@example.com',
      enterprise_email: 'LiLei@corp.example.com',
      mobile: '+8613800138000',
      employee_no: '1001',
    },
  },
  hanmeimei: {
    label: '韩梅梅 (只有基本信息)',
    profile: {
      name: '韩梅梅',
      avatar_url: '',
      open_id: 'ou_fake_hanmeimei',
      union_id: 'on_fake_hanmeimei',
      tenant_key: APP.tenantKey,
    },
  },
  foreigner: {
    label: '另一家企业的人',
    profile: {
      name: '外人',
      open_id: 'ou_fake_foreigner',
      union_id: 'on_fake_foreigner',
      tenant_key: 'fakeothertenant00001',
    },
  },
  barred: {
    label: '无应用使用权限的人',
    profile: {
      name: '王五',
      open_id: 'ou_fake_barred',
      union_id: 'on_fake_barred',
      tenant_key: APP.tenantKey,
    },
    facts: { isBarred: true },
  },
});

interface Token {
  readonly person: string;
}

const refuse = (code: number, error: string, description: string, status = 400): FakeReply => ({
  status,
  body: { code, error, error_description: description },
});

/**
 * @example
 * const feishu = await startFakeFeishu({ port: 9204 });
 * // oauth.providers: { feishu: feishu.config }
 */
export async function startFakeFeishu(options: FakeOptions = {}) {
  const { now = () => new Date() } = options;
  const people = makePeople();
  const grants = createGrants(now);
  const access = createTickets<Token>(now, 7200_000);
  const refresh = createTickets<Token>(now, 7 * 86_400_000);

  const tokens = (person: string, scopes: readonly string[]): FakeReply => ({
    body: {
      code: 0,
      access_token: access.issue({ person }),
      expires_in: 7200,
      token_type: 'Bearer',
      scope: scopes.join(' '),
      ...(scopes.includes('offline_access') && {
        refresh_token: refresh.issue({ person }),
        refresh_token_expires_in: 604_800,
      }),
    },
  });

  const server = await startFakeServer(options, () => ({
    'GET /open-apis/authen/v1/authorize': (request) => {
      if (request.query.get('client_id') !== APP.id) return complain('错误码：20028 client_id 不存在');
      if (request.query.get('response_type') !== 'code') return complain('错误码：20001');
      return askConsent(request, {
        title: '飞书登录',
        people,
        allow: (person) => ({ code: grants.issue(grantOf(person, request)) }),
        deny: { error: 'access_denied' },
      });
    },
    'POST /open-apis/authen/v2/oauth/token': (request) => {
      const {
        grant_type,
        client_id,
        client_secret,
        code = '',
        redirect_uri,
        code_verifier,
        refresh_token = '',
      } = readJsonBody(request);
      if (client_id !== APP.id) return refuse(20048, 'invalid_client', 'The specified app does not exist.');
      if (client_secret !== APP.secret)
        return refuse(20002, 'invalid_client', `The client secret is invalid: ${client_secret}`);
      if (grant_type === 'refresh_token') {
        const token = refresh.redeem(refresh_token);
        return typeof token === 'string'
          ? refuse(20064, 'invalid_grant', 'The refresh token has been revoked.')
          : tokens(token.person, ['offline_access']);
      }
      if (grant_type !== 'authorization_code')
        return refuse(20036, 'unsupported_grant_type', 'The specified grant_type is not supported.');
      const grant = grants.redeem(code);
      if (grant === 'expired') return refuse(20004, 'invalid_grant', `The authorization code ${code} has expired.`);
      if (typeof grant === 'string')
        return refuse(20003, 'invalid_grant', `The authorization code ${code} is not found.`);
      if (grant.redirectUri !== redirect_uri)
        return refuse(20071, 'invalid_grant', 'The provided redirect_uri does not match.');
      if (!fitsChallenge(grant, code_verifier))
        return refuse(20049, 'invalid_grant', `PKCE code challenge failed: ${code_verifier}`);
      if (people[grant.person]?.facts?.isBarred)
        return refuse(20010, 'access_denied', 'The user does not have permission to use this app.');
      return tokens(grant.person, grant.scopes);
    },
    'GET /open-apis/authen/v1/user_info': (request) => {
      const token = access.read(readBearer(request));
      if (typeof token === 'string')
        return { body: { code: 20005, msg: `The user access token passed is invalid: ${readBearer(request)}` } };
      return { body: { code: 0, msg: 'success', data: people[token.person]?.profile } };
    },
  }));
  return {
    ...server,
    people,
    config: {
      kind: 'feishu' as const,
      client_id: APP.id,
      client_secret: APP.secret,
      tenant_key: APP.tenantKey,
      authorize_url: `${server.url}/open-apis/authen/v1/authorize`,
      token_url: `${server.url}/open-apis/authen/v2/oauth/token`,
      userinfo_url: `${server.url}/open-apis/authen/v1/user_info`,
    },
  };
}
