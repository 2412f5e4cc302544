// system.clients: applications are made known, changed, given new secrets, removed.
import {
  type Client,
  type CreateClientInput,
  type CreatedClient,
  keepsSecret,
  type ListClientsInput,
  type RotateClientSecretInput,
  type UpdateClientInput,
} from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Ctx } from '../../../context.ts';
import { toPage } from '../../../database/keyset.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { hashClientSecret, newClientSecret } from '../../../platform/client-secret.ts';
import { announceClient, announceEnded } from '../../../platform/live/effects.ts';
import { decideOn } from '../../../rights.ts';
import { LEGACY_CLIENT_ID } from './legacy.ts';
import { type ClientFacts, findForeignScope, judgeClient } from './policy.ts';
import { type ClientChange, type ClientDocument, toLiveClient } from './repository.ts';

type ClientsCtx = Ctx<'clients' | 'clock' | 'transact' | 'audit' | 'log' | 'live' | 'envelope'>;

export async function listClients(
  ctx: Ctx<'clients' | 'clock'>,
  { limit, cursor, with_total: withTotal }: ListClientsInput,
) {
  const now = ctx.clock.now();
  return toPage(await ctx.clients.list({ limit, cursor, withTotal }), (client) => toClient(client, now));
}

export async function getClient(ctx: Ctx<'clients' | 'clock'>, { id }: { id: string }): Promise<Client> {
  return toClient((await ctx.clients.find(id)) ?? fail('NOT_FOUND'), ctx.clock.now());
}

/** @throws AppError VALIDATION_FAILED for redirect URIs or scopes that do not go with the kind; PERMISSION_DENIED for scopes beyond one's own rights */
export async function createClient(
  ctx: ClientsCtx,
  { exchange_secret: exchangeSecret, ...input }: CreateClientInput,
): Promise<CreatedClient> {
  requireFitting({ ...input, exchange_secret: exchangeSecret });
  requireOwnScopes(ctx, input.scopes);
  const now = ctx.clock.now();
  const secret = keepsSecret(input.kind) ? newClientSecret() : null;
  const client: ClientDocument = {
    _id: new ObjectId(),
    ...input,
    ...(exchangeSecret === undefined ? {} : { exchange_secret: await sealExchangeSecret(ctx, exchangeSecret) }),
    secrets: secret === null ? [] : [{ hash: hashClientSecret(secret), created_at: now, expires_at: null }],
    version: 1,
    created_by: new ObjectId(ctx.caller.id),
    created_at: now,
    updated_at: now,
  };
  const id = client._id.toHexString();
  await ctx.transact(async (tx) => {
    await ctx.clients.insert(client, tx);
    announceClient(ctx, tx, id, toLiveClient(client));
    await recordAct(ctx, tx, {
      act: 'system.client_created',
      target: { kind: 'client', id },
      details: { ...input, exchange_secret: exchangeSecret !== undefined },
    });
  });
  return { client_id: id, client_secret: secret, client: toClient(client, now) };
}

/** @throws AppError NOT_FOUND; VERSION_CONFLICT; VALIDATION_FAILED; PERMISSION_DENIED; BUILTIN_PROTECTED for the exchange secret that is configured */
export async function updateClient(
  ctx: ClientsCtx,
  { id, version, exchange_secret: exchangeSecret, ...given }: UpdateClientInput,
): Promise<Client> {
  const before = (await ctx.clients.find(id)) ?? fail('NOT_FOUND');
  if (id === LEGACY_CLIENT_ID && exchangeSecret !== undefined)
    fail('BUILTIN_PROTECTED', { detail: 'Its exchange secret is jwt.secret, and changes with the configuration' });
  const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  requireFitting({
    ...before,
    ...fields,
    ...(exchangeSecret === undefined ? {} : { exchange_secret: exchangeSecret }),
  });
  requireOwnScopes(ctx, given.scopes?.filter((scope) => !before.scopes.includes(scope)) ?? []);
  const now = ctx.clock.now();
  const sealed = exchangeSecret && { exchange_secret: await sealExchangeSecret(ctx, exchangeSecret) };
  const change: ClientChange = {
    fields: { ...fields, ...sealed, updated_at: now },
    without: exchangeSecret === null ? ['exchange_secret'] : [],
  };
  const after = await ctx.transact(async (tx) => {
    const updated = (await ctx.clients.update(id, version, change, tx)) ?? fail('VERSION_CONFLICT');
    announceClient(ctx, tx, id, toLiveClient(updated));
    await recordAct(ctx, tx, {
      act: 'system.client_updated',
      target: { kind: 'client', id },
      details: { ...fields, ...(exchangeSecret === undefined ? {} : { exchange_secret: exchangeSecret !== null }) },
    });
    return updated;
  });
  return toClient(after, now);
}

