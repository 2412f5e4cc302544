// To whom an identity that nobody has linked yet belongs: pure, over what both sides have verified.

export interface Claimed {
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  readonly phone?: string | undefined;
}

/** The addresses that count as proven: of a provider that is trusted for it (`trust_email`), never one it has not verified itself. */
export const listProven = (
  { email, emailVerified, phone }: Claimed,
  isTrusted: boolean,
): { email?: string; phone?: string } => ({
  ...(isTrusted && emailVerified && email !== undefined ? { email } : {}),
  ...(isTrusted && phone !== undefined ? { phone } : {}),
});
