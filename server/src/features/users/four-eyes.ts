// Roles that take two people (`rbac.four_eyes`) are not given by one alone.
import type { Tx } from '../../database/transaction.ts';
import type { Deps } from '../../deps.ts';
import { fail } from '../../errors.ts';
import type { RoleEntry } from '../../platform/live/role-table.ts';
import { listApprovers } from './approvers.ts';
import type { UserDocument } from './document.ts';

/**
 * Only as long as there are two who could approve a request: a single administrator must be able to make a second.
 *
 * @throws AppError PERMISSION_DENIED
 */
export async function requireNotFourEyes(
  ctx: Pick<Deps, 'users' | 'live' | 'clock' | 'config'>,
  tx: Tx,
  role: RoleEntry,
  target: UserDocument,
): Promise<void> {
  if (!ctx.config.rbac.four_eyes.includes(role.name)) return;
  // Whoever switches the others off for a moment is not alone by that.
  if ((await listApprovers(ctx, tx, role, target, 2, { evenOff: true })).length === 2)
    fail('PERMISSION_DENIED', {
      permission: 'role:MANAGE',
      detail: 'This role takes two people: let it be asked for, and approve the request',
    });
}
