// Deps: everything built once and passed on explicitly.
import { randomUUID } from 'node:crypto';
import type { Config, Secrets } from './config.ts';
import { connectDatabase, type Database } from './database/client.ts';
import { takeGuard } from './database/guards.ts';
import { migrate } from './database/migrate.ts';
import { migrations } from './database/migrations/all.ts';
import { enqueue, type OutboxWorker, startOutboxWorker } from './database/outbox.ts';
import { afterCommit, inTransaction, type Tx } from './database/transaction.ts';
import { type MailJob, sendMailJob } from './features/auth/email/mailer.ts';
import { createOneTimeCodesRepository, type OneTimeCodesRepository } from './features/auth/email/repository.ts';
import { createLoginAttemptsRepository, type LoginAttemptsRepository } from './features/auth/lockout/repository.ts';
import { createSessionsRepository, type SessionsRepository } from './features/auth/sessions/repository.ts';
import { createRolesRepository, type RolesRepository } from './features/rbac/repository.ts';
import { seedRoles } from './features/system/seed.ts';
import { createUsersRepository, type UsersRepository } from './features/users/repository.ts';
import { type AuditRepository, createAuditRepository } from './platform/audit.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { createIdempotencyRepository, type IdempotencyRepository } from './platform/idempotency.ts';
import { createKeyedHash, type KeyedHash } from './platform/keyed-hash.ts';
import { createEnvelope } from './platform/keys/envelope.ts';
import { createSigningKeysRepository } from './platform/keys/repository.ts';
import { createKeyRing, type KeyRing } from './platform/keys/ring.ts';
import { type LiveState, openLiveState } from './platform/live/live-state.ts';
import { createLogger, createLogStreams, type LogStreams } from './platform/logger.ts';
import {
  createDevMessagesRepository,
  createMailSender,
  type DevMessagesRepository,
  type MailSender,
} from './platform/mail/sender.ts';
import { createMetrics, type Metrics } from './platform/metrics.ts';
import { createPasswordHasher, type PasswordHasher } from './platform/password-hasher.ts';
import { createRateLimits, type RateLimits } from './platform/rate-limits.ts';
import { createTokens, type Tokens } from './platform/tokens/tokens.ts';

export interface Deps {
  readonly config: Config;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly log: LogStreams;
  readonly metrics: Metrics;
  /** The address the server is reached at; known once it listens when the port was left to the system. */
  readonly publicUrl: () => string;
  readonly setPublicUrl: (url: string) => void;
  readonly database: Database;
  readonly transact: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly takeGuard: (tx: Tx, name: string) => Promise<number>;
  readonly hasher: PasswordHasher;
  readonly keys: KeyRing;
  readonly tokens: Tokens;
  readonly live: LiveState;
  readonly limits: RateLimits;
  readonly hashIdentifier: KeyedHash;
  readonly hashLink: KeyedHash;
  readonly outbox: OutboxWorker;
  readonly mailSender: MailSender | null;
  readonly queueMail: (job: MailJob, tx?: Tx) => Promise<void>;
  readonly users: UsersRepository;
  readonly sessions: SessionsRepository;
  readonly roles: RolesRepository;
  readonly codes: OneTimeCodesRepository;
  readonly attempts: LoginAttemptsRepository;
  readonly audit: AuditRepository;
  readonly idempotency: IdempotencyRepository;
  readonly devMessages: DevMessagesRepository;
  close(): Promise<void>;
}

/** What a test or a bench may put in place of the real thing. */
export interface DepsOverrides {
  readonly clock?: Clock;
  readonly log?: LogStreams;
  /** Emits the driver's command events, for counting acts. */
  readonly monitorCommands?: boolean;
}

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
  const transact = <T>(work: (tx: Tx) => Promise<T>) => inTransaction(database, work);
  await migrate(database, migrations);
  await seedRoles(database, clock.now());

  const hasher = createPasswordHasher({
    cost: config.security.bcrypt_cost,
    workers: config.performance.hash_workers,
    maxWait: config.performance.hash_max_wait,
  });
  closers.push(() => hasher.close());

  const users = createUsersRepository(database);
  const sessions = createSessionsRepository(database);
  const roles = createRolesRepository(database);
  const codes = createOneTimeCodesRepository(database);
  const keys = await createKeyRing({
    repository: createSigningKeysRepository(database),
    envelope: createEnvelope(secrets.keyEncryptionKey, secrets.keyEncryptionKeyPrevious),
    clock,
    algorithm: config.jwt.algorithm,
    privateKeyPem: secrets.jwtPrivateKeyPem,
    life: { access: config.jwt.access_token_expire, refresh: config.jwt.refresh_token_expire },
    transact,
  });
  const hashLink = createKeyedHash(secrets.keyEncryptionKey, 'one-time links');
  const mailSender = createMailSender(config, database, clock);
  closers.push(() => mailSender?.close());
  const outbox = startOutboxWorker(database, {
    owner: instanceId,
    handlers: {
      mail: (payload) =>
        sendMailJob({ users, codes, clock, hashLink, publicUrl: readPublicUrl, mailSender, log }, payload),
    },
    clock,
    log: log.root,
  });
  closers.push(() => outbox.close());
  const live = await openLiveState({
    database,
    instanceId,
    sources: {
      loadRoles: roles.loadRoleTable,
      loadRevokedSessions: async (since) =>
        (await sessions.listRevokedSince(since)).map(({ _id, revoked_at }) => ({
          id: _id.toHexString(),
          at: revoked_at ?? since,
        })),
      loadUserEpochs: async (since) =>
        (await users.listEpochsSince(since)).map(({ _id, security }) => ({
          id: _id.toHexString(),
          epoch: security.token_epoch,
          at: security.epoch_at ?? since,
        })),
      async readSession(sid) {
        const session = await sessions.findById(sid);
        const user = session && (await users.findById(session.user_id.toHexString()));
        return session && user && { revoked: session.is_revoked, epoch: user.security.token_epoch };
      },
    },
    tokenLife: config.jwt.access_token_expire,
    now: () => clock.now(),
    log: log.root,
    onKeysChanged: () => keys.reload(),
    onOutboxRecord: () => outbox.wake(),
  });
  closers.push(() => live.close());

  return {
    config,
    instanceId,
    clock,
    log,
    metrics,
    publicUrl: readPublicUrl,
    setPublicUrl: (url) => {
      publicUrl = url;
    },
    database,
    transact,
    takeGuard: (tx, name) => takeGuard(database, tx, name),
    hasher,
    keys,
    tokens: createTokens({
      keys,
      clock,
      issuer: () => config.jwt.issuer ?? readPublicUrl(),
      audience: config.jwt.audience,
      accessLife: config.jwt.access_token_expire,
    }),
    live,
    limits: await createRateLimits(config.rate_limit, database),
    hashIdentifier: createKeyedHash(secrets.keyEncryptionKey, 'identifiers'),
    hashLink,
    outbox,
    mailSender,
    queueMail: async (job, tx) => {
      await enqueue(database, tx, { kind: 'mail', payload: job }, clock.now());
      if (tx) afterCommit(tx, () => outbox.wake());
      else outbox.wake();
    },
    users,
    sessions,
    roles,
    codes,
    attempts: createLoginAttemptsRepository(database, config.security.lockout_duration),
    audit: createAuditRepository(database),
    idempotency: createIdempotencyRepository(database),
    devMessages: createDevMessagesRepository(database),
    close,
  };
}
