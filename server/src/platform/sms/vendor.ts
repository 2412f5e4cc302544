// How vendors are asked, and how their refusals are told apart and named.
import type { Clock } from '../clock.ts';
import { OutgoingError, type OutgoingRequest, readJsonObject, sendOutgoing } from '../outgoing.ts';
import { SmsError, type SmsFailure } from './sender.ts';

export interface VendorDeps {
  readonly clock: Clock;
  /** Milliseconds that a vendor has for its answer. */
  readonly timeout: number;
}

export interface VendorAnswer {
  readonly status: number;
  /** Null when the answer is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** @throws SmsError `unavailable` when there is no answer in time */
export async function askVendor(url: string, request: OutgoingRequest): Promise<VendorAnswer> {
  try {
    const { status, text } = await sendOutgoing(url, { ...request, method: 'POST' });
    return { status, body: readJsonObject(text) };
  } catch (error) {
    // Without its cause, which may name the URL: with Aliyun number and code stand in it.
    if (error instanceof OutgoingError) throw new SmsError('unavailable', error.message);
    throw error;
  }
}

/** What a vendor said in place of "sent". */
export interface Refusal {
  readonly status: number;
  readonly code: unknown;
  /** What the vendor's support asks for. */
  readonly requestId?: unknown;
}

/**
 * The error for a refusal. The vendor's text stays out of it: Twilio's repeats the number, Aliyun's at times the whole request.
 *
 * @param judge - what the vendor's code means, where the status does not say it
 */
export function toSmsError({ status, code, requestId }: Refusal, judge: (code: string) => SmsFailure): SmsError {
  const name = readName(code, /^([A-Za-z][\w.]{0,99}|\d{5})$/);
  const request = readName(requestId, /^[\w-]{1,64}$/);
  const isDown = status >= 500 || status === 429 || name === null;
  const message = `${name ?? 'an answer that cannot be read'} (HTTP ${status}${request === null ? '' : `, request ${request}`})`;
  return new SmsError(isDown ? 'unavailable' : judge(name), message);
}

const readName = (value: unknown, pattern: RegExp): string | null => {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && pattern.test(text) ? text : null;
};
