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
  for (const mail of await composeMails(deps, MailJob.parse(payload))) {
    if (deps.mailSender) await deps.mailSender.send(mail);
    else deps.log.error.error({ subject: mail.subject }, 'mail dropped: mail.smtp_url is not set');
  }
}

async function composeMails(deps: MailerDeps, job: MailJob): Promise<Mail[]> {
  switch (job.template) {
    case 'verify_email':
      return composeVerification(deps, new ObjectId(job.code_id), job.locale);
    case 'resend_verification': {
      const claims = await listClaims(deps, job.email);
      return (await Promise.all(claims.map((id) => composeVerification(deps, id, job.locale)))).flat();
    }
    default: {
      const user = job.user_id === null ? null : await deps.users.findById(job.user_id);
      return user?.email === undefined
        ? []
        : [compose(job.template, job.locale, user.email, { username: user.username })];
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

/** The link's secret comes to be here and is stored as a keyed hash alone. A job that runs again makes one more. */
async function composeVerification(deps: MailerDeps, id: ObjectId, language: Locale): Promise<Mail[]> {
  const secret = newSecret();
  const code = await deps.codes.addSecret(id, deps.hashLink(secret), deps.clock.now());
  if (!code) return [];
  const username =
    code.pending?.username ?? (code.user_id && (await deps.users.findById(code.user_id.toHexString()))?.username);
  if (username === undefined) return [];
  // From the configured address, never from a Host header. The page names the account: two may claim one address.
  const link = `${deps.publicUrl()}/verify-email?token=${secret}&account=${encodeURIComponent(username)}`;
  return [compose('verify_email', language, code.target, { username, link })];
}

/** More claims to one address than this are somebody's game. */
const MAX_CLAIMS = 5;

/**
 * The codes of all who claim an address that nobody has proven: who asks for a mail again cannot be told from the others, so
 * each gets one, which names its account. None where there is nothing to prove.
 */
async function listClaims(deps: MailerDeps, email: string): Promise<ObjectId[]> {
  const now = deps.clock.now();
  const holder = await deps.users.findByLogin({ email });
  if (!holder || holder.email_verified) return [];
  const codes = await deps.codes.listForTarget('verify_email', email, now, MAX_CLAIMS);
  const pending = codes.filter((code) => code.pending).map(({ _id }) => _id);
  const own = codes.find(({ user_id }) => user_id?.equals(holder._id));
  return [...pending, own?._id ?? (await insertCode(deps, holder._id, email, now))];
}

async function insertCode(deps: MailerDeps, userId: ObjectId, target: string, now: Date): Promise<ObjectId> {
  const code: OneTimeCodeDocument = {
    _id: new ObjectId(),
    purpose: 'verify_email',
    target,
    user_id: userId,
    created_at: now,
    expires_at: new Date(now.getTime() + LINK_LIFE),
  };
  await deps.codes.insert(code);
  return code._id;
}
