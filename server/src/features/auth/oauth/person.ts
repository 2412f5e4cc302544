// Whose identity it is: linked before, of an account that has verified the same address, or a new one.

import { isNumberDoubted } from '@authcenter/shared/sign-in';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { IdentityDocument, UserDocument } from '../../users/document.ts';
import { newUserDocument, newUsername } from '../../users/new-user.ts';
import { tellOfChange } from '../../users/tell.ts';
import { takeUnprovenAddress } from '../account/take-address.ts';
import { readFacts } from '../sign-in/facts.ts';
import { listProven } from './policy.ts';
import type { ProviderIdentity } from './providers/provider.ts';

export type PersonCtx = Ctx<
  'users' | 'sessions' | 'live' | 'clock' | 'config' | 'audit' | 'log' | 'queueMessage',
  Caller | null
>;

export function toIdentity(
  provider: string,
  { subject, name, email, avatar, ids }: ProviderIdentity,
  now: Date,
): IdentityDocument {
  return {
    provider,
    subject,
    linked_at: now,
    profile: { name: name ?? null, email: email ?? null, avatar: avatar ?? null, ids: { ...ids } },
  };
}

/** In the transaction of the code that is issued for them. */
export async function findOrMakePerson(
  ctx: PersonCtx,
  tx: Tx,
  provider: string,
  told: ProviderIdentity,
): Promise<UserDocument> {
  const linked = await findLinked(ctx, tx, provider, told);
  if (linked) return linked;
  const proven = listProven(told, ctx.config.oauth.providers[provider]?.trust_email ?? false);
  const identity = toIdentity(provider, told, ctx.clock.now());
  const holder = await findHolder(ctx, tx, proven);
  // Signing in will say that the account is disabled; nothing is added to it.
  if (holder && holder.status !== 'active') return holder;
  return holder ? linkTo(ctx, tx, holder, identity) : makePerson(ctx, tx, told, identity, proven);
}

/** Who was linked by an earlier subject is found by the present one from now on. */
async function findLinked(
  ctx: PersonCtx,
  tx: Tx,
  provider: string,
  { subject, formerSubject }: ProviderIdentity,
): Promise<UserDocument | null> {
  const linked = await ctx.users.findByIdentity(provider, subject, tx);
  if (linked || formerSubject === undefined) return linked;
  const former = await ctx.users.findByIdentity(provider, formerSubject, tx);
  return former && ctx.users.renameIdentity(former._id.toHexString(), provider, formerSubject, subject, tx);
}

/** Both sides must have verified it. */
async function findHolder(
  ctx: PersonCtx,
  tx: Tx,
  { email, phone }: { email?: string; phone?: string },
): Promise<UserDocument | null> {
  const byEmail = email === undefined ? null : await ctx.users.findByLogin({ email }, tx);
  if (byEmail?.email_verified) return byEmail;
  const byPhone = phone === undefined ? null : await ctx.users.findByLogin({ phone }, tx);
  // What a text message to the number would not open, a provider's word for it does not either.
  const isTheirs = byPhone?.phone_verified && !isNumberDoubted(readFacts(ctx, byPhone), ctx.clock.now());
  return isTheirs ? byPhone : null;
}

export async function linkTo(
  ctx: PersonCtx,
  tx: Tx,
  user: UserDocument,
  identity: IdentityDocument,
): Promise<UserDocument> {
  const id = user._id.toHexString();
  const { provider, subject } = identity;
  const linked = await ctx.users.update(
    id,
    // One of a provider: a second one would make unlinking ambiguous.
    { identities: { $not: { $elemMatch: { provider } } } },
    { $push: { identities: identity }, $set: { updated_at: ctx.clock.now() } },
    tx,
  );
  if (!linked) return fail('ALREADY_EXISTS', { detail: `The account is linked to another identity of ${provider}` });
  await recordAct(ctx, tx, {
    act: 'auth.identity_linked',
    target: { kind: 'user', id },
    ...(ctx.caller ? {} : { actor: { kind: 'user', id, sid: null } }),
    details: { provider, subject },
  });
  await tellOfChange(ctx, tx, id, 'identity', 'added');
  return linked;
}

async function makePerson(
  ctx: PersonCtx,
  tx: Tx,
  { name, avatar }: ProviderIdentity,
  identity: IdentityDocument,
  { email, phone }: { email?: string; phone?: string },
): Promise<UserDocument> {
  const free = email !== undefined && (await takeUnprovenAddress(ctx, tx, email));
  const isPhoneFree = phone !== undefined && (await ctx.users.findByLogin({ phone }, tx)) === null;
  const user = newUserDocument(
    {
      username: newUsername(),
      ...(free ? { email, email_verified: true } : {}),
      ...(isPhoneFree ? { phone } : {}),
      name: name ?? null,
      ...(avatar === undefined ? {} : { avatar }),
      identity,
    },
    ctx.live.roles(),
    ctx.clock.now(),
  );
  const id = user._id.toHexString();
  await ctx.users.insert(user, tx);
  await recordAct(ctx, tx, {
    act: 'auth.register',
    target: { kind: 'user', id },
    actor: { kind: 'user', id, sid: null },
    details: { username: user.username, method: `oauth:${identity.provider}` },
  });
  return user;
}
