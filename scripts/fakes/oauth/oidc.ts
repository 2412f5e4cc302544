// A fake OpenID Connect issuer, which can be told to lie; Google is one of its forms.
import { askConsent, complain, type People } from './consent.ts';
import { createGrants, fitsChallenge, type Grant, grantOf } from './grants.ts';
import { createIdTokens, type IdTokenLie } from './id-tokens.ts';
import { type FakeOptions, type FakeReply, type FakeRequest, readBearer, startFakeServer } from './server.ts';
import { createTickets } from './tickets.ts';

const CLIENT = { id: 'oidc-fake-client', secret: 'oidc-fake-secret: 0123456789+abcdef' };

/** The profile stands in the ID token and at the userinfo endpoint, these claims at the latter alone. */
type UserinfoClaims = Record<string, unknown>;

const makePeople = (): People<UserinfoClaims> => ({
  lilei: {
    label: '李雷',
    profile: {
      sub: '248289761001',
      name: '李雷',
      preferred_username: 'li.lei',
      picture: 'https://example.com/lilei.png',
      email: 'LiLei@example.com',
      email_verified: true,
      phone_number: '+86 138 0013 8000',
      phone_number_verified: true,
    },
  },
  hanmeimei: {
    label: '韩梅梅 (userinfo)',
    profile: { sub: '248289761002' },
    facts: { name: '韩梅梅', email: 'meimei@example.com', email_verified: false },
  },
});

const makeGooglePeople = (): People<UserinfoClaims> => ({
  lilei: {
    label: '李雷 (Gmail)',
    profile: {
      sub: '110169484474386276334',
      name: '李雷',
      picture: 'https://lh3.googleusercontent.com/lilei',
      email: 'lilei@gmail.com',
      email_verified: true,
    },
  },
  hanmeimei: {
    label: '韩梅梅 (Workspace)',
    profile: {
      sub: '110169484474386276335',
      name: '韩梅梅',
      email: 'meimei@corp.example.com',
      email_verified: true,
      hd: 'corp.example.com',
    },
  },
  lucy: {
    label: 'Lucy (an address elsewhere)',
    profile: { sub: '110169484474386276336', name: 'Lucy', email: 'lucy@example.com', email_verified: true },
  },
});

/** Beside those of the token: no `iss` in the callback, or another issuer's (mix-up), or metadata of another issuer. */
export type OidcLie = IdTokenLie | 'no_iss' | 'foreign_iss' | 'foreign_metadata';

export interface FakeOidcOptions extends FakeOptions {
  /** How clients must show their secret. */
  readonly authentication?: 'client_secret_basic' | 'client_secret_post';
  /** Over the page on which people choose who to be. */
  readonly title?: string;
}

/**
 * @example
 * const oidc = await startFakeOidc({ port: 9208 });
 * // oauth.providers: { company: oidc.config }
 */
export async function startFakeOidc(options: FakeOidcOptions = {}) {
  const fake = await startIssuer(options, options.title ?? 'OpenID Connect', makePeople());
  return { ...fake, config: { kind: 'oidc' as const, ...fake.config } };
}

/**
 * @example
 * const google = await startFakeGoogle({ port: 9205 });
 * // oauth.providers: { google: google.config }
 */
export async function startFakeGoogle(options: FakeOidcOptions = {}) {
  const fake = await startIssuer(options, 'Google', makeGooglePeople());
  return { ...fake, config: { kind: 'google' as const, ...fake.config } };
}

async function startIssuer(options: FakeOidcOptions, title: string, people: People<UserinfoClaims>) {
  const { now = () => new Date(), authentication = 'client_secret_post' } = options;
  const grants = createGrants(now);
  const access = createTickets<Grant>(now, 3600_000);
  const idTokens = await createIdTokens(now);
  let lie: OidcLie | null = null;

  const server = await startFakeServer(options, (url) => ({
    'GET /.well-known/openid-configuration': () => ({
      body: {
        issuer: lie === 'foreign_metadata' ? 'https://elsewhere.example.com' : url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        userinfo_endpoint: `${url}/userinfo`,
        jwks_uri: `${url}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256'],
        token_endpoint_auth_methods_supported: [authentication],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      },
    }),
    'GET /jwks': () => ({ body: idTokens.jwks }),
    'GET /authorize': (request) => {
      const { query } = request;
      if (query.get('client_id') !== CLIENT.id) return complain('unknown client');
      if (query.get('response_type') !== 'code') return complain('unsupported response_type');
      if (!(query.get('scope') ?? '').split(' ').includes('openid')) return complain('the scope openid is missing');
      if (query.get('code_challenge_method') !== 'S256') return complain('PKCE is required');
      const iss = lie === 'foreign_iss' ? 'https://elsewhere.example.com' : url;
      return askConsent(request, {
        title,
        people,
        allow: (person) => ({ code: grants.issue(grantOf(person, request)) }),
        deny: { error: 'access_denied', error_description: 'The person said no' },
        ...(lie !== 'no_iss' && { always: { iss } }),
      });
    },
    'POST /token': async (request) => {
      const form = new URLSearchParams(request.body);
      if (!isClient(request, form, authentication))
        return refuse('invalid_client', `wrong secret ${form.get('client_secret')}`, 401);
      if (form.get('grant_type') !== 'authorization_code') return refuse('unsupported_grant_type', 'only codes');
      const grant = grants.redeem(form.get('code') ?? '');
      if (typeof grant === 'string') return refuse('invalid_grant', `the code ${form.get('code')} is ${grant}`);
      if (grant.redirectUri !== form.get('redirect_uri')) return refuse('invalid_grant', 'another redirect_uri');
      if (!fitsChallenge(grant, form.get('code_verifier') ?? undefined))
        return refuse('invalid_grant', `wrong verifier ${form.get('code_verifier')}`);
      const claims = people[grant.person]?.profile;
      const id_token = await idTokens.sign({ ...claims, iss: url, aud: CLIENT.id, nonce: grant.nonce }, lie);
      return { body: { access_token: access.issue(grant), token_type: 'Bearer', expires_in: 3600, id_token } };
    },
    'GET /userinfo': (request) => {
      const token = access.read(readBearer(request));
      if (typeof token === 'string')
        return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } };
      const person = people[token.person];
      return { body: { ...person?.profile, ...person?.facts } };
    },
  }));
  return {
    ...server,
    people,
    /** From now on, until `null`. */
    lie: (how: OidcLie | null) => {
      lie = how;
    },
    config: { client_id: CLIENT.id, client_secret: CLIENT.secret, issuer: server.url },
  };
}

const refuse = (error: string, description: string, status = 400): FakeReply => ({
  status,
  body: { error, error_description: description },
});

/** RFC 6749 §2.3.1: in the header both are form-encoded first. */
function isClient({ headers }: FakeRequest, form: URLSearchParams, authentication: string): boolean {
  if (authentication === 'client_secret_post')
    return form.get('client_id') === CLIENT.id && form.get('client_secret') === CLIENT.secret;
  const [, credentials = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  const [id, secret] = Buffer.from(credentials, 'base64').toString().split(':').map(decode);
  return id === CLIENT.id && secret === CLIENT.secret;
}

const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '));
