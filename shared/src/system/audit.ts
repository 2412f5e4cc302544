// Contract of the audit: its lines, the seals on them, and what a verification found.
import { z } from 'zod';
import { Id } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

const Outcome = z.enum(['success', 'failure']);

/** What stays of a line, whatever becomes of the people in it. */
const lasting = {
  id: Id,
  at: z.date(),
  act: z.string().meta({ example: 'auth.login' }),
  outcome: Outcome,
  actor: z.object({
    kind: z.string().meta({ example: 'user' }),
    id: z.string().nullable(),
    sid: z.string().nullable(),
    key_id: z.string().optional().describe('Of the API key that a program acted by'),
  }),
  target: z.object({ kind: z.string().meta({ example: 'session' }), id: z.string().nullable() }),
  request_id: z.string().nullable(),
  details: z
    .record(z.string(), z.unknown())
    .describe('What changed')
    .meta({ example: { method: 'pwd' } }),
};
const origin = { ip: z.string().nullable(), user_agent: z.string().nullable() };
const personal = z
  .record(z.string(), z.unknown())
  .nullable()
  .describe('What of it tells of a person, such as a user name: it goes when the person goes')
  .meta({ example: { username: 'li.lei' } });

export const AuditLine = z
  .object({
    ...lasting,
    ...origin,
    personal,
    erased: z.boolean().describe('Personal data were taken out, with the account they belonged to'),
    block: z.int().nullable().describe('The sealed block it stands in; null for the newest, not sealed yet'),
  })
  .meta({ id: 'AuditLine' });
export type AuditLine = z.output<typeof AuditLine>;
export const AuditPage = page(AuditLine);

const Act = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\.?$/, 'must be the name of an act, or the beginning of names with its dot')
  .meta({ example: 'auth.' });

const Key = z
  .string()
  .max(128)
  .regex(/^[\x21-\x7e]+$/, 'must be an id');

export const ListAuditInput = PageInput.extend({
  act: Act.optional().describe('`auth.login`, or `auth.` for all that begin so'),
  actor_id: Key.optional(),
  target_id: Key.optional(),
  request_id: Key.optional(),
  outcome: Outcome.optional(),
  from: z.date().optional(),
  to: z.date().optional().describe('Not included'),
}).prefault({});
export type ListAuditInput = z.output<typeof ListAuditInput>;

/** Where the chain stands: what a log line of the server names as well, for comparing. */
export const AuditHead = z
  .string()
  .regex(/^\d{1,15}:[\w-]{43}$/, 'must be a block and its hash: 12:…')
  .meta({ example: '12:n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg' });

export const VerifyAuditInput = z
  .strictObject({
    from: z.int().min(1).optional().describe('The first block; the newest ones when absent'),
    blocks: z.int().min(1).max(10_000).default(1_000).describe('So many at most'),
    head: AuditHead.optional().describe('A head that the log told of: it must still be there'),
  })
  .prefault({});
export type VerifyAuditInput = z.output<typeof VerifyAuditInput>;

/** In what way a chain can be broken. */
export const AuditFault = z.enum([
  'line_altered',
  'line_removed',
  'line_inserted',
  'line_moved',
  'block_missing',
  'block_forged',
  'key_unknown',
  'head_differs',
  'erasure_unexplained',
]);
export type AuditFault = z.output<typeof AuditFault>;

export const AuditProblem = z.object({
  fault: AuditFault,
  block: z.int(),
  index: z.int().nullable().describe('Which line of the block'),
  line: z.string().nullable().describe('The id of that line, as far as it has one'),
});
export type AuditProblem = z.output<typeof AuditProblem>;

export const AuditVerification = z
  .object({
    intact: z.boolean(),
    from: z.int().nullable().describe('The first block that was looked at; null when there is none'),
    to: z.int().nullable(),
    lines: z.int(),
    erased: z.int().describe('Lines whose personal data were taken out, as it should be'),
    kept_from: z.int().describe('The first block whose lines are kept; those before are past their time'),
    head: AuditHead.nullable(),
    unsealed: z.object({ count: z.int(), oldest: z.date().nullable() }).describe('Not in any block yet'),
    problems: z.array(AuditProblem).max(100).describe('The first hundred'),
    next: z.int().nullable().describe('The block to go on with, as `from`; null at the end'),
  })
  .meta({ id: 'AuditVerification' });
export type AuditVerification = z.output<typeof AuditVerification>;

export const ExportAuditInput = z
  .strictObject({ from: z.date().optional(), to: z.date().optional().describe('Not included') })
  .prefault({});
export type ExportAuditInput = z.output<typeof ExportAuditInput>;

const Commitment = z
  .object({ hash: z.string(), salt: z.string().nullable() })
  .describe('HMAC-SHA-256 of what was there, under the salt; without salt: erased');

/** One line of an export: whole blocks, each before its lines, and at the end what is not sealed yet. */
export const AuditExportItem = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('block'),
    block: z.int(),
    prev: z.string(),
    at: z.date(),
    count: z.int(),
    from: z.date(),
    to: z.date(),
    root: z.string(),
    key: z.string().describe('Which key'),
    hash: z.string(),
  }),
  z.object({
    kind: z.literal('line'),
    line: z.object(lasting),
    origin: z.object(origin).nullable(),
    personal,
    seal: z
      .object({
        block: z.int(),
        index: z.int(),
        origin: Commitment.nullable(),
        personal: Commitment.nullable(),
      })
      .nullable(),
  }),
]);
export type AuditExportItem = z.output<typeof AuditExportItem>;
