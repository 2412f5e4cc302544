// The senders that the configuration names, as one: each stands in for the one before it.

import type { SmsSenderConfig } from '../../config/sms.ts';
import type { Config } from '../../config.ts';
import type { Database } from '../../database/client.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../logger.ts';
import { createAliyunSender } from './aliyun.ts';
import { createConsoleSender } from './console.ts';
import { SmsError, type SmsSender } from './sender.ts';
import { createTencentSender } from './tencent.ts';
import { createTwilioSender } from './twilio.ts';
import { createWebhookSender } from './webhook.ts';

export interface SmsSenderDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that each vendor has for its answer; 10,000 when absent. */
  readonly timeout?: number;
}

/**
 * One sender that tries those of `sms.senders` in order. A vendor that was too slow may have sent the message all the same: a person
 * may get it twice rather than never.
 *
 * @returns null where there is nowhere to send; in development messages then go to the outbox
 */
export function createSmsSender({ sms, server }: Config, deps: SmsSenderDeps): SmsSender | null {
  const isDevelopment = server.mode === 'development';
  const configured: readonly SmsSenderConfig[] = sms.senders.length === 0 ? [{ kind: 'console' }] : sms.senders;
  const senders = configured.flatMap((config, place) =>
    // Codes in plain text are for development alone.
    config.kind === 'console' && !isDevelopment ? [] : [createSender(config, `${config.kind}#${place}`, deps)],
  );
  if (senders.length === 0) return null;
  return {
    name: senders.map(({ name }) => name).join(', '),
    async send(message) {
      const failures: SmsError[] = [];
      for (const sender of senders) {
        try {
          return await sender.send(message);
        } catch (error) {
          if (!(error instanceof SmsError)) throw error;
          const { failure, message: reason } = error;
          deps.log.warn(
            { sender: sender.name, template: message.template, failure, reason },
            'a text message was not sent',
          );
          if (failure === 'illegal_number') throw error;
          failures.push(error);
        }
      }
      throw failures.findLast(({ failure }) => failure === 'unavailable') ?? failures.at(-1);
    },
  };
}

function createSender(config: SmsSenderConfig, name: string, deps: SmsSenderDeps): SmsSender {
  const vendor = { clock: deps.clock, timeout: deps.timeout ?? 10_000 };
  switch (config.kind) {
    case 'console':
      return createConsoleSender(name, deps.database, deps.clock);
    case 'aliyun':
      return createAliyunSender(name, config, vendor);
    case 'tencent':
      return createTencentSender(name, config, vendor);
    case 'twilio':
      return createTwilioSender(name, config, vendor);
    case 'webhook':
      return createWebhookSender(name, config, vendor);
  }
}
