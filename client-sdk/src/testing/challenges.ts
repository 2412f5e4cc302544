// One-time codes of the fake: sent into the outbox, answered from there.
import { newNumber, newSecret } from './random.ts';
import { refuse } from './refusal.ts';
import { findUser } from './users.ts';
import type { Challenge, World } from './world.ts';

/** In seconds. */
export const CODE_LIFE = 300;
const MOST_TRIES = 5;

export interface Contact {
  readonly channel: 'sms' | 'email';
  /** E.164, or the address in lower case. */
  readonly target: string;
}

/** Whether a message goes out; the caller is answered alike in any case. */
function isSent(world: World, purpose: string, { channel, target }: Contact): boolean {
  if (purpose === 'bind' || purpose === 'register' || (purpose === 'login' && channel === 'sms')) return true;
  const holder = findUser(world, channel === 'sms' ? { phone: target } : { email: target });
  return channel === 'sms' ? holder?.phone_verified === true : holder?.email_verified === true;
}

/** @returns the challenge's id */
export function sendCode(world: World, purpose: string, contact: Contact, userId?: string): string {
  const { challenges, clock, outbox } = world;
  const now = clock.now();
  const id = newSecret(16);
  const code = String(newNumber(0, 1_000_000)).padStart(6, '0');
  const expiresAt = new Date(now.getTime() + CODE_LIFE * 1000);
  challenges.set(id, { id, purpose, ...contact, code, userId, expiresAt, tries: 0 });
  if (isSent(world, purpose, contact))
    outbox.unshift({ channel: contact.channel, to: contact.target, purpose, code, token: null, sent_at: now });
  return id;
}

interface Given {
  readonly purpose: string;
  /** Or several, whichever of them it was sent to. */
  readonly targets: readonly (string | null)[];
  readonly code: string;
  readonly challengeId?: string | undefined;
  readonly userId?: string | undefined;
}

/**
 * Looks at a code, which costs one of its five tries.
 *
 * @returns null when it is wrong
 * @throws Refusal INVALID_CODE when there is nothing that it could answer
 */
export function answerChallenge({ challenges, clock }: World, given: Given): Challenge | null {
  const { purpose, targets, code, challengeId, userId } = given;
  const fits = (one: Challenge): boolean =>
    one.purpose === purpose &&
    targets.includes(one.target) &&
    one.userId === userId &&
    one.tries < MOST_TRIES &&
    one.expiresAt > clock.now();
  const found = [...challenges.values()].findLast((one) => fits(one) && (challengeId ?? one.id) === one.id);
  if (!found) return refuse('INVALID_CODE');
  found.tries++;
  return found.code === code ? found : null;
}

export const spend = ({ challenges }: World, { id }: Challenge): void => void challenges.delete(id);

/** A link that a mail, or to a number a text message, would bring: its token stands in the outbox. */
export function sendLink(
  { links, outbox, clock }: World,
  link: {
    readonly kind: 'verify_email' | 'reset_password' | 'invitation';
    readonly target: string;
    readonly userId: string | null;
  } & {
    readonly pending?: { readonly username: string; readonly name: string | null; readonly password: string };
  },
  life: number,
): void {
  const [token, now] = [newSecret(), clock.now()];
  links.set(token, { ...link, expiresAt: new Date(now.getTime() + life) });
  const channel = link.target.startsWith('+') ? 'sms' : 'email';
  outbox.unshift({ channel, to: link.target, purpose: link.kind, code: null, token, sent_at: now });
}
