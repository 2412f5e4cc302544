// What a sender of text messages is: one function, and one error that says whether another sender should try.
import type { SmsTemplate } from '../../config/sms.ts';

/** The messages there are; a vendor knows each by a template of its own that was approved before. */
export type { SmsTemplate } from '../../config/sms.ts';

export interface SmsMessage {
  /** The same when the message is tried again, so that a receiver can drop the double: letters, digits, `_` and `-`, at most 64. */
  readonly id?: string;
  /** E.164: `+8613800138000`. */
  readonly to: string;
  readonly template: SmsTemplate;
  readonly language: 'zh' | 'en';
  /** What stands in the template, by name: `{ code: '123456', minutes: '5' }`. */
  readonly values: Readonly<Record<string, string>>;
  /** The whole text, for vendors that take one. */
  readonly text: string;
}

export interface SmsSender {
  /** Kind and place in the configuration, for logs: `aliyun#0`. */
  readonly name: string;
  /** @throws SmsError */
  send(message: SmsMessage): Promise<void>;
}

/**
 * `illegal_number`: nobody can send there, trying again is of no use. `refused`: this sender will not (limit, template, signature,
 * balance). `unavailable`: it cannot now (no answer in time, 5xx).
 */
export type SmsFailure = 'illegal_number' | 'refused' | 'unavailable';

/** Carries the vendor's own code; never the number, nor what was to be sent. No cause either: it might. */
export class SmsError extends Error {
  override name = 'SmsError';
  readonly failure: SmsFailure;

  constructor(failure: SmsFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}
