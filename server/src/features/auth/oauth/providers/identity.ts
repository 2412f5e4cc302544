// From what a provider tells of a person to a ProviderIdentity: ids whole or not at all, everything else cleaned or left out.
import { Email } from '@authcenter/shared';
import { z } from 'zod';
import { AppError } from '../../../../errors.ts';
import { normalizePhone } from '../../../../platform/phone.ts';
import type { ProviderIdentity } from './provider.ts';
import { cleanText } from './text.ts';

/** An id in a provider's answer. Never cut: two people would become one. */
export const idText = z.string().regex(/^[^\p{C}]{1,255}$/u);

/** A field of a profile: absent when it is not text. */
export const profileText = z.string().optional().catch(undefined);

/** An id that not everybody has. One that is none makes the answer unusable: another id in its place would be another person. */
export const perhapsId = z.preprocess((raw) => raw || undefined, idText.optional());

/** An id that nothing is decided by: absent when it is none. */
export const furtherId = idText.optional().catch(undefined);

export interface Told {
  readonly subject: string;
  /** Under which the person was known to this client before; see ProviderIdentity. */
  readonly formerSubject?: string | undefined;
  readonly email?: string | undefined;
  /** Only where the provider says so. */
  readonly emailVerified?: boolean;
  readonly phone?: string | undefined;
  /** Where a phone without country code is read; `CN`. */
  readonly region: string;
  /** The first that is left when cleaned. */
  readonly names: readonly (string | undefined)[];
  readonly avatar?: string | undefined;
  readonly ids: Readonly<Record<string, string | undefined>>;
}

export function toIdentity(told: Told): ProviderIdentity {
  const email = Email.safeParse(told.email).data;
  const phone = readPhone(told.phone, told.region);
  const name = told.names.map((one) => cleanText(one ?? '', 100)).find((one) => one !== '');
  const avatar = readAvatar(told.avatar);
  return {
    subject: told.subject,
    ...(told.formerSubject !== undefined && { formerSubject: told.formerSubject }),
    ...(email !== undefined && { email }),
    emailVerified: email !== undefined && told.emailVerified === true,
    ...(phone !== undefined && { phone }),
    ...(name !== undefined && { name }),
    ...(avatar !== undefined && { avatar }),
    ids: Object.fromEntries(Object.entries(told.ids).flatMap(([key, id]) => (id === undefined ? [] : [[key, id]]))),
  };
}

function readPhone(raw: string | undefined, region: string): string | undefined {
  if (raw === undefined || raw.length > 32) return undefined;
  try {
    return normalizePhone(raw, region);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function readAvatar(raw: string | undefined): string | undefined {
  if (raw === undefined || raw.length > 2048 || !URL.canParse(raw)) return undefined;
  const { protocol, username, password, href } = new URL(raw);
  const isPlain = username === '' && password === '' && href.length <= 2048;
  return isPlain && (protocol === 'https:' || protocol === 'http:') ? href : undefined;
}
