// What a password must be: long enough in code points, and not made of the user's own name or address. Nothing about its composition.
import type { FieldError } from '@authcenter/shared';

export interface PasswordRules {
  /** Code points. */
  readonly minLength: number;
}

export const MAX_PASSWORD_LENGTH = 128;

/** @returns null when it may be used */
export function judgePassword(
  password: string,
  own: { readonly username: string; readonly email?: string | undefined; readonly name?: string | null | undefined },
  rules: PasswordRules,
): FieldError | null {
  const length = [...password].length;
  const refuse = (message: string): FieldError => ({ path: 'password', message });
  if (length < rules.minLength) return refuse(`must have at least ${rules.minLength} characters`);
  if (length > MAX_PASSWORD_LENGTH) return refuse(`must have at most ${MAX_PASSWORD_LENGTH} characters`);
  const lower = password.toLowerCase();
  const ownWords = [own.username, own.email, own.email?.split('@')[0], own.name ?? undefined];
  const contained = ownWords.some(
    (word) => word !== undefined && [...word].length >= 3 && lower.includes(word.toLowerCase()),
  );
  return contained ? refuse('must not contain your own name or address') : null;
}
