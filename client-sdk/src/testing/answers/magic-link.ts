// auth.login by the link of a mail, where magic links are switched on.
import type { LoginInput, SignInResult } from '@authcenter/shared/schemas';
import type { Call } from '../call.ts';
import { refuse } from '../refusal.ts';
import { removeCodes } from '../sign-in/challenges.ts';
import { proceed, requireUnlocked } from '../sign-in/sign-in.ts';
import type { World } from '../world.ts';

type MagicLogin = Extract<LoginInput, { magic_token: string }>;

/** @throws Refusal INVALID_CODE for what is unknown, used or lapsed; ACCOUNT_LOCKED; ACCOUNT_DISABLED, which spends nothing */
export async function loginByMagicLink(world: World, input: MagicLogin, call: Call): Promise<SignInResult> {
  const { links, users, clock, settings } = world;
  const link = links.get(input.magic_token);
  // One that was made before they were switched off is void.
  const isGood = settings.get('auth.magic_link') && link?.kind === 'magic_link' && link.expiresAt > clock.now();
  const user = isGood ? users.get(link.userId ?? '') : undefined;
  if (!isGood || !user || user.email !== link.target || !user.email_verified) return refuse('INVALID_CODE');
  requireUnlocked(world, user.id);
  const result = await proceed(world, call, {
    user,
    methods: ['email'],
    wishes: input,
    before: () => void links.delete(input.magic_token),
  });
  // The mail offered either: once in by one of them, the other is void.
  if (result.status === 'ok') removeCodes(world, 'login', link.target);
  return result;
}
