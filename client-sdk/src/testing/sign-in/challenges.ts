// One-time codes of the fake: sent into the outbox, answered from there.
import { normalizePhone } from '../people/phone.ts';
import { findUser } from '../people/users.ts';
import { newNumber, newSecret } from '../random.ts';
import { refuse } from '../refusal.ts';
import type { Challenge, Link, World } from '../world.ts';

/** In seconds. */
export const CODE_LIFE = 300;
const MOST_TRIES = 5;

export interface Contact {
  readonly channel: 'sms' | 'email';
  /** E.164, or the address in lower case. */
  readonly target: string;
}

/** A phone number or address as typed, in its normal form. */
export const toContact = (typed: { readonly phone: string } | { readonly email: string }): Contact =>
  'phone' in typed
    ? { channel: 'sms', target: normalizePhone(typed.phone) }
    : { channel: 'email', target: typed.email };

/** Whether a message goes out; the caller is answered alike in any case. */
function isSent(world: World, purpose: string, { channel, target }: Contact): boolean {
  if (purpose === 'bind' || purpose === 'register' || (purpose === 'login' && channel === 'sms')) return true;
  const holder = findUser(world, channel === 'sms' ? { phone: target } : { email: target });
  return channel === 'sms' ? holder?.phone_verified === true : holder?.email_verified === true;
}

/** @returns the challenge's id */
export function sendCode(world: World, purpose: string, contact: Contact, userId?: string): string {
  const { challenges, clock, outbox } = world;
  const { channel, target: to } = contact;
  const now = clock.now();
  const id = newSecret(16);
  const code = String(newNumber(0, 1_000_000)).padStart(6, '0');
  const expiresAt = new Date(now.getTime() + CODE_LIFE * 1000);
  challenges.set(id, { id, purpose, ...contact, code, userId, expiresAt, tries: 0 });
  if (!isSent(world, purpose, contact)) return id;
  const token = purpose === 'login' && channel === 'email' ? makeMagicLink(world, to) : null;
  outbox.unshift({ channel, to, purpose, code, token, sent_at: now });
  return id;
}

/** In ms. */
const MAGIC_LINK_LIFE = 15 * 60_000;

/** @returns null where magic links are not switched on */
function makeMagicLink(world: World, target: string): string | null {
  const holder = findUser(world, { email: target });
  if (!holder || !world.settings.get('auth.magic_link')) return null;
  return makeLink(world, { kind: 'magic_link', target, userId: holder.id }, MAGIC_LINK_LIFE);
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

type NewLink = Omit<Link, 'expiresAt'>;

/** @returns its token */
function makeLink({ links, clock }: World, link: NewLink, life: number): string {
  const token = newSecret();
  links.set(token, { ...link, expiresAt: new Date(clock.now().getTime() + life) });
  return token;
}

/** A link that a mail, or to a number a text message, would bring: its token stands in the outbox. */
export function sendLink(world: World, link: NewLink, life: number): void {
  const { kind: purpose, target: to } = link;
  const token = makeLink(world, link, life);
  const channel = to.startsWith('+') ? 'sms' : 'email';
  world.outbox.unshift({ channel, to, purpose, code: null, token, sent_at: world.clock.now() });
}

export function removeLinks({ links }: World, kind: Link['kind'], target: string): void {
  for (const [token, link] of links) if (link.kind === kind && link.target === target) links.delete(token);
}

export function removeCodes({ challenges }: World, purpose: string, target: string): void {
  for (const [id, one] of challenges) if (one.purpose === purpose && one.target === target) challenges.delete(id);
}
