// Audit records: who did what, to what, from where, with which outcome; written in the act's own transaction.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Caller, Ctx } from '../context.ts';
import type { Database } from '../database/client.ts';
import { objectId } from '../database/json-schema.ts';
import { afterCommit, type Tx } from '../database/transaction.ts';

export const AuditDocument = z.object({
  _id: objectId(),
  at: z.date(),
  act: z.string(),
  outcome: z.enum(['success', 'failure']),
  actor: z.object({
    kind: z.enum(['user', 'client', 'anonymous', 'system']),
    id: z.string().nullable(),
    sid: z.string().nullable(),
  }),
  target: z.object({ kind: z.string(), id: z.string().nullable() }),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  request_id: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
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
  ],
};

export interface AuditEntry {
  /** Dotted name of the act: `auth.login`, `users.assign_role`. */
  readonly act: string;
  readonly outcome?: 'success' | 'failure';
  readonly target: { readonly kind: string; readonly id: string | null };
  /** What changed; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Who acted, where that is not the caller: whoever just signed in. */
  readonly actor?: { readonly kind: 'user'; readonly id: string; readonly sid: string | null };
}

export function createAuditRepository(database: Database) {
  const records = database.db.collection<AuditDocument>(auditCollection.name);
  return {
    async insert(record: AuditDocument, tx: Tx | undefined): Promise<void> {
      await records.insertOne(record, tx ? { session: tx } : {});
    },
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
    ? { kind: caller.kind, id: caller.id, sid: 'sid' in caller ? caller.sid : null }
    : { kind: 'anonymous' as const, id: null, sid: null };
  const record: AuditDocument = {
    _id: new ObjectId(),
    at: ctx.clock.now(),
    act: entry.act,
    outcome: entry.outcome ?? 'success',
    actor: entry.actor ?? fromCaller,
    target: entry.target,
    ip: request.ip,
    user_agent: request.userAgent,
    request_id: request.id,
    details: { ...entry.details },
  };
  await ctx.audit.insert(record, tx);
  const { act, outcome, actor, target, ip, request_id } = record;
  const log = () => ctx.log.audit.info({ act, outcome, actor, target, ip, request_id }, act);
  if (tx) afterCommit(tx, log);
  else log();
}
