// A fake of Discord: discord.com.
import { askConsent, complain, type People } from './consent.ts';
import { createGrants, fitsChallenge, grantOf } from './grants.ts';
import { type FakeOptions, type FakeReply, readBearer, startFakeServer } from './server.ts';
import { createTickets } from './tickets.ts';

const APP = { id: '1100000000000000001', secret: 'discord-fake-secret-0123456789abcd' };

const makePeople = (): People => ({
  lilei: {
    label: '李雷',
    profile: {
      id: '80351110224678912',
      username: 'lilei',
      global_name: '李雷',
      avatar: '8342729096ea3675442027381ff50dfe',
      email: 'LiLei@example.com',
      verified: true,
      locale: 'zh-CN',
    },
  },
  hanmeimei: {
    label: '韩梅梅 (邮箱未验证)',
    profile: {
      id: '80351110224678913',
      username: 'hanmeimei',
      global_name: null,
      avatar: null,
      email: 'meimei@example.com',
      verified: false,
    },
  },
});

interface Token {
  readonly person: string;
  readonly scopes: readonly string[];
}

const refuse = (error: string, description: string, status = 400): FakeReply => ({
  status,
  body: { error, error_description: description },
});

/**
 * @example
 * const discord = await startFakeDiscord({ port: 9207 });
 * // oauth.providers: { discord: discord.config }
 */
export async function startFakeDiscord(options: FakeOptions = {}) {
  const { now = () => new Date() } = options;
  const people = makePeople();
  const grants = createGrants(now);
  const access = createTickets<Token>(now, 604_800_000);

  const server = await startFakeServer(options, () => ({
    'GET /oauth2/authorize': (request) => {
      if (request.query.get('client_id') !== APP.id) return complain('Unknown Application');
      if (request.query.get('response_type') !== 'code') return complain('Invalid response_type');
      return askConsent(request, {
        title: 'Discord',
        people,
        allow: (person) => ({ code: grants.issue(grantOf(person, request)) }),
        deny: {
          error: 'access_denied',
          error_description: 'The resource owner or authorization server denied the request',
        },
      });
    },
    'POST /api/oauth2/token': ({ body }) => {
      const form = new URLSearchParams(body);
      if (form.get('client_id') !== APP.id || form.get('client_secret') !== APP.secret)
        return refuse('invalid_client', `wrong secret ${form.get('client_secret')}`, 401);
      if (form.get('grant_type') !== 'authorization_code')
        return refuse('unsupported_grant_type', 'Invalid grant_type');
      const grant = grants.redeem(form.get('code') ?? '');
      if (typeof grant === 'string') return refuse('invalid_grant', `Invalid "code" in request: ${form.get('code')}`);
      if (grant.redirectUri !== form.get('redirect_uri'))
        return refuse('invalid_grant', 'Invalid "redirect_uri" in request.');
      if (!fitsChallenge(grant, form.get('code_verifier') ?? undefined))
        return refuse('invalid_grant', `Invalid "code_verifier": ${form.get('code_verifier')}`);
      return {
        body: {
          access_token: access.issue(grant),
          token_type: 'Bearer',
          expires_in: 604_800,
          scope: grant.scopes.join(' '),
        },
      };
    },
    'GET /api/users/@me': (request) => {
      const token = access.read(readBearer(request));
      if (typeof token === 'string') return { status: 401, body: { message: '401: Unauthorized', code: 0 } };
      const { email, verified, ...profile } = people[token.person]?.profile ?? {};
      return { body: token.scopes.includes('email') ? { ...profile, email, verified } : profile };
    },
  }));
  return {
    ...server,
    people,
    config: {
      kind: 'discord' as const,
      client_id: APP.id,
      client_secret: APP.secret,
      authorize_url: `${server.url}/oauth2/authorize`,
      token_url: `${server.url}/api/oauth2/token`,
      userinfo_url: `${server.url}/api/users/@me`,
    },
  };
}
