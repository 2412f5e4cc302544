// Phones and mailboxes of a test: a number of one's own, and the code that was sent there last.
import { randomInt } from 'node:crypto';
import type { RestAnswer, TestServer } from './server.ts';
import { settleOutbox } from './settle-outbox.ts';

/** A mainland number that nobody else in the test has, as people type it: eleven digits. */
export const newNumber = (): string => `138${String(randomInt(100_000_000)).padStart(8, '0')}`;

/** In E.164, as it is kept. */
export const toE164 = (number: string): string => `+86${number}`;

export interface SentChallenge {
  readonly challengeId: string;
  readonly code: string;
}

/** The newest code sent to a number (E.164) or an address. */
export async function readCode({ deps }: TestServer, to: string): Promise<string> {
  await settleOutbox({ deps });
  const [message] = await deps.devMessages.list(to);
  if (!message?.code) throw new Error(`no code was sent to ${to}`);
  return message.code;
}

/** Asks for a code and reads it from the message. */
export async function requestCode(
  server: TestServer,
  target: { readonly phone: string } | { readonly email: string },
  purpose: string,
  token?: string,
): Promise<SentChallenge> {
  const { status, body } = await server.rest('POST', '/auth/otp', { body: { ...target, purpose }, token });
  if (status !== 202) throw new Error(`auth.otp.send answered ${status}: ${JSON.stringify(body)}`);
  const to = 'phone' in target ? (target.phone.startsWith('+') ? target.phone : toE164(target.phone)) : target.email;
  return { challengeId: body.challenge_id, code: await readCode(server, to) };
}

/** Signs in by a code, which makes the account of a number that has none. */
export async function signInByPhone(server: TestServer, phone: string): Promise<RestAnswer> {
  const { code } = await requestCode(server, { phone }, 'login');
  return server.rest('POST', '/auth/login', { body: { phone, code } });
}
