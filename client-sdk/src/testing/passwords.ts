// What a new password must be, as far as the server says it without its lists.
import { refuseField } from './refusal.ts';

interface OwnWords {
  readonly username: string;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly name?: string | null | undefined;
}

/** @throws Refusal VALIDATION_FAILED */
export function requireGoodPassword(password: string, own: OwnWords, field: string): void {
  const { length } = [...password];
  if (length < 8) refuseField(field, 'must have at least 8 characters');
  if (length > 128) refuseField(field, 'must have at most 128 characters');
  const { username, email, phone, name } = own;
  const words = [username, email, email?.split('@')[0], phone?.slice(-8), name];
  const lower = password.toLowerCase();
  if (words.some((word) => word && [...word].length >= 3 && lower.includes(word.toLowerCase())))
    refuseField(field, 'must not contain your own name or address');
}
