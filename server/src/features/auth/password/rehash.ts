// Hashes below the configured cost are renewed while the password is at hand.
import type { Caller, Ctx } from '../../../context.ts';
import { AppError } from '../../../errors.ts';
import type { UserDocument } from '../../users/repository.ts';

/** Best effort: an overloaded queue leaves the old hash for the next sign-in. */
export async function rehashPassword(
  ctx: Ctx<'users' | 'hasher', Caller | null>,
  user: UserDocument,
  password: string,
): Promise<void> {
  try {
    const { hash, scheme } = await ctx.hasher.reserve(ctx.request.signal).hash(password);
    await ctx.users.update(
      user._id.toHexString(),
      { password_hash: user.password_hash as string },
      { $set: { password_hash: hash, password_scheme: scheme } },
    );
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'OVERLOADED') && !(error instanceof DOMException)) throw error;
  }
}
