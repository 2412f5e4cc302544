// Authorization codes with PKCE (RFC 6749 §4.1, RFC 7636): issued when a person has signed in elsewhere, exchanged by the application.
import { createHash, randomBytes } from 'node:crypto';
import { keepsSecret, type SignInResult, type TokenInput } from '@authcenter/shared';
import type { ObjectId } from 'mongodb';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { addressKey } from '../../../platform/rate-limits.ts';
import type { ClientDocument } from '../../system/clients/repository.ts';
import type { UserDocument } from '../../users/document.ts';
import { requireUnlocked } from '../lockout/service.ts';
import { endSession } from '../sessions/end.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import { accountKey } from '../sign-in/try.ts';
import { authenticateClient } from './client.ts';
import type { AuthorizationCodeDocument } from './repository.ts';

/** RFC 6749 §4.1.2 asks for at most ten minutes; an application exchanges at once. In ms. */
const CODE_LIFE = 60_000;
/** How long a used one is remembered, in ms. */
const REMEMBERED = 24 * 3_600_000;

export interface CodeRequest {
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly code_challenge: string;
}

/** @returns the code, for the redirect to the application */
export async function issueCode(
  ctx: Ctx<'authorizationCodes' | 'hashLink' | 'clock', Caller | null>,
  { client_id, redirect_uri, code_challenge }: CodeRequest,
  { userId, methods }: { readonly userId: ObjectId; readonly methods: readonly string[] },
  tx: Tx,
): Promise<string> {
  const now = ctx.clock.now().getTime();
  const code = randomBytes(32).toString('base64url');
  await ctx.authorizationCodes.insert(
    {
      _id: ctx.hashLink(code),
      client_id,
      redirect_uri,
      code_challenge,
      user_id: userId,
      methods: [...methods],
      good_until: new Date(now + CODE_LIFE),
      used_at: null,
      session_id: null,
      expires_at: new Date(now + REMEMBERED),
    },
    tx,
  );
  return code;
}

export type ExchangeCtx = SignInCtx & Ctx<'authorizationCodes' | 'clients' | 'limits', Caller | null>;

/**
 * @throws AppError INVALID_CLIENT; INVALID_GRANT for a code that is unknown, used, too old, of another client, or without its verifier;
 *   ACCOUNT_LOCKED, ACCOUNT_DISABLED
 */
export async function exchangeCode(ctx: ExchangeCtx, input: TokenInput): Promise<SignInResult> {
  const { code, code_verifier, redirect_uri } = input;
  const client = await authenticateClient(ctx, input);
  await countExchange(ctx, client);
  if (code === undefined || code_verifier === undefined || redirect_uri === undefined)
    return fail('VALIDATION_FAILED', { detail: 'code, code_verifier and redirect_uri are required' });
  const id = ctx.hashLink(code);
  const found = await ctx.authorizationCodes.find(id);
  const fits =
    found !== null &&
    found.client_id === client._id.toHexString() &&
    found.redirect_uri === redirect_uri &&
    found.code_challenge === createHash('sha256').update(code_verifier).digest('base64url');
  // Without the verifier it is not the application: the code stays good for the one that has it.
  if (!fits) return fail('INVALID_GRANT');
  if (found.used_at !== null) return refuseReuse(ctx, found);
  const user = await ctx.users.findById(found.user_id.toHexString());
  if (!user || !stillHas(user, found.methods)) return fail('INVALID_GRANT');
  const attempt = await requireUnlocked(ctx, accountKey(user._id.toHexString()));
  const result = proceed(ctx, {
    user,
    methods: found.methods,
    wishes: input,
    clientId: found.client_id,
    attempt,
    async before(tx) {
      if (!(await ctx.authorizationCodes.use(id, ctx.clock.now(), tx))) fail('INVALID_GRANT');
    },
    after: (tx, sessionId) => ctx.authorizationCodes.noteSession(id, sessionId, tx),
  });
  return result.catch(async (error: unknown) => {
    const settled = await ctx.authorizationCodes.find(id);
    // Two came at once, and this is the other one.
    return settled?.used_at ? refuseReuse(ctx, settled) : Promise.reject(error);
  });
}

/**
 * A sign-in like the others, by its address; the people of a confidential client all come from its server's, and it has an allowance of its
 * own, which nobody else can use up. A code has 256 bits: guessing is not what this stands against.
 */
const countExchange = ({ limits, request }: ExchangeCtx, client: ClientDocument): Promise<void> =>
  keepsSecret(client.kind)
    ? limits.consume('verify', [`client ${client._id.toHexString()}`])
    : limits.consume('login', [addressKey(request.ip)]);

/** What the code was issued for may have been unlinked meanwhile. Who is disabled is told so. */
const stillHas = ({ status, identities = [] }: UserDocument, methods: readonly string[]): boolean =>
  status !== 'active' ||
  methods.every(
    (method) => !method.startsWith('oauth:') || identities.some(({ provider }) => method === `oauth:${provider}`),
  );

/** The code was seen by two: what the first one got of it ends (RFC 6749 §4.1.2). */
async function refuseReuse(ctx: ExchangeCtx, { session_id, user_id }: AuthorizationCodeDocument): Promise<never> {
  const id = user_id.toHexString();
  ctx.metrics.securityEvents.inc({ type: 'code_reuse' });
  if (session_id !== null) await endSession(ctx, session_id, 'code_reuse', { kind: 'user', id, sid: session_id });
  // It was asked for more, and may not have shown it yet.
  else await ctx.transact((tx) => ctx.tickets.removeOfUser(id, tx));
  return fail('INVALID_GRANT');
}
