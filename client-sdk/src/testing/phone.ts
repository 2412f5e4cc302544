// Phone numbers as people type them, to E.164, read in mainland China: as far as tests need it.
import { refuseField } from './refusal.ts';

export function normalizePhone(typed: string): string {
  const digits = typed
    .normalize('NFKC')
    .replaceAll(/[\s().-]/g, '')
    .replace(/^00/, '+');
  const number = /^1\d{10}$/.test(digits) ? `+86${digits}` : digits;
  return /^\+\d{7,15}$/.test(number) ? number : refuseField('phone', 'is not a phone number');
}
