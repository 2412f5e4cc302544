// What a webhook is told of, and when a delivery that failed is tried again.
import type { WebhookEvent } from './schemas.ts';

export const subscribes = (events: readonly string[], type: WebhookEvent): boolean =>
  events.includes(type) || events.includes(`${type.slice(0, type.indexOf('.'))}.*`);

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Ten tries within a day: what is being restarted gets it soon, what is down for a night still gets it. */
const DELAYS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];

/**
 * @param attempts - how many have failed
 * @param spread - 0 to 1, at random: those that failed together do not come back together
 * @returns when to try again; null when it is given up
 */
export function nextTry(attempts: number, now: Date, spread: number): Date | null {
  const delay = DELAYS[attempts - 1];
  return delay === undefined ? null : new Date(now.getTime() + Math.round(delay * (0.9 + 0.1 * spread)));
}
