// auth.mfa: enrolling an authenticator app, proving it, giving it up, new backup codes.
import type {
  ActivateMfaInput,
  DisableMfaInput,
  EnrollMfaInput,
  FactorActivated,
  MfaEnrollment,
} from '@authcenter/shared';
import type { Caller, Ctx, UserCaller } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { releaseReservation } from '../lockout/service.ts';
import type { SignInCtx } from '../sign-in/proceed.ts';
import { tryProof } from '../sign-in/try.ts';
import { addFactor } from './added.ts';
import { hashBackupCode, newBackupCodes } from './backup-codes.ts';
import { changeFactors, hasFactor, keepPending, readFactorsOf, requireFactorLeft } from './factors.ts';
import { readHolder } from './holder.ts';
import { findTotpStep, newTotpSecret, writeTotpUrl } from './totp.ts';

export type MfaCtx = SignInCtx & Ctx<'envelope', Caller | null>;
/** As the signed-in use it. */
export type OwnMfaCtx = Omit<MfaCtx, 'caller'> & { readonly caller: UserCaller };

/** How long an enrolment waits for its first code, in ms. */
const PENDING_LIFE = 15 * 60_000;

/** A second enrolment takes the place of one that was not proven; an app that is active stays so until the new one is. */
export async function enrollTotp(ctx: MfaCtx, { setup_token }: EnrollMfaInput): Promise<MfaEnrollment> {
  const { user } = await readHolder(ctx, setup_token, { takeTry: false });
  const secret = newTotpSecret();
  await keepPending(ctx, user, {
    secret: await ctx.envelope.seal(Buffer.from(secret)),
    created_at: ctx.clock.now(),
  });
  const issuer = ctx.config.auth.passkeys.rp_name;
  return {
    method: 'totp',
    secret,
    otpauth_url: writeTotpUrl(secret, user.username, issuer),
    expires_in: PENDING_LIFE / 1000,
  };
}

/** @throws AppError INVALID_CODE for a wrong code, or when nothing waits for one; ACCOUNT_LOCKED, RATE_LIMITED */
export async function activateTotp(ctx: MfaCtx, { code, setup_token }: ActivateMfaInput): Promise<FactorActivated> {
  const holder = await readHolder(ctx, setup_token, { takeTry: true });
  const { user } = holder;
  const { pending, ...factors } = readFactorsOf(user);
  const now = ctx.clock.now();
  if (!pending || now.getTime() - pending.created_at.getTime() > PENDING_LIFE)
    fail('INVALID_CODE', { detail: 'No enrolment waits for a code, begin again' });
  const { proof: last_step, attempt } = await tryProof(
    ctx,
    { user, identifier: '', way: 'totp', refusal: 'INVALID_CODE' },
    async () => {
      const secret = Buffer.from(await ctx.envelope.open(pending.secret)).toString();
      return findTotpStep(secret, code.replaceAll(/\s/g, ''), now);
    },
  );
  // The secret was shown a moment ago: that the code is right proves the app, not the person.
  await releaseReservation(ctx, attempt);
  const totp = { secret: pending.secret, activated_at: now, last_step };
  return addFactor(ctx, holder, { kind: 'totp', method: 'otp', factors: { ...factors, totp } });
}

/** @throws AppError NOT_FOUND when there is none; LAST_CREDENTIAL */
export async function disableTotp(ctx: OwnMfaCtx, _input: DisableMfaInput): Promise<void> {
  const user = (await ctx.users.findById(ctx.caller.id)) ?? fail('NOT_FOUND');
  const { totp, ...factors } = readFactorsOf(user);
  if (!totp) fail('NOT_FOUND', { detail: 'No authenticator app is enrolled' });
  requireFactorLeft(ctx, user, factors);
  await ctx.transact((tx) =>
    changeFactors(ctx, tx, user, factors, { act: 'auth.factor_removed', changed: 'totp', deed: 'removed' }),
  );
}

/** The codes before are void. @throws AppError NOT_FOUND where no factor is enrolled that they could stand in for */
export async function renewBackupCodes(ctx: OwnMfaCtx): Promise<{ backup_codes: string[] }> {
  const user = (await ctx.users.findById(ctx.caller.id)) ?? fail('NOT_FOUND');
  const factors = readFactorsOf(user);
  if (!hasFactor(factors)) fail('NOT_FOUND', { detail: 'No second factor is enrolled' });
  const codes = newBackupCodes();
  const backup_codes = codes.map((code) => hashBackupCode(ctx.hashLink, ctx.caller.id, code));
  await ctx.transact((tx) =>
    changeFactors(
      ctx,
      tx,
      user,
      { ...factors, backup_codes },
      { act: 'auth.backup_codes_renewed', changed: 'backup_codes', deed: 'changed' },
    ),
  );
  return { backup_codes: codes };
}
