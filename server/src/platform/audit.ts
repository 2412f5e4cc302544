// Audit records: who did what, to what, from where, with which outcome; written in the act's own transaction.
import { splitDetails } from '@authcenter/shared/acts';
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Caller, Ctx } from '../context.ts';
import type { Database } from '../database/client.ts';
import { objectId } from '../database/json-schema.ts';
import { afterCommit, type Tx } from '../database/transaction.ts';
import type { Deps } from '../deps.ts';

/** The act by which a person's data were taken out of the audit; verification asks for it. */
export const AUDIT_ERASED = 'system.audit_erased';

/** What stands in a seal for something that may be erased: its hash under a salt. Without the salt nobody can guess what it was. */
export const AuditCommitment = z.object({ hash: z.string(), salt: z.string().optional() });
export type AuditCommitment = z.output<typeof AuditCommitment>;

/** The place of a record in the chain of blocks; it comes with the block, shortly after the act. */
export const AuditSeal = z.object({
  block: z.int(),
  index: z.int(),
  /** Of `ip` and `user_agent`, and of `personal`; absent where there was nothing. */
  origin: AuditCommitment.optional(),
  personal: AuditCommitment.optional(),
});
export type AuditSeal = z.output<typeof AuditSeal>;

export const AuditDocument = z.object({
  _id: objectId(),
  at: z.date(),
  act: z.string(),
  outcome: z.enum(['success', 'failure']),
  actor: z.object({
    kind: z.enum(['user', 'api_key', 'client', 'anonymous', 'system']),
    id: z.string().nullable(),
    sid: z.string().nullable(),
    /** Of the API key that a user's program acted by. */
    key_id: z.string().optional(),
  }),
  target: z.object({ kind: z.string(), id: z.string().nullable() }),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  /** What of the details tells of a person. Apart, because it is erased with their account. */
  personal: z.record(z.string(), z.unknown()).optional(),
  seal: AuditSeal.optional(),
});
export type AuditDocument = z.output<typeof AuditDocument>;

export const auditCollection = {
  name: 'audit_logs',
  schema: AuditDocument,
  indexes: [
    { key: { at: -1, _id: -1 }, name: 'at' },
    { key: { 'actor.id': 1, at: -1, _id: -1 }, name: 'actor_at' },
    { key: { 'target.id': 1, at: -1, _id: -1 }, name: 'target_at' },
    { key: { act: 1, at: -1, _id: -1 }, name: 'act_at' },
    { key: { outcome: 1, at: -1, _id: -1 }, name: 'outcome_at' },
    { key: { request_id: 1, at: -1, _id: -1 }, name: 'request_at' },
    // Those without the field count as null: what an older version writes is sealed as well.
    { key: { at: 1, _id: 1 }, name: 'unsealed', partialFilterExpression: { seal: null } },
    {
      key: { 'seal.block': 1, 'seal.index': 1 },
      name: 'sealed',
      unique: true,
      partialFilterExpression: { 'seal.block': { $exists: true } },
    },
  ],
};

export interface AuditEntry {
  /** Dotted name of the act: `auth.login`, `users.assign_role`. */
  readonly act: string;
  readonly outcome?: 'success' | 'failure';
  readonly target: { readonly kind: string; readonly id: string | null };
  /** What changed; never a secret. What of it tells of a person is kept apart, so that it can be erased. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Who acted, where that is not the caller: whoever just signed in. */
  readonly actor?: { readonly kind: 'user' | 'client'; readonly id: string; readonly sid: string | null };
}

export function createAuditRepository(database: Database) {
  const records = database.db.collection<AuditDocument>(auditCollection.name);
  return {
    async insert(record: AuditDocument, tx: Tx | undefined): Promise<void> {
      await records.insertOne(record, tx ? { session: tx } : {});
    },
    /** By or about somebody, newest first. */
    listAbout: (id: string, limit: number) =>
      records
        .find(
          { $or: [{ 'actor.id': id }, { 'target.id': id }] },
          { sort: { at: -1, _id: -1 }, limit, maxTimeMS: database.maxTimeMs },
        )
        .toArray(),
  };
}
export type AuditRepository = ReturnType<typeof createAuditRepository>;

/** Writes one record; without `tx` where the act itself writes nothing (a refused sign-in). */
export async function recordAct(
  ctx: Ctx<'audit' | 'clock' | 'log', Caller | null>,
  tx: Tx | undefined,
  entry: AuditEntry,
): Promise<void> {
  const { caller, request } = ctx;
  const fromCaller = caller
    ? {
        kind: caller.kind,
        id: caller.id,
        sid: caller.kind === 'user' ? caller.sid : null,
        ...(caller.kind === 'api_key' ? { key_id: caller.keyId } : {}),
      }
    : { kind: 'anonymous' as const, id: null, sid: null };
  await write(ctx, tx, entry, {
    actor: entry.actor ?? fromCaller,
    ip: request.ip,
    user_agent: request.userAgent,
    request_id: request.id,
  });
}

/**
 * What the server does on its own, or an operator by the command line: no request stands behind it.
 *
 * @param by - `cli`: an operator's command
 */
export const recordSystemAct = (
  deps: Pick<Deps, 'audit' | 'clock' | 'log'>,
  tx: Tx | undefined,
  entry: Omit<AuditEntry, 'actor'>,
  by: 'cli' | null = null,
): Promise<void> =>
  write(deps, tx, entry, {
    actor: { kind: 'system', id: by, sid: null },
    ip: null,
    user_agent: null,
    request_id: null,
  });

async function write(
  deps: Pick<Deps, 'audit' | 'clock' | 'log'>,
  tx: Tx | undefined,
  entry: AuditEntry,
  origin: Pick<AuditDocument, 'actor' | 'ip' | 'user_agent' | 'request_id'>,
): Promise<void> {
  const record: AuditDocument = {
    _id: new ObjectId(),
    at: deps.clock.now(),
    act: entry.act,
    outcome: entry.outcome ?? 'success',
    target: entry.target,
    ...origin,
    ...splitDetails(entry.act, entry.details ?? {}),
  };
  await deps.audit.insert(record, tx);
  const { act, outcome, actor, target, ip, request_id } = record;
  const log = () => deps.log.audit.info({ act, outcome, actor, target, ip, request_id }, act);
  if (tx) afterCommit(tx, log);
  else log();
}
