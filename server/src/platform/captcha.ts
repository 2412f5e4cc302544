// The captcha hook: asks the verifying service whether a person solved it. reCAPTCHA, hCaptcha and Turnstile share this call.
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Log } from './logger.ts';
import { OutgoingError, readJsonObject, sendOutgoing } from './outgoing.ts';

export interface Captcha {
  /** @throws AppError DEPENDENCY_UNAVAILABLE when the service does not answer */
  check(answer: string, ip: string): Promise<boolean>;
}

/** @returns null where none is configured */
export function createCaptcha(config: Config['auth']['captcha'], log: Log): Captcha | null {
  if (!config) return null;
  const { verify_url, secret } = config;
  return {
    async check(answer, ip) {
      try {
        const body = new URLSearchParams({ secret, response: answer, remoteip: ip });
        const { status, text } = await sendOutgoing(verify_url, { method: 'POST', body });
        if (status === 200) return readJsonObject(text)?.['success'] === true;
        log.warn({ status }, 'the captcha service did not answer');
      } catch (error) {
        if (!(error instanceof OutgoingError)) throw error;
        log.warn({ error }, 'the captcha service did not answer');
      }
      throw new AppError('DEPENDENCY_UNAVAILABLE', { retryAfter: 5 });
    },
  };
}
