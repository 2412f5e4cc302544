// users.export: everything that is held on a person, in one piece.
import type { UserExport } from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import { requireMayEdit } from './acting.ts';
import type { UserDocument } from './document.ts';
import { readMetadata } from './metadata.ts';
import { toUser } from './wire.ts';

/** @throws AppError NOT_FOUND; PERMISSION_DENIED by the level rule, for another's */
export async function exportUser(
  ctx: Ctx<'users' | 'live' | 'clock' | 'exportUserData' | 'audit' | 'log'>,
  { id }: { id: string },
): Promise<UserExport> {
  const user =
    ctx.caller.id === id
      ? ((await ctx.users.findById(id)) ?? fail('NOT_FOUND'))
      : await requireMayEdit(ctx, id, 'user:MANAGE');
  const now = ctx.clock.now();
  const held = await ctx.exportUserData(id);
  await recordAct(ctx, undefined, { act: 'users.export', target: { kind: 'user', id } });
  return { exported_at: now, user: toUser(user, now), ...describeAccount(user), ...held };
}

function describeAccount(user: UserDocument): Pick<UserExport, 'account' | 'identities' | 'metadata'> {
  const { two_factor: factors } = user.security;
  return {
    account: {
      last_ip: user.login_history.last_ip,
      has_password: user.password_hash !== undefined,
      password_changed_at: user.security.password_changed_at,
      second_factors: [
        ...(factors?.totp ? (['totp'] as const) : []),
        ...((factors?.passkeys ?? 0) > 0 ? (['passkey'] as const) : []),
        ...((factors?.backup_codes.length ?? 0) > 0 ? (['backup_codes'] as const) : []),
      ],
      deletion_due_at: user.deletion_due_at ?? null,
    },
    identities: (user.identities ?? []).map(({ provider, subject, linked_at, profile }) => ({
      provider,
      subject,
      linked_at,
      name: profile.name,
      email: profile.email,
      avatar: profile.avatar,
    })),
    metadata: readMetadata(user),
  };
}
