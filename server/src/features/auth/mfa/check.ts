// Whether a second factor is shown: a code of the app, a backup code, a passkey; and what spends it, so that each works once.
import type { Assertion } from '@authcenter/shared';
import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import type { UserDocument } from '../../users/document.ts';
import { checkAssertion } from '../passkeys/assertion.ts';
import { hashBackupCode } from './backup-codes.ts';
import { findTotpStep } from './totp.ts';

export type FactorCtx = Ctx<
  'users' | 'envelope' | 'hashLink' | 'clock' | 'passkeys' | 'passkeyChallenges' | 'config' | 'publicUrl',
  Caller | null
>;

/** A factor that was shown. */
export interface Shown {
  /** What goes into the session: `otp`, `backup_code`, `passkey`, and `mfa`. */
  readonly methods: readonly string[];
  /** In the transaction of what it opens; of several at once one wins. */
  spend(tx: Tx): Promise<void>;
}

export type FactorProof =
  | { readonly method: 'totp' | 'backup_code'; readonly code: string }
  | { readonly method: 'passkey'; readonly assertion: Assertion; readonly purpose: 'mfa' | 'step_up' };

/** @returns null when it is wrong, was used before, or is not enrolled */
export async function checkFactor(ctx: FactorCtx, user: UserDocument, proof: FactorProof): Promise<Shown | null> {
  switch (proof.method) {
    case 'totp':
      return checkTotp(ctx, user, proof.code);
    case 'backup_code':
      return checkBackupCode(ctx, user, proof.code);
    case 'passkey': {
      const passkey = await checkAssertion(ctx, proof.assertion, { purpose: proof.purpose, user });
      return passkey && { methods: ['passkey', TWO_FACTORS], spend: passkey.spend };
    }
  }
}

/** Of an app or a backup code, whichever it looks like. */
export const checkCode = async (ctx: FactorCtx, user: UserDocument, code: string): Promise<Shown | null> =>
  checkFactor(ctx, user, { method: /^\d{6}$/.test(code.replaceAll(/\s/g, '')) ? 'totp' : 'backup_code', code });

const TOTP_STEP = 'security.two_factor.totp.last_step';

async function checkTotp(ctx: FactorCtx, user: UserDocument, typed: string): Promise<Shown | null> {
  const { totp } = user.security.two_factor ?? {};
  if (!totp) return null;
  const secret = Buffer.from(await ctx.envelope.open(totp.secret)).toString();
  const step = findTotpStep(secret, typed.replaceAll(/\s/g, ''), ctx.clock.now());
  if (step === null || step <= totp.last_step) return null;
  return {
    methods: ['otp', TWO_FACTORS],
    async spend(tx) {
      const id = user._id.toHexString();
      if (!(await ctx.users.update(id, { [TOTP_STEP]: { $lt: step } }, { $set: { [TOTP_STEP]: step } }, tx)))
        fail('INVALID_CODE');
    },
  };
}

const BACKUP_CODES = 'security.two_factor.backup_codes';

async function checkBackupCode(ctx: FactorCtx, user: UserDocument, typed: string): Promise<Shown | null> {
  const id = user._id.toHexString();
  const hash = hashBackupCode(ctx.hashLink, id, typed);
  if (!user.security.two_factor?.backup_codes.includes(hash)) return null;
  return {
    methods: ['backup_code', TWO_FACTORS],
    async spend(tx) {
      if (!(await ctx.users.update(id, { [BACKUP_CODES]: hash }, { $pull: { [BACKUP_CODES]: hash } }, tx)))
        fail('INVALID_CODE');
    },
  };
}
