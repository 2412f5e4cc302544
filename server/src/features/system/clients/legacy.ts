// The built-in client `legacy`: sub-modules written to the older contract verify by `jwt.secret`, which is its exchange secret and nothing else.
import { timingSafeEqual } from 'node:crypto';
import { ExchangeSecret } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Deps } from '../../../deps.ts';
import { recordSystemAct } from '../../../platform/audit.ts';
import { announceClient } from '../../../platform/live/effects.ts';
import { type ClientDocument, toLiveClient } from './repository.ts';

/** The same in every installation, so that it can stand in configuration files: the letters `legacyclient`, which no clock and no dice give. */
export const LEGACY_CLIENT_ID = '6c6567616379636c69656e74';
const NAME = 'legacy';

type LegacyDeps = Pick<
  Deps,
  'clients' | 'config' | 'envelope' | 'transact' | 'takeGuard' | 'audit' | 'clock' | 'log' | 'live'
>;

/**
 * Brings the client into step with `jwt.secret`, at each start and on any number of instances at once. Without the key, or with one that
 * is too weak to sign with, it has no exchange secret; what an administrator gave it beside that (redirect URIs, its own secret) stays.
 */
export async function syncLegacyClient(deps: LegacyDeps): Promise<void> {
  const { clients, log } = deps;
  const secret = readSecret(deps);
  if (secret !== null)
    log.root.info({ client_id: LEGACY_CLIENT_ID }, 'jwt.secret is the exchange secret of the client "legacy"');
  if (await isInStep(deps, await clients.find(LEGACY_CLIENT_ID), secret)) return;
  const sealed = secret === null ? null : await deps.envelope.seal(secret);
  await deps.transact(async (tx) => {
    await deps.takeGuard(tx, 'legacy client');
    const before = await clients.find(LEGACY_CLIENT_ID, tx);
    if (await isInStep(deps, before, secret)) return;
    const now = deps.clock.now();
    const changed = { updated_at: now, ...(sealed === null ? {} : { exchange_secret: sealed }) };
    const without = sealed === null ? (['exchange_secret'] as const) : [];
    const after = before
      ? await clients.update(LEGACY_CLIENT_ID, before.version, { fields: changed, without }, tx)
      : { ...newClient(now), ...changed };
    if (!after) throw new Error('the client "legacy" changed under its guard');
    if (!before) await clients.insert(after, tx);
    announceClient(deps, tx, LEGACY_CLIENT_ID, toLiveClient(after));
    await recordSystemAct(deps, tx, {
      act: before ? 'system.client_updated' : 'system.client_created',
      target: { kind: 'client', id: LEGACY_CLIENT_ID },
      details: { name: after.name, exchange_secret: sealed !== null },
    });
  });
}

/** A configuration of the old kind starts whatever stands in it; what could be guessed signs nothing all the same. */
function readSecret({ config, log }: LegacyDeps): Uint8Array | null {
  const { secret } = config.jwt;
  if (secret === undefined) return null;
  const { success, error } = ExchangeSecret.safeParse(secret);
  if (success) return new TextEncoder().encode(secret);
  const why = error.issues.map(({ message }) => message).join(', ');
  log.root.warn(
    `jwt.secret ${why}: it is not used, and the client "legacy" has no exchange secret (openssl rand -hex 32 makes one)`,
  );
  return null;
}

async function isInStep(
  { envelope }: Pick<LegacyDeps, 'envelope'>,
  client: ClientDocument | null,
  secret: Uint8Array | null,
): Promise<boolean> {
  const sealed = client?.exchange_secret;
  if (secret === null || sealed === undefined) return secret === null && sealed === undefined;
  const opened = await envelope.open(sealed);
  return opened.length === secret.length && timingSafeEqual(opened, secret);
}

/** It has no secret of its own yet: `system.clients.rotateSecret` gives it one. */
const newClient = (now: Date): ClientDocument => ({
  _id: new ObjectId(LEGACY_CLIENT_ID),
  name: NAME,
  kind: 'service',
  redirect_uris: [],
  audiences: [],
  scopes: [],
  secrets: [],
  version: 1,
  created_by: null,
  created_at: now,
  updated_at: now,
});
