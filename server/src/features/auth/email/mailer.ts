// The handler of mails in the outbox: finds the recipient, makes the link, renders, sends. Whom there is nothing to send, nothing is sent.
import { ObjectId } from 'mongodb';
import { z } from 'zod';
import type { Deps } from '../../../deps.ts';
import { newSecret } from '../../../platform/keyed-hash.ts';
import type { Mail } from '../../../platform/mail/sender.ts';
import { type Locale, renderMail, type TemplateName } from '../../../platform/mail/templates.ts';
import { LINK_LIFE } from '../register.ts';
import type { OneTimeCodeDocument } from './repository.ts';

const locale = z.enum(['zh', 'en']);

/** Records of kind `mail`. They name people and codes by id: no secret rests in the outbox. */
export const MailJob = z.discriminatedUnion('template', [
  z.object({ template: z.literal('verify_email'), code_id: z.string(), locale }),
  z.object({ template: z.literal('resend_verification'), email: z.string(), locale }),
  z.object({
    template: z.enum(['address_taken', 'account_locked', 'refresh_reuse']),
    user_id: z.string().nullable(),
    locale,
  }),
]);
export type MailJob = z.output<typeof MailJob>;

type MailerDeps = Pick<Deps, 'users' | 'codes' | 'clock' | 'hashLink' | 'publicUrl' | 'mailSender' | 'log'>;

export async function sendMailJob(deps: MailerDeps, payload: unknown): Promise<void> {
  const mail = await composeMail(deps, MailJob.parse(payload));
  if (!mail) return;
  if (!deps.mailSender) {
    deps.log.error.error({ subject: mail.subject }, 'mail dropped: mail.smtp_url is not set');
    return;
  }
  await deps.mailSender.send(mail);
}

async function composeMail(deps: MailerDeps, job: MailJob): Promise<Mail | null> {
  switch (job.template) {
    case 'verify_email':
      return composeVerification(deps, new ObjectId(job.code_id), job.locale);
    case 'resend_verification': {
      const id = await findCodeToResend(deps, job.email);
      return id && composeVerification(deps, id, job.locale);
    }
    default: {
      const user = job.user_id === null ? null : await deps.users.findById(job.user_id);
      return user?.email === undefined
        ? null
        : compose(job.template, job.locale, user.email, { username: user.username });
    }
  }
}

function compose(
  template: TemplateName,
  language: Locale,
  to: string,
  data: { username: string; link?: string },
): Mail {
  return { to, ...renderMail(template, language, data), link: data.link ?? null };
}

/** The link's secret comes to be here and is stored as a keyed hash alone. A job that runs again makes a new one. */
async function composeVerification(deps: MailerDeps, id: ObjectId, language: Locale): Promise<Mail | null> {
  const secret = newSecret();
  const code = await deps.codes.setSecret(id, deps.hashLink(secret), deps.clock.now());
  if (!code) return null;
  const username =
    code.pending?.username ?? (code.user_id && (await deps.users.findById(code.user_id.toHexString()))?.username);
  // From the configured address, never from a Host header.
  const link = `${deps.publicUrl()}/verify-email?token=${secret}`;
  return username === undefined ? null : compose('verify_email', language, code.target, { username, link });
}

/** The newest registration that waits for the address, else the unverified account that holds it; null when there is nothing to prove. */
async function findCodeToResend(deps: MailerDeps, email: string): Promise<ObjectId | null> {
  const now = deps.clock.now();
  const holder = await deps.users.findByLogin({ email });
  if (!holder || holder.email_verified) return null;
  const pending = await deps.codes.findPending('verify_email', email, now);
  if (pending) return pending._id;
  const code: OneTimeCodeDocument = {
    _id: new ObjectId(),
    purpose: 'verify_email',
    target: email,
    user_id: holder._id,
    created_at: now,
    expires_at: new Date(now.getTime() + LINK_LIFE),
  };
  await deps.codes.insert(code);
  return code._id;
}
