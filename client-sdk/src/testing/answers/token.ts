// The token endpoint (a code with PKCE, a client's own credentials), and the third parties that lead to a code.
import { GRANT_TYPES, keepsSecret, type TokenInput } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { authenticateClient } from '../clients.ts';
import { ACCESS_LIFE } from '../issuer.ts';
import { newSecret, sha256 } from '../random.ts';
import { refuse } from '../refusal.ts';
import { endSessions, requireOwnOrigin } from '../sessions.ts';
import { proceed, requireUnlocked } from '../sign-in.ts';
import { unanswered } from '../unanswered.ts';
import { findUser } from '../users.ts';
import type { World } from '../world.ts';

export const tokenEndpointAnswers = {
  'auth.token': (world, input, call) => {
    switch (input.grant_type) {
      case GRANT_TYPES.code:
        if (input.refresh_transport === 'cookie') requireOwnOrigin(world, call);
        return exchangeCode(world, input, call);
      case GRANT_TYPES.client:
        return grantClientToken(world, input, call);
      case GRANT_TYPES.exchange:
        throw unanswered('auth.token', 'exchanges no tokens');
      default:
        return refuse('UNSUPPORTED_GRANT_TYPE');
    }
  },

  'auth.oauth.providers': ({ options }) => ({
    items: Object.keys(options.providers ?? {}).map((id) => ({ id, kind: id, display_name: id })),
  }),

  // The way over the provider's pages is left out: who is to sign in there is known.
  'auth.oauth.authorize': (world, input) => {
    const { provider, client_id, redirect_uri, state, code_challenge } = input;
    const username = world.options.providers?.[provider] ?? refuse('NOT_FOUND');
    const client = world.clients.get(client_id) ?? refuse('INVALID_CLIENT');
    if (!client.redirect_uris.includes(redirect_uri)) refuse('INVALID_REDIRECT_URI');
    const user = findUser(world, { username });
    if (!user) throw new Error(`Nobody is called ${username}, who was to sign in by ${provider}`);
    const code = issueCode(world, {
      clientId: client_id,
      redirectUri: redirect_uri,
      codeChallenge: code_challenge,
      userId: user.id,
      methods: [`oauth:${provider}`],
    });
    const url = new URL(redirect_uri);
    for (const [name, value] of Object.entries({ code, state, iss: world.url })) url.searchParams.set(name, value);
    return { url: url.href };
  },
} satisfies Answers;

interface CodeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly userId: string;
  readonly methods: readonly string[];
}

export function issueCode({ codes, clock }: World, request: CodeRequest): string {
  const code = newSecret();
  const goodUntil = new Date(clock.now().getTime() + 60_000);
  codes.set(code, { ...request, goodUntil, isUsed: false, sessionId: null });
  return code;
}

async function exchangeCode(world: World, input: TokenInput, call: Call) {
  const client = authenticateClient(world, call, input);
  const { code, code_verifier, redirect_uri } = input;
  if (code === undefined || code_verifier === undefined || redirect_uri === undefined)
    return refuse('VALIDATION_FAILED', { detail: 'code, code_verifier and redirect_uri are required' });
  const found = world.codes.get(code);
  const fits =
    found?.clientId === client.id &&
    found.redirectUri === redirect_uri &&
    found.codeChallenge === (await sha256(code_verifier));
  if (!fits) return refuse('INVALID_GRANT');
  if (found.isUsed) {
    // It was seen by two: what the first one got of it ends (RFC 6749 §4.1.2).
    endSessions(world, ({ id }) => id === found.sessionId);
    return refuse('INVALID_GRANT');
  }
  const user = world.users.get(found.userId);
  if (!user || found.goodUntil <= world.clock.now()) return refuse('INVALID_GRANT');
  requireUnlocked(world, user.id);
  found.isUsed = true;
  const before = new Set(world.sessions.keys());
  const result = await proceed(world, call, { user, methods: found.methods, wishes: input, clientId: client.id });
  found.sessionId = [...world.sessions.keys()].find((id) => !before.has(id)) ?? null;
  return result;
}

async function grantClientToken(world: World, input: TokenInput, call: Call) {
  const client = authenticateClient(world, call, input);
  if (!keepsSecret(client.kind))
    return refuse('UNAUTHORIZED_CLIENT', { detail: `A ${client.kind} client cannot act as itself` });
  const wanted = input.scope?.split(' ').filter((scope) => scope !== '') ?? client.scopes;
  const foreign = wanted.find((scope) => !client.scopes.some((own) => own === scope));
  if (foreign !== undefined)
    return refuse('INVALID_SCOPE', { detail: `This client does not have the scope ${foreign}` });
  const scopes = [...new Set(wanted)];
  const expires_in = world.options.accessTokenLife ?? ACCESS_LIFE;
  const access_token = await world.issuer.mintClientToken({
    clientId: client.id,
    scopes,
    epoch: client.epoch,
    expiresIn: expires_in,
    audience: client.audiences,
  });
  return { access_token, token_type: 'Bearer' as const, expires_in, scope: scopes.join(' ') };
}
