// Deps: everything built once and passed on explicitly.
import { randomUUID } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { describeAct, describeEnds } from '@authcenter/shared/acts';
import type { Config, Secrets } from './config.ts';
import { connectDatabase, type Database } from './database/client.ts';
import { takeGuard } from './database/guards.ts';
import { createLease } from './database/lease.ts';
import { migrate } from './database/migrate.ts';
import { migrations } from './database/migrations/all.ts';
import type { OutboxWorker } from './database/outbox.ts';
import { inTransaction, type Tx } from './database/transaction.ts';
import type { OAuthProvider } from './features/auth/oauth/providers/provider.ts';
import { createOAuthProviders } from './features/auth/oauth/providers/providers.ts';
import { requireGoodPassword } from './features/auth/password/choose.ts';
import type { OwnWords } from './features/auth/password/policy.ts';
import { recordErasure } from './features/system/audit/erasure.ts';
import { type AuditKeeper, startAuditKeeper } from './features/system/audit/keeper.ts';
import { type AuditKeys, createAuditKeys } from './features/system/audit/keys.ts';
import { seedRoles } from './features/system/seed.ts';
import { createRuntimeSettings, type RuntimeSettings } from './features/system/settings/runtime.ts';
import { createEventPublisher, type EventPublisher } from './features/system/webhooks/publish.ts';
import type { WebhookWorker } from './features/system/webhooks/worker.ts';
import { exportHeldData, type HeldData, removeHeldData } from './held-data.ts';
import { createRingChanges } from './key-management.ts';
import { createApiKeySources, createLiveSources } from './live-sources.ts';
import { type ApiKeyReader, createApiKeyReader } from './platform/api-keys.ts';
import { type BreachedPasswords, createBreachedPasswords } from './platform/breached-passwords.ts';
import { type Captcha, createCaptcha } from './platform/captcha.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { createKeyedHash, type KeyedHash } from './platform/keyed-hash.ts';
import type { Envelope } from './platform/keys/envelope.ts';
import { type KeyKeeper, startKeyKeeper } from './platform/keys/keeper.ts';
import { createKeyRing, type KeyRing } from './platform/keys/ring.ts';
import { openKeySource } from './platform/keys/source.ts';
import { type LiveState, openLiveState } from './platform/live/live-state.ts';
import { createLogger, createLogStreams, type LogStreams } from './platform/logger.ts';
import { createMailSender, type MailSender } from './platform/mail/sender.ts';
import { createMetrics, type Metrics } from './platform/metrics.ts';
import { createOpenStreams, type OpenStreams } from './platform/open-streams.ts';
import { createPasswordHasher, type PasswordHasher } from './platform/password-hasher.ts';
import { createRateLimits, type RateLimits } from './platform/rate-limits.ts';
import { createSignals, type Signals } from './platform/signals.ts';
import type { SmsSender } from './platform/sms/sender.ts';
import { createSmsSender } from './platform/sms/senders.ts';
import { createTokens, type Tokens } from './platform/tokens/tokens.ts';
import { startUsageCounters, type UsageCounters } from './platform/usage-counters.ts';
import { createQueues, type Queues } from './queues.ts';
import { createRepositories, type Repositories } from './repositories.ts';
import { startOutbox, startWebhooks } from './workers.ts';

