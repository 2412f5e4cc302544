// Who hears of a request by mail or text message: whoever may decide it, and whoever asked.
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import type { RoleEntry } from '../../../platform/live/role-table.ts';
import { listApprovers } from '../approvers.ts';
import type { UserDocument } from '../document.ts';
import type { AccessRequestDocument } from './repository.ts';

type TellCtx = Ctx<'users' | 'live' | 'clock' | 'queueMessage', Caller>;

/** More need not hear of one request. */
const MOST_TOLD = 20;

/** Each at most once an hour. The reason is read where it is decided: nobody sends administrators a text of their own by this mail. */
export async function tellApprovers(ctx: TellCtx, tx: Tx, requester: UserDocument, role: RoleEntry): Promise<void> {
  for (const { _id } of await listApprovers(ctx, tx, role, requester, MOST_TOLD))
    await ctx.queueMessage(
      {
        kind: 'notice',
        notice: 'access_requested',
        user_id: _id.toHexString(),
        locale: ctx.request.language(),
        details: { requester: requester.username, role: role.name },
      },
      tx,
    );
}

export const tellRequester = (ctx: TellCtx, tx: Tx, request: AccessRequestDocument, role: RoleEntry): Promise<void> =>
  ctx.queueMessage(
    {
      kind: 'notice',
      notice: request.status === 'approved' ? 'access_approved' : 'access_declined',
      user_id: request.user_id.toHexString(),
      locale: ctx.request.language(),
      about: request._id.toHexString(),
      details: {
        role: role.name,
        comment: request.comment ?? '–',
        ...(request.granted_until ? { at: request.granted_until.toISOString() } : {}),
      },
    },
    tx,
  );