/** Unlike the client's own secret it is needed in clear: tokens are signed with it. */
const sealExchangeSecret = ({ envelope }: Pick<ClientsCtx, 'envelope'>, secret: string): Promise<string> =>
  envelope.seal(new TextEncoder().encode(secret));

/** @throws AppError NOT_FOUND; VALIDATION_FAILED for a kind that keeps no secret; PERMISSION_DENIED; VERSION_CONFLICT when two are at it */
export async function rotateClientSecret(
  ctx: ClientsCtx,
  { id, keep_old_for }: RotateClientSecretInput,
): Promise<{ client_secret: string }> {
  const before = (await ctx.clients.find(id)) ?? fail('NOT_FOUND');
  if (!keepsSecret(before.kind)) fail('VALIDATION_FAILED', { detail: `A ${before.kind} client keeps no secret` });
  // It is shown to whoever asks for it.
  requireOwnScopes(ctx, before.scopes);
  const now = ctx.clock.now();
  const secret = newClientSecret();
  const lastsUntil = now.getTime() + keep_old_for * 1000;
  const old = before.secrets
    .map((one) => ({ ...one, expires_at: new Date(Math.min(one.expires_at?.getTime() ?? lastsUntil, lastsUntil)) }))
    .filter(({ expires_at }) => expires_at.getTime() > now.getTime());
  const secrets = [{ hash: hashClientSecret(secret), created_at: now, expires_at: null }, ...old];
  await ctx.transact(async (tx) => {
    // With no time left for the old one it has leaked: what was got with it must go too.
    const change = { fields: { secrets, updated_at: now }, withdrawsTokens: keep_old_for === 0 };
    const updated = (await ctx.clients.update(id, before.version, change, tx)) ?? fail('VERSION_CONFLICT');
    announceClient(ctx, tx, id, toLiveClient(updated));
    await recordAct(ctx, tx, {
      act: 'system.client_secret_rotated',
      target: { kind: 'client', id },
      details: { keep_old_for },
    });
  });
  return { client_secret: secret };
}

/** The sessions opened through it end, in batches: before, so that a crash leaves a client that can be deleted again, and after. */
export async function deleteClient(ctx: ClientsCtx & Ctx<'sessions'>, { id }: { id: string }): Promise<void> {
  const client = (await ctx.clients.find(id)) ?? fail('NOT_FOUND');
  if (id === LEGACY_CLIENT_ID && client.exchange_secret !== undefined)
    fail('BUILTIN_PROTECTED', { detail: 'It is there as long as jwt.secret is configured' });
  await endSessions(ctx, id);
  await ctx.transact(async (tx) => {
    if (!(await ctx.clients.remove(id, tx))) fail('NOT_FOUND');
    announceClient(ctx, tx, id, null);
    await recordAct(ctx, tx, { act: 'system.client_deleted', target: { kind: 'client', id } });
  });
  await endSessions(ctx, id);
}

const BATCH = 500;

async function endSessions(ctx: ClientsCtx & Ctx<'sessions'>, clientId: string): Promise<void> {
  let ended: string[];
  do {
    ended = await ctx.transact(async (tx) => {
      const sids = await ctx.sessions.revokeOfClient(clientId, 'client_deleted', ctx.clock.now(), BATCH, tx);
      announceEnded(ctx, tx, sids);
      return sids;
    });
  } while (ended.length === BATCH);
}

/** @throws AppError PERMISSION_DENIED */
function requireOwnScopes({ caller, live, clock }: ClientsCtx, scopes: readonly string[]): void {
  const foreign = findForeignScope(scopes, (pair) => decideOn(caller, pair, live.roles(), clock.now()).allowed);
  if (foreign)
    fail('PERMISSION_DENIED', {
      permission: foreign.permission,
      detail: `To act by the scope ${foreign.scope} is more than you may do yourself`,
    });
}

function requireFitting(client: ClientFacts): void {
  const errors = judgeClient(client);
  if (errors.length > 0) fail('VALIDATION_FAILED', { errors });
}

function toClient(client: ClientDocument, now: Date): Client {
  const { _id, name, kind, redirect_uris, audiences = [], scopes, version, created_at, updated_at } = client;
  const secrets = client.secrets
    .filter(({ expires_at }) => expires_at === null || expires_at.getTime() > now.getTime())
    .map((secret) => ({ created_at: secret.created_at, expires_at: secret.expires_at }));
  return {
    id: _id.toHexString(),
    name,
    kind,
    redirect_uris,
    audiences,
    scopes,
    has_exchange_secret: client.exchange_secret !== undefined,
    secrets,
    version,
    created_at,
    updated_at,
  };
}