export interface Deps extends Repositories, Queues {
  /** The one in force: the one that was started with, and what was set at run time. What was made from the first at the start goes by that. */
  readonly config: Config;
  readonly runtimeSettings: RuntimeSettings;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly log: LogStreams;
  readonly metrics: Metrics;
  readonly usage: UsageCounters;
  /** The address the server is reached at; known once it listens when the port was left to the system. */
  readonly publicUrl: () => string;
  readonly setPublicUrl: (url: string) => void;
  readonly database: Database;
  readonly transact: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly takeGuard: (tx: Tx, name: string) => Promise<number>;
  readonly hasher: PasswordHasher;
  readonly keys: KeyRing;
  readonly keyKeeper: KeyKeeper;
  readonly tokens: Tokens;
  readonly live: LiveState;
  readonly apiKeyReader: ApiKeyReader;
  readonly limits: RateLimits;
  readonly openStreams: OpenStreams;
  readonly hashIdentifier: KeyedHash;
  readonly hashLink: KeyedHash;
  /** Encryption at rest. */
  readonly envelope: Envelope;
  readonly auditKeys: AuditKeys;
  readonly auditKeeper: AuditKeeper;
  readonly outbox: OutboxWorker;
  /** Tells webhooks of what happens; acts do it by their audit records. */
  readonly events: EventPublisher;
  readonly webhookWorker: WebhookWorker;
  readonly mailSender: MailSender | null;
  readonly smsSender: SmsSender | null;
  readonly oauthProviders: ReadonlyMap<string, OAuthProvider>;
  /** Tells of QR sign-ins that have moved on, here or on another instance. */
  readonly qrSignals: Signals;
  readonly captcha: Captcha | null;
  readonly breached: BreachedPasswords | null;
  /** What a password must be, for features that stand below the one that knows. @throws AppError VALIDATION_FAILED naming the field */
  readonly requireGoodPassword: (password: string, own: OwnWords, field: string) => Promise<void>;
  /** Everything held on a user beside their own document, removed with them. */
  readonly removeUserData: (tx: Tx, userId: string) => Promise<void>;
  /** The same, for the person to see. */
  readonly exportUserData: (userId: string) => Promise<HeldData>;
  close(): Promise<void>;
}

/** What a test or a bench may put in place of the real thing. */
export interface DepsOverrides {
  readonly clock?: Clock;
  readonly log?: LogStreams;
  /** Emits the driver's command events, for counting acts. */
  readonly monitorCommands?: boolean;
  /** Gives one of the threads that hash. */
  readonly startHashWorker?: () => Worker;
  /** Between two rounds of sealing the audit, in ms; null: only when told to. */
  readonly auditEvery?: number | null;
}

/** The audit is sealed so often, in ms; and is left alone for so long when who seals it dies. */
const AUDIT = { every: 1_000, lease: 10_000 };

