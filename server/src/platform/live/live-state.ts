// What every request is checked against without a database read: revoked sessions, user epochs, the role table; fed by the change stream.

import { type FeedChange, openChangeFeed } from '../../database/change-feed.ts';
import type { Database } from '../../database/client.ts';
import type { Log } from '../logger.ts';
import { startHeartbeat } from './heartbeat.ts';
import { createRevocationLog, type RevocationFeed } from './revocation-feed.ts';
import { describeClient, describeKey, describeRole, listRevocations } from './revocations.ts';
import type { RoleTable } from './role-table.ts';

/** How long entries are needed beyond the life of the tokens they make void, in ms. */
export const LIVE_MARGIN = 60_000;
const PRUNE_EVERY = 60_000;

export interface RevokedSession {
  readonly id: string;
  readonly at: Date;
}

export interface UserEpoch {
  readonly id: string;
  readonly epoch: number;
  readonly at: Date;
}

/** What a client's tokens are worth; of the clients themselves nothing else is needed at each request. */
export interface LiveClient {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  /** Raised when its secret is withdrawn. */
  readonly epoch: number;
}

/** What the state is loaded from; the queries stand in the features' repositories. */
export interface LiveSources {
  loadRoles(): Promise<RoleTable>;
  loadClients(): Promise<LiveClient[]>;
  /** One client read from the primary. */
  readClient(id: string): Promise<LiveClient | null>;
  loadRevokedSessions(since: Date): Promise<RevokedSession[]>;
  loadUserEpochs(since: Date): Promise<UserEpoch[]>;
  /** The `kid`s of the keys that tokens may be signed with now. */
  listKeyIds(): readonly string[];
  /** One session and one user read from the primary: while the stream stands still. */
  readSession(sid: string): Promise<{ revoked: boolean; epoch: number } | null>;
}

export interface LiveState {
  roles(): RoleTable;
  isRevoked(sid: string): boolean;
  /** The user's epoch where it was raised lately; undefined means that no living token is behind. */
  epochOf(userId: string): number | undefined;
  /** Whether the change stream has not been heard for 30 s: then decisions must read the database. */
  isStalled(): boolean;
  /** What services are told of all this. */
  readonly feed: RevocationFeed;
  /** Seconds since the stream was last heard. */
  lagSeconds(): number;
  readSession: LiveSources['readSession'];
  client(id: string): LiveClient | undefined;
  readClient: LiveSources['readClient'];
  /** Write-through by the instance that made the change, once it is committed. */
  revokeSessions(sessions: readonly RevokedSession[]): void;
  raiseEpoch(user: UserEpoch): void;
  reloadRoles(): Promise<void>;
  /** Write-through, as above; null: it was removed. */
  setClient(id: string, client: LiveClient | null): void;
  close(): Promise<void>;
}

export interface LiveOptions {
  readonly database: Database;
  readonly instanceId: string;
  readonly sources: LiveSources;
  /** Life of access tokens, in ms. */
  readonly tokenLife: number;
  readonly now: () => Date;
  readonly log: Log;
  /** Told of changes to the key ring. */
  readonly onKeysChanged: () => Promise<void>;
  /** Told the kind of each new outbox record, on every instance. */
  readonly onOutboxRecord: (kind: string) => void;
  /** Told of QR sign-ins that have moved on. */
  readonly onQrChanged: (id: string) => void;
  /** Small collections that somebody keeps in memory as a whole: read at the start, and again at each change of theirs, on any instance. */
  readonly followers: Readonly<Record<string, () => Promise<void>>>;
}

const EPOCH = 'security.token_epoch';

/**
 * Every refresh and every sign-in writes sessions and users: of those only what makes tokens void is worth a message. Workers
 * need to hear of new records of the outbox, not of what they do with them.
 */
const ONLY_WHAT_MATTERS = {
  $match: {
    $or: [
      { 'ns.coll': { $nin: ['sessions', 'users', 'outbox'] } },
      { 'ns.coll': { $ne: 'outbox' }, operationType: { $nin: ['insert', 'update'] } },
      { 'ns.coll': 'outbox', operationType: { $nin: ['update', 'delete'] } },
      { 'updateDescription.updatedFields.is_revoked': true },
      { 'fullDocument.is_revoked': true },
      // The dot is part of the name: no path leads there.
      {
        $expr: {
          $gt: [{ $getField: { field: EPOCH, input: { $ifNull: ['$updateDescription.updatedFields', {}] } } }, null],
        },
      },
    ],
  },
};

/** Password hashes and mails stay in the database: only what the handlers read travels. */
const ONLY_WHAT_IS_READ = {
  $project: {
    operationType: 1,
    ns: 1,
    documentKey: 1,
    clusterTime: 1,
    'fullDocument.kind': 1,
    'fullDocument.is_revoked': 1,
    'fullDocument.token_epoch': `$fullDocument.${EPOCH}`,
    'updateDescription.updatedFields': {
      $arrayToObject: {
        $filter: {
          input: { $objectToArray: { $ifNull: ['$updateDescription.updatedFields', {}] } },
          as: 'field',
          cond: { $in: ['$$field.k', ['is_revoked', EPOCH]] },
        },
      },
    },
  },
};

