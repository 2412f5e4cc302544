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
