// From a job to the messages it stands for: finds the recipient, makes the code or the link, renders. Whom there is nothing to tell, nothing is told.
import { randomInt } from 'node:crypto';
import type { Deps } from '../../../deps.ts';
import type { Mail } from '../../../platform/mail/sender.ts';
import { showTime } from '../../../platform/mail/time.ts';
import type { SmsMessage, SmsTemplate } from '../../../platform/sms/sender.ts';
import { renderSms } from '../../../platform/sms/texts.ts';
import type { UserDocument } from '../../users/document.ts';
import { isExpected } from '../../users/policy.ts';
import { hashCode } from '../otp/challenge.ts';
import { toLoginName } from '../otp/contact.ts';
import { CODE_LIFE, isSent } from '../otp/policy.ts';
import type { ChallengeDocument } from '../otp/repository.ts';
import type { MessageJob, Notice } from './jobs.ts';
import { composeForgotten, composeLink, composeMagicLink, composeVerifications, makeInvitation } from './links.ts';
import { composeMail } from './mail.ts';

export type Message =
  | { readonly channel: 'email'; readonly mail: Mail }
  | { readonly channel: 'sms'; readonly sms: SmsMessage };

export type MessageDeps = Pick<
  Deps,
  'users' | 'codes' | 'challenges' | 'notices' | 'clock' | 'hashLink' | 'publicUrl' | 'config'
>;

/** @param record - id of the outbox record, the same when it is tried again */
export async function composeMessages(deps: MessageDeps, job: MessageJob, record: string): Promise<Message[]> {
  switch (job.kind) {
    case 'link':
      return composeLink(deps, job.code_id, job.locale);
    case 'resend_verification':
      return composeVerifications(deps, job.email, job.locale);
    case 'forgotten_password':
      return composeForgotten(deps, job.email, job.locale);
    case 'address_taken': {
      const user = await deps.users.findById(job.user_id);
      return user?.email === undefined
        ? []
        : [composeMail('address_taken', job.locale, user.email, { username: user.username })];
    }
    case 'invitation':
      return composeInvitation(deps, job, record);
    case 'code':
      return composeCode(deps, job, record);
    case 'notice':
      return composeNotice(deps, job, record);
  }
}

const toMinutes = (ms: number): string => String(Math.round(ms / 60_000));

async function composeCode(
  deps: MessageDeps,
  { challenge_id, locale }: MessageJob & { kind: 'code' },
  record: string,
): Promise<Message[]> {
  const challenge = await deps.challenges.find(challenge_id, deps.clock.now());
  if (!challenge) return [];
  const { channel, target, purpose } = challenge;
  const holder = await deps.users.findByLogin(toLoginName(challenge));
  const isHeld = holder !== null && (channel === 'sms' ? holder.phone_verified : holder.email_verified);
  if (!isSent(purpose, { channel, isHeld })) return [];
  const code = await makeCode(deps, challenge);
  const values = { code, minutes: toMinutes(CODE_LIFE) };
  if (channel === 'sms') return [composeSms(record, target, 'code', locale, values)];
  // A new address is nobody's yet: the account is that of who asked.
  const user = challenge.user_id ? await deps.users.findById(challenge.user_id.toHexString()) : holder;
  if (!user) return [];
  const link = purpose === 'login' ? await composeMagicLink(deps, user, target) : null;
  return [
    composeMail(link === null ? 'code' : 'code_and_link', locale, target, {
      username: user.username,
      ...values,
      ...(link === null ? {} : { link }),
    }),
  ];
}

/** The digits come to be here and are stored as a keyed hash alone. A job that runs again makes others beside them. */
async function makeCode(deps: MessageDeps, challenge: ChallengeDocument): Promise<string> {
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  await deps.challenges.addCode(challenge._id, hashCode(deps.hashLink, challenge, code));
  return code;
}

const composeSms = (
  id: string,
  to: string,
  template: SmsTemplate,
  language: 'zh' | 'en',
  values: Readonly<Record<string, string>>,
): Message => ({
  channel: 'sms',
  sms: { id, to, template, language, values, text: renderSms(template, language, values) },
});

async function composeInvitation(
  deps: MessageDeps,
  { user_id, locale }: MessageJob & { kind: 'invitation' },
  record: string,
): Promise<Message[]> {
  const user = await deps.users.findById(user_id);
  const contact = user && isExpected(user) ? findContact(user) : null;
  if (!user || !contact) return [];
  const values = { username: user.username, link: await makeInvitation(deps, user, contact.target) };
  return [
    contact.channel === 'sms'
      ? composeSms(record, contact.target, 'invitation', locale, values)
      : composeMail('invitation', locale, contact.target, values),
  ];
}

/** A vendor knows few templates: what has none of its own goes by the nearest. */
const SMS_OF_NOTICE: Readonly<Record<Notice, SmsTemplate>> = {
  account_locked: 'account_locked',
  refresh_reuse: 'refresh_reuse',
  new_device: 'new_device',
  credentials_changed: 'credentials_changed',
  address_changed: 'credentials_changed',
  number_moved: 'credentials_changed',
  account_deletion: 'credentials_changed',
  grant_ending: 'grant_ending',
  access_requested: 'access_request',
  access_approved: 'access_request',
  access_declined: 'access_request',
};

async function composeNotice(
  deps: MessageDeps,
  { notice, user_id, locale, to, about, details = {} }: MessageJob & { kind: 'notice' },
  record: string,
): Promise<Message[]> {
  const user = user_id === null ? null : await deps.users.findById(user_id);
  const contact = to ?? (user && findContact(user));
  if (!user || !contact) return [];
  // A kind of its own is each thing that was added, changed or removed, or a harmless act would hide the next; and what goes to an
  // old address.
  const old = to && deps.hashLink(`old address ${to.target}`);
  const kind = [notice, details['changed'], details['deed'], old, about].filter((part) => part !== undefined).join(' ');
  if (!(await deps.notices.claim(user._id.toHexString(), kind, record, deps.clock.now()))) return [];
  const { at } = details;
  const time = at ? { at: showTime(at, locale, deps.config.mail.time_zone) } : {};
  const values = { username: user.username, ...details, ...time };
  return [
    contact.channel === 'sms'
      ? composeSms(record, contact.target, SMS_OF_NOTICE[notice], locale, values)
      : composeMail(notice, locale, contact.target, values),
  ];
}

/** Where a person is told something: the mailbox they have proven, else the phone, else the mailbox they claim. */
function findContact(user: UserDocument): { channel: 'sms' | 'email'; target: string } | null {
  if (user.email !== undefined && user.email_verified) return { channel: 'email', target: user.email };
  if (user.phone !== undefined && user.phone_verified) return { channel: 'sms', target: user.phone };
  return user.email === undefined ? null : { channel: 'email', target: user.email };
}
