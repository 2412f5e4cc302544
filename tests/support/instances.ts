// Several instances on one database: whichever of them sends a message, it is read here.
import { readCode, type SentChallenge, toE164 } from './phones.ts';
import type { TestServer } from './server.ts';
import { settleOutbox } from './settle-outbox.ts';

/** Resolves when no instance has a message to send any more. */
export async function settle([first]: readonly TestServer[]): Promise<void> {
  if (first) await settleOutbox(first);
}

/** Asks the first for a code. A phone number is typed as people do: eleven digits. */
export async function requestCodeAmong(
  instances: readonly [TestServer, ...TestServer[]],
  target: { readonly phone: string } | { readonly email: string },
  purpose: string,
  token?: string,
): Promise<SentChallenge> {
  const [server] = instances;
  const { status, body } = await server.rest('POST', '/auth/otp', { body: { ...target, purpose }, token });
  if (status !== 202) throw new Error(`auth.otp.send answered ${status}: ${JSON.stringify(body)}`);
  await settle(instances);
  return {
    challengeId: body.challenge_id,
    code: await readCode(server, 'phone' in target ? toE164(target.phone) : target.email.toLowerCase()),
  };
}
