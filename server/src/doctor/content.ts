// What the database holds: keys that open, an administrator, what waits and what was given up.
import { ADMIN_ROLE } from '@authcenter/shared';
import { overlayConfig } from '../config/runtime.ts';
import type { Config, Secrets } from '../config.ts';
import type { Database } from '../database/client.ts';
import { OUTBOX } from '../database/outbox.ts';
import { rolesCollection } from '../features/rbac/repository.ts';
import { createSettingsRepository } from '../features/system/settings/repository.ts';
import { webhooksCollection } from '../features/system/webhooks/repository.ts';
import { usersCollection } from '../features/users/document.ts';
import { createEnvelope, type Envelope } from '../platform/keys/envelope.ts';
import { createSigningKeysRepository } from '../platform/keys/repository.ts';
import { listSealedPlaces } from '../sealed-places.ts';
import { bad, type Diagnosis, ok, warn } from './finding.ts';

export async function examineContent(
  database: Database,
  { config, secrets }: { config: Config; secrets: Secrets },
  now: Date,
): Promise<Diagnosis[]> {
  return [
    await examineSecrets(database, secrets),
    await examineAdministrator(database, now),
    ...(await examineOutbox(database, now)),
    ...(await examineWebhooks(database)),
    ...(await examineSettings(database, config)),
  ];
}

/** Enough to know whether the key is the right one, and that nothing was left behind when it was changed. */
const SAMPLE = 500;

async function examineSecrets(database: Database, secrets: Secrets): Promise<Diagnosis> {
  const current = createEnvelope(secrets.keyEncryptionKey);
  const either = createEnvelope(secrets.keyEncryptionKey, secrets.keyEncryptionKeyPrevious);
  let [opened, old] = [0, 0];
  for (const place of listSealedPlaces(database, createSigningKeysRepository(database))) {
    const { values } = await place.list(null, SAMPLE);
    for (const { sealed } of values) {
      if (await opens(current, sealed)) opened++;
      else if (await opens(either, sealed)) old++;
      else
        return bad(
          'secrets',
          `what is in ${place.name} cannot be read with KEY_ENCRYPTION_KEY`,
          'Give the key that it was encrypted with, as KEY_ENCRYPTION_KEY or KEY_ENCRYPTION_KEY_PREVIOUS',
        );
    }
  }
  if (old > 0) return warn('secrets', `${old} are still under the previous key`, 'authcenter keys rewrap');
  return opened === 0
    ? ok('secrets', 'none yet: the first start makes the keys')
    : ok('secrets', 'can be read with KEY_ENCRYPTION_KEY');
}

const opens = (envelope: Envelope, sealed: string): Promise<boolean> =>
  envelope.open(sealed).then(
    () => true,
    () => false,
  );

async function examineAdministrator({ db, maxTimeMs }: Database, now: Date): Promise<Diagnosis> {
  const role = await db.collection(rolesCollection.name).findOne({ name: ADMIN_ROLE }, { maxTimeMS: maxTimeMs });
  if (!role) return ok('administrator', 'none yet: the first start makes one');
  const users = db.collection(usersCollection.name);
  const isHeld = { role_id: role._id, $or: [{ expires_at: null }, { expires_at: { $gt: now } }] };
  const options = { projection: { _id: 1 }, maxTimeMS: maxTimeMs };
  if (await users.findOne({ status: 'active', roles: { $elemMatch: isHeld } }, options))
    return ok('administrator', 'there is one who can sign in');
  if (!(await users.findOne({ 'roles.role_id': role._id }, options)))
    return ok('administrator', 'none yet: the next start makes one (ADMIN_EMAIL, ADMIN_PASSWORD)');
  return bad(
    'administrator',
    'nobody who holds the role Admin is active',
    'Set the status of one back to active in the database, and end their sessions',
  );
}

/** A server that runs takes what is due within seconds. */
const LATE = 60_000;

async function examineOutbox({ db, maxTimeMs }: Database, now: Date): Promise<Diagnosis[]> {
  const outbox = db.collection(OUTBOX);
  const options = { maxTimeMS: maxTimeMs };
  const parked = await outbox.countDocuments({ parked_at: { $gt: new Date(0) } }, options);
  const late = await outbox.countDocuments(
    { parked_at: null, available_at: { $lt: new Date(now.getTime() - LATE) } },
    options,
  );
  const found: Diagnosis[] = [];
  if (parked > 0)
    found.push(warn('outbox', `${parked} were given up`, 'Their last_error in the collection outbox says why'));
  if (late > 0) found.push(warn('outbox', `${late} have been waiting for more than a minute`, 'Is a server running?'));
  return found.length > 0 ? found : [ok('outbox', 'nothing waits, nothing was given up')];
}

async function examineWebhooks({ db, maxTimeMs }: Database): Promise<Diagnosis[]> {
  const failing = await db
    .collection(webhooksCollection.name)
    .find({ $or: [{ failing_since: { $ne: null } }, { disabled_reason: { $ne: null } }] }, { maxTimeMS: maxTimeMs })
    .toArray();
  return failing.map(({ _id, url, failing_since: since }) =>
    warn(
      'webhooks',
      since ? `${_id} (${new URL(url).host}) has taken nothing since ${since.toISOString()}` : `${_id} is gone (410)`,
      `GET /api/v1/webhooks/${_id}/deliveries says why; mend the receiver, or disable the webhook`,
    ),
  );
}

async function examineSettings(database: Database, config: Config): Promise<Diagnosis[]> {
  const { values } = await createSettingsRepository(database).read();
  const { refusals } = overlayConfig(config, values);
  const set = Object.keys(values).length;
  if (refusals.length > 0)
    return refusals.map(({ key, message }) =>
      warn(
        'settings',
        `${key} is set at run time and left out: ${message}`,
        'Set it anew by PUT /api/v1/system/config',
      ),
    );
  return set === 0 ? [] : [ok('settings', `${set} are set at run time`)];
}
