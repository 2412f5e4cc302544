// system.clients: applications made known, changed, given new secrets, removed.
import { keepsSecret } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { newestFirst, toPage } from '../page.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { endSessions } from '../sign-in/sessions.ts';
import {
  addClient,
  newClientSecret,
  noteClient,
  requireFitting,
  requireOwnScopes,
  toClient,
} from '../tokens/clients.ts';
import type { World } from '../world.ts';

export const clientAnswers = {
  'system.clients.list': ({ clients, clock }, input) =>
    toPage(newestFirst(clients.values()), input, (client) => toClient(client, clock.now())),

  'system.clients.get': ({ clients, clock }, { id }) => toClient(clients.get(id) ?? refuse('NOT_FOUND'), clock.now()),

  'system.clients.create': (world, { exchange_secret = null, ...input }, call) => {
    requireFitting({ ...input, exchange_secret });
    requireOwnScopes(world, call, input.scopes);
    const secret = keepsSecret(input.kind) ? newClientSecret() : null;
    const client = addClient(world, { ...input, exchange_secret, secret });
    record(world, call, 'system.client_created', client.id, { ...input, exchange_secret: exchange_secret !== null });
    return { client_id: client.id, client_secret: secret, client: toClient(client, world.clock.now()) };
  },

  'system.clients.update': (world, { id, version, ...given }, call) => {
    const client = world.clients.get(id) ?? refuse('NOT_FOUND');
    const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    requireFitting({ ...client, ...fields });
    requireOwnScopes(world, call, given.scopes?.filter((scope) => !client.scopes.includes(scope)) ?? []);
    if (client.version !== version) refuse('VERSION_CONFLICT');
    Object.assign(client, fields, { version: version + 1, updated_at: world.clock.now() });
    noteClient(world, client);
    const { exchange_secret, ...told } = fields;
    const secret = exchange_secret === undefined ? {} : { exchange_secret: exchange_secret !== null };
    record(world, call, 'system.client_updated', id, { ...told, ...secret });
    return toClient(client, world.clock.now());
  },

  'system.clients.rotateSecret': (world, { id, keep_old_for }, call) => {
    const client = world.clients.get(id) ?? refuse('NOT_FOUND');
    if (!keepsSecret(client.kind)) refuse('VALIDATION_FAILED', { detail: `A ${client.kind} client keeps no secret` });
    requireOwnScopes(world, call, client.scopes);
    const now = world.clock.now();
    const until = now.getTime() + keep_old_for * 1000;
    const old = client.secrets
      .map((one) => ({ ...one, expires_at: new Date(Math.min(one.expires_at?.getTime() ?? until, until)) }))
      .filter(({ expires_at }) => expires_at > now);
    const secret = newClientSecret();
    client.secrets = [{ secret, created_at: now, expires_at: null }, ...old];
    client.version++;
    client.updated_at = now;
    // With no time left for the old one it has leaked: what was got with it goes too.
    if (keep_old_for === 0) client.epoch++;
    noteClient(world, client);
    record(world, call, 'system.client_secret_rotated', id, { keep_old_for });
    return { client_secret: secret };
  },

  'system.clients.delete': (world, { id }, call) => {
    if (!world.clients.delete(id)) refuse('NOT_FOUND');
    endSessions(world, 'client_deleted', ({ client_id }) => client_id === id);
    world.feed.note({ type: 'client', id, value: null });
    record(world, call, 'system.client_deleted', id);
  },
} satisfies Answers;

const record = (world: World, call: Call, act: string, id: string, details: Readonly<Record<string, unknown>> = {}) =>
  recordAct(world, call, { act, target: { kind: 'client', id }, details });
