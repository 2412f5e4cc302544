// One-time codes of a test: sent for from whatever address, over however many instances, and answered.
import { settle } from './instances.ts';
import type { SentChallenge } from './phones.ts';
import type { RestAnswer, TestServer } from './server.ts';

type Fields = Readonly<Record<string, unknown>>;

/** As a trusted proxy tells whose call it passes on; for servers that trust 127.0.0.1. */
export const from = (ip: string) => ({ 'x-forwarded-for': ip });

/** A code that is not this one. */
export const wrong = (code: string): string => (code === '000000' ? '000001' : '000000');

export const askForCode = (
  server: TestServer,
  body: Fields,
  headers: Record<string, string> = {},
  token?: string,
): Promise<RestAnswer> => server.rest('POST', '/auth/otp', { body, headers, token });

/** The codes sent to a number (E.164) or an address, newest first, whichever of the instances sent them. */
export async function readCodes(instances: readonly [TestServer, ...TestServer[]], to: string): Promise<string[]> {
  await settle(instances);
  const messages = await instances[0].deps.devMessages.list(to);
  return messages.flatMap(({ code }) => (code === null ? [] : [code]));
}

/**
 * Asks the first instance for a code and reads it where it was sent.
 *
 * @param to - in E.164, or in lower case
 */
export async function fetchCode(
  instances: readonly [TestServer, ...TestServer[]],
  body: Fields,
  to: string,
  { headers, token }: { headers?: Record<string, string>; token?: string } = {},
): Promise<SentChallenge> {
  const answer = await askForCode(instances[0], body, headers, token);
  if (answer.status !== 202) throw new Error(`auth.otp.send answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  const [code] = await readCodes(instances, to);
  if (code === undefined) throw new Error(`no code was sent to ${to}`);
  return { challengeId: answer.body.challenge_id, code };
}

export const login = (server: TestServer, body: Fields, headers: Record<string, string> = {}): Promise<RestAnswer> =>
  server.rest('POST', '/auth/login', { body, headers });

/** What a call came to: the code of its refusal, else its status. */
export const outcomeOf = ({ status, body }: RestAnswer): string => body?.code ?? body?.status ?? String(status);

/** How many answers came to what. */
export const tally = (answers: readonly RestAnswer[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(answers, outcomeOf)).map(([outcome, those]) => [outcome, those?.length ?? 0]),
  );
