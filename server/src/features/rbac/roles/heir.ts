// The role that stands in for one that is deleted: its holders get it without anybody's asking for it.
import type { Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import type { RoleEntry } from '../../../platform/live/role-table.ts';
import { requireOwnTime } from '../acting.ts';
import { type Judged, requireHeld, requireReach } from '../change.ts';

/** @throws AppError PERMISSION_DENIED by the rules of granting, and for a role that takes two people */
export function requireMayInherit(ctx: Ctx<'clock' | 'config'>, judged: Judged, heir: RoleEntry): void {
  requireReach(judged, heir.level);
  requireHeld(judged, heir.permissions);
  requireOwnTime(ctx, judged, heir, null);
  if (ctx.config.rbac.four_eyes.includes(heir.name))
    fail('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'That role takes two people: let it be asked for, and approve the requests',
    });
}
