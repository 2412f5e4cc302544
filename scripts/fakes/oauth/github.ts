// A fake of GitHub: github.com and api.github.com.
import { askConsent, complain, type People } from './consent.ts';
import { createGrants, fitsChallenge, grantOf } from './grants.ts';
import { type FakeOptions, type FakeReply, readBearer, startFakeServer } from './server.ts';
import { createTickets } from './tickets.ts';

const APP = { id: 'Iv1.fake0123456789ab', secret: 'github-fake-secret-0123456789abcdef01234' };

/** Told at an address of its own. */
type Emails = readonly object[];

const makePeople = (): People<Emails> => ({
  lilei: {
    label: '李雷',
    profile: {
      id: 583_231,
      login: 'lilei',
      name: 'Li Lei 李雷',
      avatar_url: 'https://avatars.githubusercontent.com/u/583231?v=4',
      email: null,
    },
    facts: [
      { email: 'private@example.com', primary: false, verified: true, visibility: null },
      { email: 'LiLei@example.com', primary: true, verified: true, visibility: 'private' },
    ],
  },
  hanmeimei: {
    label: '韩梅梅 (邮箱未验证)',
    profile: {
      id: 9_007_199,
      login: 'hanmeimei',
      name: null,
      avatar_url: 'https://avatars.githubusercontent.com/u/9007199?v=4',
      email: 'shown@example.com',
    },
    facts: [{ email: 'meimei@example.com', primary: true, verified: false, visibility: null }],
  },
});

interface Token {
  readonly person: string;
  readonly scopes: readonly string[];
}

/** Errors of the token endpoint come with HTTP 200. */
const refuse = (error: string, error_description: string): FakeReply => ({
  body: { error, error_description, error_uri: 'https://docs.github.com/' },
});

/**
 * @example
 * const github = await startFakeGithub({ port: 9206 });
 * // oauth.providers: { github: github.config }
 */
export async function startFakeGithub(options: FakeOptions = {}) {
  const { now = () => new Date() } = options;
  const people = makePeople();
  const grants = createGrants(now);
  const access = createTickets<Token>(now, 8 * 3_600_000);
  const badCredentials: FakeReply = { status: 401, body: { message: 'Bad credentials', status: '401' } };

  const server = await startFakeServer(options, (url) => ({
    'GET /login/oauth/authorize': (request) => {
      if (request.query.get('client_id') !== APP.id) return complain('unknown application');
      return askConsent(request, {
        title: 'Sign in with GitHub',
        people,
        allow: (person) => ({ code: grants.issue(grantOf(person, request)) }),
        deny: { error: 'access_denied', error_description: 'The user has denied your application access.' },
        // RFC 9207.
        always: { iss: `${url}/login/oauth` },
      });
    },
    'POST /login/oauth/access_token': ({ headers, body }) => {
      const form = new URLSearchParams(body);
      if (form.get('client_id') !== APP.id || form.get('client_secret') !== APP.secret)
        return refuse(
          'incorrect_client_credentials',
          `The client_id and/or client_secret passed are incorrect: ${form.get('client_secret')}`,
        );
      const grant = grants.redeem(form.get('code') ?? '');
      if (typeof grant === 'string')
        return refuse('bad_verification_code', `The code ${form.get('code')} is incorrect or expired.`);
      if (grant.redirectUri !== form.get('redirect_uri'))
        return refuse('redirect_uri_mismatch', 'The redirect_uri MUST match.');
      if (!fitsChallenge(grant, form.get('code_verifier') ?? undefined))
        return refuse('bad_verification_code', 'The code_verifier is wrong.');
      const answer = { access_token: access.issue(grant), scope: grant.scopes.join(','), token_type: 'bearer' };
      // Without the header it is form-encoded.
      return headers.accept?.includes('application/json')
        ? { body: answer }
        : { body: new URLSearchParams(answer).toString() };
    },
    'GET /user': (request) => {
      const token = access.read(readBearer(request));
      if (typeof token === 'string') return badCredentials;
      if (!request.headers['user-agent']) return { status: 403, body: 'Request forbidden by administrative rules.' };
      return { body: people[token.person]?.profile ?? {} };
    },
    'GET /user/emails': (request) => {
      const token = access.read(readBearer(request));
      if (typeof token === 'string') return badCredentials;
      if (!token.scopes.some((scope) => scope === 'user:email' || scope === 'user'))
        return { status: 404, body: { message: 'Not Found' } };
      return { body: people[token.person]?.facts ?? [] };
    },
  }));
  return {
    ...server,
    people,
    config: {
      kind: 'github' as const,
      client_id: APP.id,
      client_secret: APP.secret,
      authorize_url: `${server.url}/login/oauth/authorize`,
      token_url: `${server.url}/login/oauth/access_token`,
      userinfo_url: `${server.url}/user`,
      emails_url: `${server.url}/user/emails`,
    },
  };
}