/** Connects, migrates, seeds roles, loads keys and live state, starts the workers. On any failure what was opened is closed again. */
export async function createDeps(config: Config, secrets: Secrets, overrides: DepsOverrides = {}): Promise<Deps> {
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (const close of closers.reverse().splice(0)) await close();
  };
  try {
    return await build(config, secrets, overrides, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function build(
  config: Config,
  secrets: Secrets,
  overrides: DepsOverrides,
  closers: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Deps> {
  const instanceId = randomUUID();
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLogStreams(createLogger(config.log.level));
  const metrics = createMetrics();
  let publicUrl = config.server.public_url;
  const readPublicUrl = () => {
    if (publicUrl === undefined) throw new Error('server.public_url is not known before the server listens');
    return publicUrl;
  };

  const database = await connectDatabase({
    ...config.mongodb,
    max_query_time: config.performance.max_query_time,
    monitorCommands: overrides.monitorCommands ?? false,
  });
  closers.push(() => database.close());
  const usage = startUsageCounters(database, { clock, log: log.root });
  closers.push(() => usage.close());
  const transact = <T>(work: (tx: Tx) => Promise<T>) => inTransaction(database, work);
  const guarded = (tx: Tx, name: string) => takeGuard(database, tx, name);
  await migrate(database, migrations);
  await seedRoles(database, clock.now());

  const hasher = createPasswordHasher({
    cost: config.security.bcrypt_cost,
    workers: config.performance.hash_workers,
    maxWait: config.performance.hash_max_wait,
    ...(overrides.startHashWorker && { startWorker: overrides.startHashWorker }),
  });
  closers.push(() => hasher.close());

  const stored = createRepositories(
    database,
    () => runtimeSettings.config(),
    (tx, ended, reason) => events.publish(tx, describeEnds(ended, reason)),
  );
  const repositories: Repositories = {
    ...stored,
    // What is worth an event is audited in its own transaction: the one place that all acts pass.
    audit: {
      ...stored.audit,
      async insert(record, tx) {
        await stored.audit.insert(record, tx);
        const event = describeAct(record);
        if (event) await events.publish(tx, [event]);
      },
    },
  };
  const events = createEventPublisher({
    loadSubscribers: stored.webhooks.listSubscribers,
    deliveries: stored.webhookDeliveries,
    clock,
    isStalled: () => live.isStalled(),
    wake: () => webhookWorker.wake(),
  });
  const ringChanges = createRingChanges(database, { config, secrets, clock, log });
  const { envelope } = ringChanges;
  const source = await openKeySource(config.jwt, secrets, { clock, log: log.root });
  const ringOptions = { ...ringChanges, source, log: log.root };
  const keys = await createKeyRing(ringOptions);
  const keyKeeper = startKeyKeeper({ ...ringOptions, keys, rotationInterval: config.jwt.rotation_interval });
  closers.push(() => keyKeeper.close());
  const hashLink = createKeyedHash(secrets.keyEncryptionKey, 'one-time links');
  const limits = await createRateLimits(config, database);
  const runtimeSettings = createRuntimeSettings({
    configured: config,
    load: stored.settings.read,
    log: log.root,
    onChange: limits.configure,
  });
  await runtimeSettings.reload();
  const mailSender = createMailSender(config, database, clock);
  closers.push(() => mailSender?.close());
  const smsSender = createSmsSender(config, { database, clock, log: log.root });
  const working = { ...repositories, database, clock, log, transact, takeGuard: guarded };
  const outbox = startOutbox(
    { ...working, runtimeSettings, hashLink, publicUrl: readPublicUrl, mailSender, smsSender, limits, metrics },
    instanceId,
  );
  closers.push(() => outbox.close());
  const queues = createQueues({ database, clock }, outbox.wake);
  const webhookWorker = startWebhooks({ ...working, config, envelope, events });
  closers.push(() => webhookWorker.close());
  const breached = createBreachedPasswords(config.security.breached_passwords, log.root);
  const auditKeys = createAuditKeys(config, secrets);
  const auditKeeper = startAuditKeeper(
    { ...working, auditKeys, metrics },
    {
      lease: createLease(database, { name: 'audit', owner: instanceId, life: AUDIT.lease, now: () => clock.now() }),
      every: overrides.auditEvery === undefined ? AUDIT.every : overrides.auditEvery,
      retention: config.audit.retention,
    },
  );
  closers.push(() => auditKeeper.close());
  const qrSignals = createSignals();
  const live = await openLiveState({
    database,
    instanceId,
    sources: createLiveSources(repositories, keys),
    tokenLife: config.jwt.access_token_expire,
    now: () => clock.now(),
    log: log.root,
    onKeysChanged: () => keys.reload(),
    onOutboxRecord: (kind) => outbox.wake(kind),
    onQrChanged: (id) => qrSignals.emit(id),
    followers: { webhooks: events.reload, settings: runtimeSettings.reload },
  });
  closers.push(() => live.close());

  return {
    get config() {
      return runtimeSettings.config();
    },
    runtimeSettings,
    instanceId,
    clock,
    log,
    metrics,
    usage,
    publicUrl: readPublicUrl,
    setPublicUrl: (url) => {
      publicUrl = url;
    },
    database,
    transact,
    takeGuard: guarded,
    hasher,
    keys,
    keyKeeper,
    tokens: createTokens({
      keys,
      clock,
      issuer: () => config.jwt.issuer ?? readPublicUrl(),
      audience: config.jwt.audience,
      accessLife: config.jwt.access_token_expire,
      onGoneKey: (kid, state) => {
        metrics.securityEvents.inc({ type: 'retired_key_used' });
        log.auth.warn({ kid, state }, 'a token signed with a key that has left the ring was presented');
      },
    }),
    live,
    apiKeyReader: createApiKeyReader(createApiKeySources(repositories), live, clock),
    limits,
    openStreams: createOpenStreams(),
    hashIdentifier: createKeyedHash(secrets.keyEncryptionKey, 'identifiers'),
    hashLink,
    envelope,
    auditKeys,
    auditKeeper,
    outbox,
    events,
    webhookWorker,
    mailSender,
    smsSender,
    ...queues,
    oauthProviders: createOAuthProviders(config.oauth.providers, {
      clock,
      defaultRegion: config.auth.default_region,
    }),
    qrSignals,
    captcha: createCaptcha(config.auth.captcha, log.root),
    breached,
    requireGoodPassword: (password, own, field) =>
      requireGoodPassword({ config: runtimeSettings.config(), breached }, password, own, field),
    removeUserData: async (tx, userId) => {
      await removeHeldData(repositories, tx, userId);
      await recordErasure({ audit: repositories.audit, clock, log }, tx, userId);
      await queues.queueErasure(tx, userId);
    },
    exportUserData: (userId) => exportHeldData(repositories, userId),
    ...repositories,
    close,
  };
}
