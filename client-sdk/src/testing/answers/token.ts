// The token endpoint: a code with PKCE, a client's own credentials, another token.
import { GRANT_TYPES, keepsSecret, type TokenInput } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { sha256 } from '../random.ts';
import { refuse } from '../refusal.ts';
import { stillHas } from '../sign-in/authorization-codes.ts';
import { endSession, requireOwnOrigin } from '../sign-in/sessions.ts';
import { proceed, requireUnlocked } from '../sign-in/sign-in.ts';
import { removeTickets } from '../sign-in/tickets.ts';
import { authenticateClient } from '../tokens/clients.ts';
import { ACCESS_LIFE } from '../tokens/issuer.ts';
import type { World } from '../world.ts';
import { exchangeAccessToken } from './exchange.ts';

export const tokenEndpointAnswers = {
  'auth.token': (world, input, call) => {
    switch (input.grant_type) {
      case GRANT_TYPES.code:
        if (input.refresh_transport === 'cookie') requireOwnOrigin(world, call);
        return exchangeCode(world, input, call);
      case GRANT_TYPES.client:
        return grantClientToken(world, input, call);
      case GRANT_TYPES.exchange:
        return exchangeAccessToken(world, input, call);
      default:
        return refuse('UNSUPPORTED_GRANT_TYPE');
    }
  },
} satisfies Answers;

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
    const { sessionId: id, userId } = found;
    // Who was asked for more may not have shown it yet.
    if (id === null) removeTickets(world, userId);
    else endSession(world, call, 'code_reuse', { id, userId });
    return refuse('INVALID_GRANT');
  }
  const user = world.users.get(found.userId);
  if (!user || !stillHas(user, found.methods) || found.goodUntil <= world.clock.now()) return refuse('INVALID_GRANT');
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
