// Hashes below the configured cost are renewed while the password is at hand.
import type { Caller, Ctx } from '../../../context.ts';
import type { UserDocument } from '../../users/document.ts';

/** Best effort: the person is signed in already, and whatever goes wrong leaves the old hash for the next time. */
export async function rehashPassword(
  ctx: Ctx<'users' | 'hasher' | 'log', Caller | null>,
  user: UserDocument,
  password: string,
): Promise<void> {
  try {
    const { hash, scheme } = await ctx.hasher.reserve(ctx.request.signal()).hash(password);
    await ctx.users.update(
      user._id.toHexString(),
      { password_hash: user.password_hash as string },
      { $set: { password_hash: hash, password_scheme: scheme } },
    );
  } catch (error) {
    ctx.log.root.info({ error, request_id: ctx.request.id }, 'a password hash was not renewed');
  }
}