/** Opens the stream first and loads afterwards, so that nothing falls between. */
export async function openLiveState(options: LiveOptions): Promise<LiveState> {
  const { database, sources, log, now } = options;
  const revoked = new Map<string, number>();
  const epochs = new Map<string, { epoch: number; at: number }>();
  let roles: RoleTable | undefined;
  let clients = new Map<string, LiveClient>();
  const heartbeat = startHeartbeat(database, options.instanceId, log);

  const feedLog = createRevocationLog({
    listAll: () => listRevocations({ revoked, epochs, roles, clients, keyIds: sources.listKeyIds() }),
    keptFor: options.tokenLife + LIVE_MARGIN,
    now,
  });
  const knownKeys = new Set<string>();

  const raise = ({ id, epoch, at }: UserEpoch) => {
    if ((epochs.get(id)?.epoch ?? -1) < epoch) epochs.set(id, { epoch, at: at.getTime() });
  };
  const reloadClients = async () => {
    clients = new Map((await sources.loadClients()).map((client) => [client.id, client]));
  };
  const loadAll = async () => {
    const since = new Date(now().getTime() - options.tokenLife - LIVE_MARGIN);
    const [table, sessions, users] = await Promise.all([
      sources.loadRoles(),
      sources.loadRevokedSessions(since),
      sources.loadUserEpochs(since),
      // What cannot be read leaves the ring as it is; the feed goes on.
      options.onKeysChanged().catch((error: unknown) => log.error({ error }, 'the key ring could not be read again')),
      reloadClients(),
      ...Object.values(options.followers).map((reload) => reload()),
    ]);
    roles = table;
    for (const session of sessions) revoked.set(session.id, session.at.getTime());
    for (const user of users) raise(user);
    for (const kid of sources.listKeyIds()) knownKeys.add(kid);
  };
  /** Of two that read at once the later one counts, in whatever order they come back. */
  const reloadRoles = async () => {
    const table = await sources.loadRoles();
    if (!roles || table.version >= roles.version) roles = table;
  };

  const handlers: Record<string, (change: FeedChange) => void | Promise<void>> = {
    sessions: ({ id, updatedFields, fullDocument, position }) => {
      if ((updatedFields?.['is_revoked'] ?? fullDocument?.['is_revoked']) !== true) return;
      revoked.set(String(id), now().getTime());
      feedLog.note(position, { type: 'session', id: String(id), value: null });
    },
    users: ({ id, updatedFields, fullDocument, position }) => {
      const epoch = updatedFields?.[EPOCH] ?? fullDocument?.['token_epoch'];
      if (typeof epoch !== 'number') return;
      raise({ id: String(id), epoch, at: now() });
      feedLog.note(position, { type: 'user', id: String(id), value: epoch });
    },
    // What is read may be newer than the change: the same is told again with the next one, as on every other instance.
    roles: async ({ id, position }) => {
      await reloadRoles();
      feedLog.note(position, describeRole(String(id), roles));
    },
    clients: async ({ id, position }) => {
      await reloadClients();
      feedLog.note(position, describeClient(String(id), clients));
    },
    signing_keys: async ({ id, position }) => {
      await options.onKeysChanged();
      const [kid, kids] = [String(id), sources.listKeyIds()];
      // The keys of refresh tokens are nobody else's business.
      if (kids.includes(kid) || knownKeys.has(kid)) feedLog.note(position, describeKey(kid, kids));
      for (const one of kids) knownKeys.add(one);
    },
    outbox: ({ fullDocument }) => options.onOutboxRecord(String(fullDocument?.['kind'])),
    qr_logins: ({ id }) => options.onQrChanged(String(id)),
    ...options.followers,
    heartbeats: ({ id, position }) => {
      heartbeat.hear(String(id));
      feedLog.hear(position);
    },
  };

  const feed = await openChangeFeed(database, {
    collections: Object.keys(handlers),
    project: [ONLY_WHAT_MATTERS, ONLY_WHAT_IS_READ],
    onChange: (change) => handlers[change.collection]?.(change),
    onReset: async () => {
      feedLog.forget();
      await loadAll();
    },
    log,
  });
  await loadAll();
  await heartbeat.first();

  const prune = setInterval(() => {
    const before = now().getTime() - options.tokenLife - LIVE_MARGIN;
    for (const [sid, at] of revoked) if (at < before) revoked.delete(sid);
    for (const [id, { at }] of epochs) if (at < before) epochs.delete(id);
  }, PRUNE_EVERY);
  prune.unref();

  return {
    roles: () => {
      if (!roles) throw new Error('the role table is not loaded yet');
      return roles;
    },
    isRevoked: (sid) => revoked.has(sid),
    epochOf: (userId) => epochs.get(userId)?.epoch,
    isStalled: heartbeat.isStalled,
    feed: feedLog,
    lagSeconds: heartbeat.lagSeconds,
    readSession: sources.readSession,
    client: (id) => clients.get(id),
    readClient: sources.readClient,
    revokeSessions: (sessions) => {
      for (const { id, at } of sessions) revoked.set(id, at.getTime());
    },
    raiseEpoch: raise,
    reloadRoles,
    setClient: (id, client) => void (client ? clients.set(id, client) : clients.delete(id)),
    async close() {
      clearInterval(prune);
      await heartbeat.close();
      await feed.close();
    },
  };
}
