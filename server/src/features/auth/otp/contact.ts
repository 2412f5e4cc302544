// A phone number or address as typed, in its normal form.
import type { Caller, Ctx } from '../../../context.ts';
import { normalizePhone } from '../../../platform/phone.ts';

export interface Contact {
  readonly channel: 'sms' | 'email';
  /** E.164, or the address in lower case. */
  readonly target: string;
}

/** @throws AppError VALIDATION_FAILED for a number that is none */
export const readContact = (
  { config }: Ctx<'config', Caller | null>,
  typed: { readonly phone: string } | { readonly email: string },
): Contact =>
  'phone' in typed
    ? { channel: 'sms', target: normalizePhone(typed.phone, config.auth.default_region) }
    : { channel: 'email', target: typed.email };

/** The user document's own name for it. */
export const toLoginName = ({ channel, target }: Contact): { phone: string } | { email: string } =>
  channel === 'sms' ? { phone: target } : { email: target };
