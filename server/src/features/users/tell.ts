// Telling a person what was done to their account.
import type { Caller, Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import type { Changed, Deed } from '../../platform/mail/templates.ts';
import type { UserDocument } from './document.ts';

type TellCtx = Ctx<'queueMessage', Caller | null>;

/** A password, factor, address or third-party sign-in was added, changed or removed. */
export const tellOfChange = (
  ctx: TellCtx,
  tx: Tx,
  userId: string,
  changed: Changed,
  deed: Deed = 'changed',
): Promise<void> =>
  ctx.queueMessage(
    {
      kind: 'notice',
      notice: 'credentials_changed',
      user_id: userId,
      locale: ctx.request.language(),
      details: { changed, deed },
    },
    tx,
  );

/** An address or number was given, changed or taken off: the person is told, and whoever reads the old one, or they would learn of it last. */
export async function tellOfAddress(
  ctx: TellCtx,
  tx: Tx,
  before: UserDocument,
  field: 'email' | 'phone',
  next: string | null,
): Promise<void> {
  const id = before._id.toHexString();
  const old = before[field] ?? null;
  if (old === next) return;
  if (old !== null && before[`${field}_verified`])
    await tellOldAddress(ctx, tx, id, { channel: field === 'phone' ? 'sms' : 'email', target: old });
  await tellOfChange(ctx, tx, id, field, next === null ? 'removed' : old === null ? 'added' : 'changed');
}

/** The address that is no longer theirs is told where it went. */
export const tellOldAddress = (
  ctx: TellCtx,
  tx: Tx,
  userId: string,
  to: { readonly channel: 'sms' | 'email'; readonly target: string },
  notice: 'address_changed' | 'number_moved' = 'address_changed',
): Promise<void> =>
  ctx.queueMessage({ kind: 'notice', notice, user_id: userId, locale: ctx.request.language(), to: { ...to } }, tx);
