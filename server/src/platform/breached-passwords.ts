// Whether a password is known from a leak: asked by the first five digits of its SHA-1, so that nobody learns which one is meant (k-anonymity).
import { createHash } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Log } from './logger.ts';
import { sendOutgoing } from './outgoing.ts';

export interface BreachedPasswords {
  /** False as well when nobody answers: a service that is away must not keep people from choosing a password. */
  isKnown(password: string): Promise<boolean>;
}

/** In ms: so long somebody who chooses a password waits at most. */
const TIMEOUT = 3_000;

/** @returns null where it is switched off */
export function createBreachedPasswords(
  { enabled, url }: Config['security']['breached_passwords'],
  log: Log,
  timeout = TIMEOUT,
): BreachedPasswords | null {
  if (!enabled) return null;
  return {
    async isKnown(password) {
      const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
      try {
        const { status, text } = await sendOutgoing(`${url}${digest.slice(0, 5)}`, {
          // Answers of one length: whoever watches the wire cannot count the lines.
          headers: { 'add-padding': 'true' },
          timeout,
        });
        if (status !== 200) log.warn({ status }, 'the breached-password service did not answer');
        // Padding lines have a count of 0.
        return status === 200 && new RegExp(`^${digest.slice(5)}:[1-9]`, 'm').test(text);
      } catch (error) {
        log.warn({ error }, 'the breached-password service did not answer');
        return false;
      }
    },
  };
}
