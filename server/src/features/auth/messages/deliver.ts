// The handler of messages in the outbox: composes what a job stands for and hands it to the sender of its channel.
import type { Document } from 'mongodb';
import type { OutboxRecord } from '../../../database/outbox.ts';
import type { Deps } from '../../../deps.ts';
import { SmsError } from '../../../platform/sms/sender.ts';
import { composeMessages, type Message, type MessageDeps } from './compose.ts';
import { MessageJob } from './jobs.ts';

type DeliverDeps = MessageDeps & Pick<Deps, 'mailSender' | 'smsSender' | 'limits' | 'log' | 'metrics'>;

export async function deliverMessage(deps: DeliverDeps, payload: Document, record: OutboxRecord): Promise<void> {
  for (const message of await composeMessages(deps, MessageJob.parse(payload), record._id.toHexString()))
    await (message.channel === 'email' ? sendMail(deps, message.mail) : sendSms(deps, message.sms));
}

async function sendMail(
  { mailSender, log }: DeliverDeps,
  mail: (Message & { channel: 'email' })['mail'],
): Promise<void> {
  if (mailSender) await mailSender.send(mail);
  else log.error.error({ subject: mail.subject }, 'mail dropped: mail.smtp_url is not set');
}

async function sendSms(
  { smsSender, limits, log, metrics }: DeliverDeps,
  sms: (Message & { channel: 'sms' })['sms'],
): Promise<void> {
  if (!smsSender) {
    log.error.error({ template: sms.template }, 'text message dropped: sms.senders is empty');
    return;
  }
  if (!(await limits.consumeSmsBudget(sms.template === 'code' ? 'code' : 'notice'))) {
    metrics.securityEvents.inc({ type: 'sms_cap_reached' });
    log.error.error({ template: sms.template }, 'text message dropped: sms.daily_cap is reached');
    return;
  }
  try {
    await smsSender.send(sms);
  } catch (error) {
    // Asking again would be answered alike; what cannot be reached now is tried again by the outbox.
    if (!(error instanceof SmsError) || error.failure === 'unavailable') throw error;
    log.error.warn({ error, template: sms.template }, 'text message not sent');
  }
}
