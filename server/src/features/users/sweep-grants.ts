// What is due about grants as they run out: the reminder, the record of the end, and what is kept no longer.
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import type { GrantDocument, UserDocument } from './document.ts';
import { recordEnd } from './grant-end.ts';
import { afterStep, dueStep } from './grant-term.ts';

export type SweepDeps = Pick<Deps, 'users' | 'clock' | 'config' | 'transact' | 'audit' | 'log' | 'queueMessage'>;

const BATCH = 500;

/**
 * Safe on every instance at once: a user is read and changed in one transaction, and of two the later finds nothing due. No right
 * changes by it: a grant that has ended counts nowhere from that instant on, swept or not.
 *
 * @returns how many users there was something to do about
 */
export async function sweepGrants(deps: SweepDeps): Promise<number> {
  let swept = 0;
  for (;;) {
    const due = await deps.users.listGrantsDue(deps.clock.now(), BATCH);
    let done = 0;
    for (const { _id } of due) if (await trySweep(deps, _id.toHexString())) done++;
    swept += done;
    if (due.length < BATCH || done === 0) return swept;
  }
}

/** One that fails holds up nobody else, and is tried again the next time. */
async function trySweep(deps: SweepDeps, id: string): Promise<boolean> {
  try {
    return await deps.transact((tx) => sweepUser(deps, tx, id));
  } catch (error) {
    deps.log.error.error({ error, user_id: id }, 'the grants of a user could not be swept');
    return false;
  }
}

async function sweepUser(deps: SweepDeps, tx: Tx, id: string): Promise<boolean> {
  const now = deps.clock.now();
  const user = await deps.users.findById(id, tx);
  const steps = user?.roles.map((grant) => ({ grant, step: dueStep(grant, now) })) ?? [];
  if (!user || steps.every(({ step }) => step === null)) return false;
  const roles = steps.flatMap(({ grant, step }) => afterStep(grant, step, now) ?? []);
  await deps.users.update(id, {}, { $set: { roles } }, tx);
  for (const { grant, step } of steps) {
    if (step === 'record_end') await recordEnd(deps, tx, id, grant);
    if (step === 'remind' && user.status === 'active') await remind(deps, tx, user, grant);
  }
  return true;
}

const remind = ({ queueMessage, config }: SweepDeps, tx: Tx, user: UserDocument, grant: GrantDocument) =>
  queueMessage(
    {
      kind: 'notice',
      notice: 'grant_ending',
      user_id: user._id.toHexString(),
      // Nobody asked in a language of theirs.
      locale: config.auth.default_region === 'CN' ? 'zh' : 'en',
      about: `${grant.role_id.toHexString()} ${grant.expires_at?.getTime()}`,
      details: { role: grant.role_name, at: grant.expires_at?.toISOString() ?? '' },
    },
    tx,
  );
