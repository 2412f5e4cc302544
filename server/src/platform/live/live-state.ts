// What every request is checked against without a database read: revoked sessions, user epochs, the role table; fed by the change stream.

import { type FeedChange, openChangeFeed } from '../../database/change-feed.ts';
import type { Database } from '../../database/client.ts';
import type { Log } from '../logger.ts';
import { startHeartbeat } from './heartbeat.ts';
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

/** What the state is loaded from; the queries stand in the features' repositories. */
export interface LiveSources {
  loadRoles(): Promise<RoleTable>;
  loadRevokedSessions(since: Date): Promise<RevokedSession[]>;
  loadUserEpochs(since: Date): Promise<UserEpoch[]>;
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
  /** Seconds since the stream was last heard. */
  lagSeconds(): number;
  readSession: LiveSources['readSession'];
  /** Write-through by the instance that made the change, once it is committed. */
  revokeSessions(sessions: readonly RevokedSession[]): void;
  raiseEpoch(user: UserEpoch): void;
  reloadRoles(): Promise<void>;
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
  /** Told of new outbox records. */
  readonly onOutboxRecord: () => void;
}

const EPOCH = 'security.token_epoch';

/** Every refresh and every sign-in writes sessions and users: of those only what makes tokens void is worth a message. */
const ONLY_WHAT_MATTERS = {
  $match: {
    $or: [
      { 'ns.coll': { $nin: ['sessions', 'users'] } },
      { operationType: { $nin: ['insert', 'update'] } },
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
  const heartbeat = startHeartbeat(database, options.instanceId, log);

  const raise = ({ id, epoch, at }: UserEpoch) => {
    if ((epochs.get(id)?.epoch ?? -1) < epoch) epochs.set(id, { epoch, at: at.getTime() });
  };
  const loadAll = async () => {
    const since = new Date(now().getTime() - options.tokenLife - LIVE_MARGIN);
    const [table, sessions, users] = await Promise.all([
      sources.loadRoles(),
      sources.loadRevokedSessions(since),
      sources.loadUserEpochs(since),
      // What cannot be read leaves the ring as it is; the feed goes on.
      options.onKeysChanged().catch((error: unknown) => log.error({ error }, 'the key ring could not be read again')),
    ]);
    roles = table;
    for (const session of sessions) revoked.set(session.id, session.at.getTime());
    for (const user of users) raise(user);
  };
  const reloadRoles = async () => {
    roles = await sources.loadRoles();
  };

  const handlers: Record<string, (change: FeedChange) => void | Promise<void>> = {
    sessions: ({ id, updatedFields, fullDocument }) => {
      if ((updatedFields?.['is_revoked'] ?? fullDocument?.['is_revoked']) === true)
        revoked.set(String(id), now().getTime());
    },
    users: ({ id, updatedFields, fullDocument }) => {
      const epoch = updatedFields?.[EPOCH] ?? fullDocument?.['token_epoch'];
      if (typeof epoch === 'number') raise({ id: String(id), epoch, at: now() });
    },
    roles: reloadRoles,
    signing_keys: options.onKeysChanged,
    outbox: ({ operation }) => {
      if (operation === 'insert') options.onOutboxRecord();
    },
    heartbeats: ({ id }) => heartbeat.hear(String(id)),
  };

  const feed = await openChangeFeed(database, {
    collections: Object.keys(handlers),
    project: [ONLY_WHAT_MATTERS, ONLY_WHAT_IS_READ],
    onChange: (change) => handlers[change.collection]?.(change),
    onReset: loadAll,
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
    lagSeconds: heartbeat.lagSeconds,
    readSession: sources.readSession,
    revokeSessions: (sessions) => {
      for (const { id, at } of sessions) revoked.set(id, at.getTime());
    },
    raiseEpoch: raise,
    reloadRoles,
    async close() {
      clearInterval(prune);
      await heartbeat.close();
      await feed.close();
    },
  };
}
