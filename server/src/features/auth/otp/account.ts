// Accounts that begin with a phone number: a made-up user name, the number proven.
import type { MfaSetupRequired, SessionWishes, SignedIn } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { duplicateKey } from '../../../database/errors.ts';
import type { Tx } from '../../../database/transaction.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { UserDocument } from '../../users/document.ts';
import { newUserDocument, newUsername } from '../../users/new-user.ts';
import type { Try } from '../lockout/service.ts';
import { proceedAnew, type SignInCtx } from '../sign-in/proceed.ts';

type NewCtx = Ctx<'users' | 'live' | 'clock' | 'audit' | 'log', Caller | null>;

export const newUserByPhone = (ctx: NewCtx, phone: string, name: string | null): UserDocument =>
  newUserDocument({ username: newUsername(), phone, name }, ctx.live.roles(), ctx.clock.now());

export async function insertByPhone(ctx: NewCtx, tx: Tx, user: UserDocument): Promise<void> {
  const id = user._id.toHexString();
  await ctx.users.insert(user, tx);
  await recordAct(ctx, tx, {
    act: 'auth.register',
    target: { kind: 'user', id },
    actor: { kind: 'user', id, sid: null },
    details: { username: user.username, method: 'sms' },
  });
}

interface PhoneAccount {
  readonly phone: string;
  readonly name: string | null;
  readonly wishes: SessionWishes;
  readonly attempt: Try;
  /** Spends the code that has proven the number. */
  spend(tx: Tx): Promise<void>;
  /** Another code for the number was first, a moment ago. */
  refuseTaken(): never;
}

/** Makes the account and signs its holder in, in one transaction with the code. */
export async function openByPhone(
  ctx: SignInCtx,
  { phone, name, wishes, attempt, spend, refuseTaken }: PhoneAccount,
): Promise<SignedIn | MfaSetupRequired> {
  const user = newUserByPhone(ctx, phone, name);
  try {
    return await proceedAnew(ctx, {
      user,
      methods: ['sms'],
      wishes,
      attempt,
      async before(tx) {
        await spend(tx);
        await insertByPhone(ctx, tx, user);
      },
    });
  } catch (error) {
    return duplicateKey(error) === 'phone' ? refuseTaken() : Promise.reject(error);
  }
}
