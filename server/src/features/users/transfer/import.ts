// Taking people over from elsewhere, in batches: what is wrong with a line is told, and the rest goes on.
import { DEFAULT_ROLE, type FieldError } from '@authcenter/shared';
import { duplicateKey } from '../../../database/errors.ts';
import type { Tx } from '../../../database/transaction.ts';
import type { Deps } from '../../../deps.ts';
import { recordSystemAct } from '../../../platform/audit.ts';
import type { RoleTable } from '../../../platform/live/role-table.ts';
import { RIGHTS_GUARD } from '../acting.ts';
import type { UserDocument } from '../document.ts';
import { newGrant, newUserDocument, newUsername } from '../new-user.ts';
import { type Draft, judgeLine } from './line.ts';
import { createNameLedger, NAME_FIELDS } from './names.ts';

export type ImportDeps = Pick<Deps, 'users' | 'clock' | 'transact' | 'takeGuard' | 'audit' | 'log'> & {
  readonly roles: RoleTable;
  /** Where a number without `+` is read. */
  readonly region: string;
};

export interface SourceLine {
  readonly line: number;
  /** Or why it cannot be read. */
  readonly fields: Readonly<Record<string, unknown>> | { readonly unreadable: string };
}

export interface Problem {
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

export interface ImportReport {
  readonly dry_run: boolean;
  readonly lines: number;
  readonly imported: number;
  /** Came with an earlier run, or by themselves, under the very same names. */
  readonly there_already: number;
  readonly skipped: number;
}

export interface ImportOptions {
  readonly dryRun: boolean;
  readonly onProblem: (problem: Problem) => void;
  readonly onProgress?: (lines: number) => void;
}

const BATCH = 1000;
/** People who register meanwhile make a batch be looked at anew; so many at once nobody does. */
const TRIES = 5;

interface Candidate {
  readonly line: number;
  readonly draft: Draft;
}

/** One act: announced before the first user is written, and told with its counts however it ends. */
export async function importUsers(
  deps: ImportDeps,
  source: AsyncIterable<SourceLine>,
  options: ImportOptions,
): Promise<ImportReport> {
  const count = { lines: 0, imported: 0, there_already: 0, skipped: 0 };
  if (options.dryRun) return { dry_run: true, ...(await run(deps, source, options, count)) };
  await record(deps, 'users.import_begun', {});
  try {
    return { dry_run: false, ...(await run(deps, source, options, count)) };
  } finally {
    await record(deps, 'users.imported', { ...count });
  }
}

type Count = { lines: number; imported: number; there_already: number; skipped: number };

async function run(
  deps: ImportDeps,
  source: AsyncIterable<SourceLine>,
  { dryRun, onProblem, onProgress }: ImportOptions,
  count: Count,
): Promise<Count> {
  const ledger = createNameLedger();
  let batch: Candidate[] = [];
  const skip = (line: number, problems: readonly FieldError[]) => {
    count.skipped++;
    for (const { path, message } of problems) onProblem({ line, field: path, message });
  };
  const flush = async () => {
    const outcomes = await settle(deps, batch, dryRun);
    for (const { line, outcome } of outcomes) {
      if (typeof outcome !== 'string') skip(line, outcome);
      else count[outcome]++;
    }
    batch = [];
    onProgress?.(count.lines);
  };
  for await (const { line, fields } of source) {
    count.lines++;
    const verdict = judge(deps, fields);
    const problems = 'problems' in verdict ? verdict.problems : ledger.claim(line, verdict.draft);
    if ('problems' in verdict || problems.length > 0) skip(line, problems);
    else batch.push({ line, draft: verdict.draft });
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return count;
}

function judge({ roles, region, clock }: ImportDeps, fields: SourceLine['fields']) {
  if ('unreadable' in fields && typeof fields.unreadable === 'string')
    return { problems: [{ path: '', message: fields.unreadable }] };
  const verdict = judgeLine(fields as Readonly<Record<string, unknown>>, region, clock.now());
  if ('problems' in verdict) return verdict;
  const unknown = (verdict.draft.roles ?? []).filter((name) => !roles.byName.has(name));
  if (unknown.length === 0) return verdict;
  return { problems: unknown.map((name) => ({ path: 'roles', message: `there is no role ${JSON.stringify(name)}` })) };
}

interface Settled {
  readonly line: number;
  readonly outcome: 'imported' | 'there_already' | readonly FieldError[];
}

async function settle(deps: ImportDeps, batch: readonly Candidate[], dryRun: boolean): Promise<Settled[]> {
  if (batch.length === 0) return [];
  if (dryRun) return compare(deps, batch);
  for (let attempt = 1; ; attempt++) {
    try {
      return await deps.transact(async (tx) => {
        // Granting: what the roles are must stand still.
        await deps.takeGuard(tx, RIGHTS_GUARD);
        const settled = await compare(deps, batch, tx);
        const fresh = batch.filter((_, index) => settled[index]?.outcome === 'imported');
        if (fresh.length > 0)
          await deps.users.insertMany(
            fresh.map(({ draft }) => toDocument(deps, draft)),
            tx,
          );
        return settled;
      });
    } catch (error) {
      // Somebody took one of the names between the look and the write.
      if (duplicateKey(error) === null || attempt === TRIES) throw error;
    }
  }
}

/** What becomes of each line, by who is there already. */
async function compare({ users }: ImportDeps, batch: readonly Candidate[], tx?: Tx): Promise<Settled[]> {
  const given = (field: (typeof NAME_FIELDS)[number]) => batch.flatMap(({ draft }) => draft[field] ?? []);
  const found = await users.listByNames(
    { usernames: given('username'), emails: given('email'), phones: given('phone') },
    tx,
  );
  const holders = new Map(
    found.flatMap((user) =>
      NAME_FIELDS.flatMap((field) => (user[field] === undefined ? [] : [[`${field} ${user[field]}`, user] as const])),
    ),
  );
  return batch.map(({ line, draft }) => {
    const taken = NAME_FIELDS.filter((field) => holders.has(`${field} ${draft[field]}`));
    const [first] = taken.map((field) => holders.get(`${field} ${draft[field]}`));
    if (!first) return { line, outcome: 'imported' };
    const isSame = NAME_FIELDS.every((field) => draft[field] === undefined || draft[field] === first[field]);
    return { line, outcome: isSame ? 'there_already' : taken.map((path) => ({ path, message: 'is taken' })) };
  });
}

/** Who is taken over counts as verified unless the line says otherwise, and is somebody in any case. */
function toDocument({ roles, clock }: ImportDeps, draft: Draft): UserDocument {
  const now = clock.now();
  const { email, phone, password_hash: hash } = draft;
  const user = newUserDocument(
    {
      username: draft.username ?? newUsername(),
      ...(email === undefined ? {} : { email, email_verified: draft.email_verified }),
      ...(phone === undefined ? {} : { phone }),
      name: draft.name ?? null,
      ...(hash === undefined ? {} : { password: { hash, scheme: 'bcrypt-foreign' } }),
    },
    roles,
    draft.created_at ?? now,
  );
  const names = [...new Set(draft.roles ?? [DEFAULT_ROLE])];
  return {
    ...user,
    status: draft.status,
    phone_verified: phone !== undefined && draft.phone_verified,
    profile: { ...user.profile, department: draft.department ?? null, position: draft.position ?? null },
    roles: names.flatMap((name) => {
      const role = roles.byName.get(name);
      return role ? [newGrant(role, null, now, null)] : [];
    }),
    proven_at: now,
    updated_at: now,
  };
}

const record = (deps: ImportDeps, act: string, details: Readonly<Record<string, unknown>>): Promise<void> =>
  deps.transact((tx) => recordSystemAct(deps, tx, { act, target: { kind: 'users', id: null }, details }));
