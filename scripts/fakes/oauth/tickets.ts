// Codes and tokens that a fake issues: each means something for a while, and a code just once.
import { randomBytes } from 'node:crypto';

export interface Tickets<T> {
  /** As long as real ones are. */
  issue(meaning: T): string;
  /** What it means, however often it is shown. */
  read(ticket: string): T | 'unknown' | 'expired';
  /** What it means; the second time it is `used`. */
  redeem(ticket: string): T | 'unknown' | 'expired' | 'used';
  /** None of those issued so far is known any more. */
  revokeAll(): void;
}

/** @param life - milliseconds */
export function createTickets<T extends object>(now: () => Date, life: number): Tickets<T> {
  const issued = new Map<string, { readonly meaning: T; readonly until: number; used: boolean }>();
  const read = (ticket: string) => {
    const found = issued.get(ticket);
    if (found === undefined) return 'unknown';
    return now().getTime() < found.until ? found : 'expired';
  };
  return {
    issue(meaning) {
      const ticket = randomBytes(24).toString('base64url');
      issued.set(ticket, { meaning, until: now().getTime() + life, used: false });
      return ticket;
    },
    read(ticket) {
      const found = read(ticket);
      return typeof found === 'string' ? found : found.meaning;
    },
    redeem(ticket) {
      const found = read(ticket);
      if (typeof found === 'string') return found;
      if (found.used) return 'used';
      found.used = true;
      return found.meaning;
    },
    revokeAll: () => issued.clear(),
  };
}
