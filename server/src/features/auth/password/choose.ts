// A new password: judged by every rule there is, hashed, stored with what follows from it.
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import type { Deps } from '../../../deps.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { announceEpoch, staleTokens } from '../../../platform/live/effects.ts';
import type { PasswordHash } from '../../../platform/password-hasher.ts';
import type { UserDocument } from '../../users/document.ts';
import { tellOfChange } from '../../users/tell.ts';
import { isCommonPassword } from './common-passwords.ts';
import { judgePassword, type OwnWords } from './policy.ts';

type ChooseCtx = Ctx<'config' | 'breached' | 'hasher', Caller | null>;

/** @throws AppError VALIDATION_FAILED */
export async function requireGoodPassword(
  { config, breached }: Pick<Deps, 'config' | 'breached'>,
  password: string,
  own: OwnWords,
  field: string,
): Promise<void> {
  const { password_min_length: minLength, password_profile: profile } = config.security;
  const weak = judgePassword(password, own, { minLength, profile }, field);
  if (weak) fail('VALIDATION_FAILED', { errors: [weak] });
  const refuse = (message: string) => fail('VALIDATION_FAILED', { errors: [{ path: field, message }] });
  if (isCommonPassword(password)) refuse('is one of the most common passwords');
  if (await breached?.isKnown(password)) refuse('is known from a leak of other passwords');
}

/**
 * Judges and hashes a password in place of one that is there.
 *
 * @throws AppError VALIDATION_FAILED, also for an earlier one where the profile keeps a history; OVERLOADED
 */
export async function hashReplacement(ctx: ChooseCtx, user: UserDocument, password: string): Promise<PasswordHash> {
  await requireGoodPassword(ctx, password, { ...user, name: user.profile.name }, 'new_password');
  for (const earlier of listEarlier(ctx, user))
    if ((await ctx.hasher.reserve(ctx.request.signal()).verify(password, earlier)).ok)
      fail('VALIDATION_FAILED', { errors: [{ path: 'new_password', message: 'was used before' }] });
  return ctx.hasher.reserve(ctx.request.signal()).hash(password);
}

/** What is to be replaced because somebody else knows it, or it has grown old, is never an answer to that. */
function listEarlier({ config }: ChooseCtx, user: UserDocument): PasswordHash[] {
  const { password_profile: profile, password_history: count } = config.security;
  if (profile === 'mlps') return [...currentHash(user), ...(user.password_history ?? [])].slice(0, Math.max(1, count));
  return user.password_change_required ? currentHash(user) : [];
}

const currentHash = ({ password_hash: hash, password_scheme: scheme = 'bcrypt' }: UserDocument): PasswordHash[] =>
  hash === undefined ? [] : [{ hash, scheme }];

type StoreCtx = Ctx<
  | 'users'
  | 'tickets'
  | 'challenges'
  | 'codes'
  | 'authorizationCodes'
  | 'live'
  | 'clock'
  | 'config'
  | 'audit'
  | 'log'
  | 'queueMessage',
  Caller | null
>;

/**
 * Stores it, if the account is as it was: tokens become stale, unfinished sign-ins, changes of address and mailed links void, and the
 * person is told.
 *
 * @param act - as the audit names it
 * @throws AppError INVALID_CREDENTIALS when the password was changed meanwhile
 */
export async function storePassword(
  ctx: StoreCtx,
  tx: Tx,
  user: UserDocument,
  { hash, scheme }: PasswordHash,
  act: string,
): Promise<void> {
  const id = user._id.toHexString();
  const now = ctx.clock.now();
  const { $set, $inc } = staleTokens(now);
  const history = [...currentHash(user), ...(user.password_history ?? [])].slice(
    0,
    ctx.config.security.password_history,
  );
  const changed = await ctx.users.update(
    id,
    { 'security.password_changed_at': user.security.password_changed_at },
    {
      $set: {
        ...$set,
        password_hash: hash,
        password_scheme: scheme,
        'security.password_changed_at': now,
        ...(ctx.config.security.password_profile === 'mlps' ? { password_history: history } : {}),
      },
      $inc,
      $unset: { password_change_required: '' },
    },
    tx,
  );
  if (!changed) return fail('INVALID_CREDENTIALS', { detail: 'The password was changed meanwhile' });
  announceEpoch(ctx, tx, changed);
  await ctx.tickets.removeOfUser(id, tx);
  await ctx.challenges.removeOfUser(user._id, tx);
  await ctx.authorizationCodes.removeOfUser(user._id, tx);
  // Who could read the mailbox for a while holds links that were asked for then.
  await ctx.codes.removeOfUser(user._id, tx, ['reset_password', 'magic_link', 'invitation']);
  await recordAct(ctx, tx, {
    act,
    target: { kind: 'user', id },
    ...(ctx.caller ? {} : { actor: { kind: 'user', id, sid: null } }),
  });
  await tellOfChange(ctx, tx, id, 'password');
}
