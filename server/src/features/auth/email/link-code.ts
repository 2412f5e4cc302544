// One-time codes whose secret stands in a link: their lives, pages and mails.
import { ObjectId } from 'mongodb';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import type { TemplateName } from '../../../platform/mail/templates.ts';
import type { LinkSecret, OneTimeCodeDocument } from './repository.ts';

interface Link {
  /** How long a link is good, in ms. */
  readonly life: number;
  /** How long its code may have further ones, in ms; where it differs. */
  readonly codeLife?: number;
  readonly page: `/${string}`;
  readonly template: TemplateName;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A self-registration that proved nothing lapses after this long, in ms; so does a claim to an address that somebody else holds. */
export const UNVERIFIED_LIFE = 7 * DAY;

export const LINKS: Readonly<Record<OneTimeCodeDocument['purpose'], Link>> = {
  verify_email: { life: DAY, codeLife: UNVERIFIED_LIFE, page: '/verify-email', template: 'verify_email' },
  reset_password: { life: 30 * MINUTE, page: '/reset-password', template: 'reset_password' },
  magic_link: { life: 15 * MINUTE, page: '/magic-link', template: 'code_and_link' },
  invitation: { life: 7 * DAY, page: '/invitation', template: 'invitation' },
};

export const newLinkCode = (
  purpose: OneTimeCodeDocument['purpose'],
  code: Pick<OneTimeCodeDocument, 'target' | 'user_id' | 'pending'>,
  now: Date,
): OneTimeCodeDocument => ({
  _id: new ObjectId(),
  purpose,
  ...code,
  created_at: now,
  expires_at: new Date(now.getTime() + (LINKS[purpose].codeLife ?? LINKS[purpose].life)),
});

/** What stands in a link, as it is kept. */
export const newLinkSecret = (purpose: OneTimeCodeDocument['purpose'], hash: string, now: Date): LinkSecret => ({
  hash,
  expires_at: new Date(now.getTime() + LINKS[purpose].life),
});

/** Makes the code that proves an address, and the record of its mail. */
export async function queueVerification(
  ctx: Ctx<'codes' | 'clock' | 'queueMessage', Caller | null>,
  code: Pick<OneTimeCodeDocument, 'target' | 'user_id' | 'pending'>,
  tx: Tx,
): Promise<void> {
  const document = newLinkCode('verify_email', code, ctx.clock.now());
  await ctx.codes.insert(document, tx);
  await ctx.queueMessage({ kind: 'link', code_id: document._id.toHexString(), locale: ctx.request.language() }, tx);
}
