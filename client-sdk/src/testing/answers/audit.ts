// system.audit: what was done, newest first. The fake seals nothing: every line stands where the server's newest do, before its block.
import type { AuditExportItem, AuditLine } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import { toPage } from '../page.ts';
import type { ActRecord } from '../record/acts.ts';

interface Time {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

const isWithin = ({ from, to }: Time, { at }: ActRecord): boolean => (!from || at >= from) && (!to || at < to);

export const auditAnswers = {
  'system.audit.list': ({ acts }, { act, actor_id, target_id, request_id, outcome, from, to, ...page }) => {
    const found = acts.filter(
      (record) =>
        (act === undefined || (act.endsWith('.') ? record.act.startsWith(act) : record.act === act)) &&
        (actor_id ?? record.actor.id) === record.actor.id &&
        (target_id ?? record.target.id) === record.target.id &&
        (request_id ?? record.request_id) === record.request_id &&
        (outcome ?? record.outcome) === record.outcome &&
        isWithin({ from, to }, record),
    );
    return toPage(found.toReversed(), page, toLine);
  },

  'system.audit.verify': ({ acts }) => ({
    intact: true,
    from: null,
    to: null,
    lines: 0,
    erased: 0,
    kept_from: 1,
    head: null,
    unsealed: { count: acts.length, oldest: acts[0]?.at ?? null },
    problems: [],
    next: null,
  }),

  async *'system.audit.export'({ acts }, time) {
    for (const record of [...acts]) if (isWithin(time, record)) yield toItem(record);
  },
} satisfies Answers;

const toLine = (record: ActRecord): AuditLine => ({ ...record, erased: false, block: null });

function toItem({ ip, user_agent, personal, ...line }: ActRecord): AuditExportItem {
  const origin = ip === null && user_agent === null ? null : { ip, user_agent };
  return { kind: 'line', line, origin, personal, seal: null };
}
