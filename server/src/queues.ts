// What acts order from the workers: each order a record of the outbox, written in the transaction of the act.
import { enqueueRemovedRole, REMOVED_ROLE } from './copy-work.ts';
import { enqueue } from './database/outbox.ts';
import { afterCommit, type Tx } from './database/transaction.ts';
import type { Deps } from './deps.ts';
import type { MessageJob } from './features/auth/messages/jobs.ts';
import { ERASURE } from './features/system/audit/erasure.ts';
import { COPY, type CopyJob, enqueueCopy } from './platform/copies/outbox.ts';

export interface Queues {
  readonly queueMessage: (job: MessageJob, tx?: Tx) => Promise<void>;
  /** Has the grants of a role that is being removed written anew. */
  readonly queueRemovedRole: (tx: Tx, roleId: string) => Promise<void>;
  /** Part of every act that changes what is copied elsewhere; see `platform/copies/table.ts`. */
  readonly queueCopy: (tx: Tx, job: CopyJob) => Promise<void>;
  /** Has a person's data taken out of the audit. */
  readonly queueErasure: (tx: Tx, userId: string) => Promise<void>;
}

/** The outbox's name of messages to people. */
export const MESSAGE = 'message';

/** @param wake - this instance's workers, which look at once; those of the others hear of it by the change stream */
export function createQueues(deps: Pick<Deps, 'database' | 'clock'>, wake: (kind: string) => void): Queues {
  const { database, clock } = deps;
  const wakeAfter = (tx: Tx, kind: string) => afterCommit(tx, () => wake(kind));
  return {
    async queueMessage(job, tx) {
      await enqueue(database, tx, { kind: MESSAGE, payload: job }, clock.now());
      if (tx) wakeAfter(tx, MESSAGE);
      else wake(MESSAGE);
    },
    async queueRemovedRole(tx, roleId) {
      await enqueueRemovedRole(deps, tx, roleId);
      wakeAfter(tx, REMOVED_ROLE);
    },
    async queueCopy(tx, job) {
      await enqueueCopy(database, tx, job, clock.now());
      wakeAfter(tx, COPY);
    },
    async queueErasure(tx, userId) {
      await enqueue(database, tx, { kind: ERASURE, payload: { user_id: userId } }, clock.now());
      wakeAfter(tx, ERASURE);
    },
  };
}
