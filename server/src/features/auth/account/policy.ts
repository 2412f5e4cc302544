// The ways in that an account has: the last one is not taken away.

export type WayIn = 'password' | 'email' | 'phone' | 'passkey' | `identity:${string}`;

export interface AccountFacts {
  readonly hasPassword: boolean;
  readonly hasVerifiedEmail: boolean;
  readonly hasVerifiedPhone: boolean;
  /** It has an address that nobody has proven, and its password opens nothing while nothing is. */
  readonly isHeldBack: boolean;
  readonly passkeys: number;
  readonly identities: readonly string[];
}

/**
 * @param without - what is about to be taken away: one of a kind that has only one, or nothing
 * @example
 * const account = { hasPassword: true, hasVerifiedEmail: false, hasVerifiedPhone: true, isHeldBack: false, passkeys: 0, identities: [] };
 * listWaysIn(account, 'phone'); // ['password']
 */
export function listWaysIn(account: AccountFacts, without: WayIn | 'none'): WayIn[] {
  const others: WayIn[] = [
    ...(account.hasVerifiedEmail ? ['email' as const] : []),
    ...(account.hasVerifiedPhone ? ['phone' as const] : []),
    ...(account.passkeys > 0 ? ['passkey' as const] : []),
    ...account.identities.map((provider) => `identity:${provider}` as const),
  ];
  const left = others.filter((way) => way !== without);
  const isOpen = !account.isHeldBack || left.includes('phone') || without === 'email';
  return account.hasPassword && without !== 'password' && isOpen ? ['password', ...left] : left;
}
