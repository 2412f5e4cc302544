// What a password must be: long enough in code points, and not made of the user's own name or address. Of its composition the profile `mlps` alone says something.
import type { FieldError } from '@authcenter/shared';

export interface PasswordRules {
  /** Code points. */
  readonly minLength: number;
  readonly profile: 'standard' | 'mlps';
}

/** The words of an account that its password must not be made of. */
export interface OwnWords {
  readonly username: string;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly name?: string | null | undefined;
}

export const MAX_PASSWORD_LENGTH = 128;

/** Of upper case, lower case, digits and others `mlps` wants three (GB/T 22239: complexity). */
const MLPS_CLASSES = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u];

/**
 * @param field - its name in the input, for the answer
 * @returns null when it may be used
 */
export function judgePassword(
  password: string,
  own: OwnWords,
  { minLength, profile }: PasswordRules,
  field = 'password',
): FieldError | null {
  const length = [...password].length;
  const refuse = (message: string): FieldError => ({ path: field, message });
  if (length < minLength) return refuse(`must have at least ${minLength} characters`);
  if (length > MAX_PASSWORD_LENGTH) return refuse(`must have at most ${MAX_PASSWORD_LENGTH} characters`);
  if (profile === 'mlps' && MLPS_CLASSES.filter((pattern) => pattern.test(password)).length < 3)
    return refuse('must hold three of: upper case, lower case, digits, other characters');
  return containsOwnWord(password, own) ? refuse('must not contain your own name or address') : null;
}

function containsOwnWord(password: string, { username, email, phone, name }: OwnWords): boolean {
  const lower = password.toLowerCase();
  // A number is typed with and without its country's digits: its last eight are its own.
  const words = [username, email, email?.split('@')[0], phone?.slice(-8), name ?? undefined];
  return words.some((word) => word !== undefined && [...word].length >= 3 && lower.includes(word.toLowerCase()));
}

export interface AgeRules {
  readonly password_profile: 'standard' | 'mlps';
  /** In ms. */
  readonly password_max_age: number;
}

/** Passwords grow old under `mlps` alone: elsewhere making people change them does harm (NIST SP 800-63B §3.1.1.2). */
export const isPasswordTooOld = (changedAt: Date | null, rules: AgeRules, now: Date): boolean =>
  rules.password_profile === 'mlps' &&
  changedAt !== null &&
  now.getTime() - changedAt.getTime() >= rules.password_max_age;
