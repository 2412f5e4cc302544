// Phone numbers as people type them, to E.164.
import parsePhoneNumber, { type CountryCode, getCountryCallingCode } from 'libphonenumber-js';
import { fail } from '../errors.ts';

/**
 * @param region - where a number without `+` is read (ISO 3166, `CN`)
 * @throws AppError VALIDATION_FAILED
 * @example
 * normalizePhone('0086 138 0013 8000', 'CN'); // '+8613800138000'
 */
export function normalizePhone(typed: string, region: string): string {
  const number = parsePhoneNumber(typed.normalize('NFKC').replace(/^00/, '+'), region as CountryCode)?.number;
  return number && /^\+\d{7,15}$/.test(number)
    ? number
    : fail('VALIDATION_FAILED', { errors: [{ path: 'phone', message: 'is not a phone number' }] });
}

/** The digits before a number of that region: `86` for `CN`. */
export const callingCodeOf = (region: string): string => getCountryCallingCode(region as CountryCode);

/**
 * Whether a number in E.164 can be a mobile one of that country, by its length and, where that is plain, its first digits. New ranges
 * come faster than tables of them.
 *
 * @example
 * isMobileOf('+8613800138000', 'CN'); // true
 */
export const isMobileOf = (phone: string, country: string): boolean =>
  country === 'CN' ? /^\+861[3-9]\d{9}$/.test(phone) : (parsePhoneNumber(phone)?.isPossible() ?? false);

/** The country of a number in E.164, by its two letters; undefined for numbers of no one country. */
export const countryOf = (phone: string): string | undefined => parsePhoneNumber(phone)?.country;
