// Phone numbers as people type them, to E.164, read in mainland China: as far as tests need it.
import { refuseField } from '../refusal.ts';
import type { World } from '../world.ts';

export function normalizePhone(typed: string): string {
  const digits = typed
    .normalize('NFKC')
    .replaceAll(/[\s().-]/g, '')
    .replace(/^00/, '+');
  const number = /^1\d{10}$/.test(digits) ? `+86${digits}` : digits;
  return /^\+\d{7,15}$/.test(number) ? number : refuseField('phone', 'is not a phone number');
}

/**
 * Whether messages go there. Of countries the fake can tell mainland China alone: any other number is of one that is served, where
 * there is one beside it.
 *
 * @throws Refusal VALIDATION_FAILED
 */
export function requireServedCountry({ settings }: Pick<World, 'settings'>, phone: string): void {
  const served = settings.get('sms.allowed_countries');
  if (served.length === 0) return;
  const isChinese = phone.startsWith('+86');
  if (isChinese ? !served.includes('CN') : served.every((country) => country === 'CN'))
    refuseField('phone', 'is of a country that is not served');
  if (isChinese && !/^\+861[3-9]\d{9}$/.test(phone)) refuseField('phone', 'is no number that takes text messages');
}
