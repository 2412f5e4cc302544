// What a person finds in their mailbox, as the development outbox keeps it.
import type { DevMessageDocument } from '../../server/src/platform/mail/sender.ts';
import type { TestServer } from './server.ts';
import { settleOutbox } from './settle-outbox.ts';

/** Every mail to the address, newest first, once all that is due has been sent. */
export async function readMails({ deps }: TestServer, to: string): Promise<DevMessageDocument[]> {
  await settleOutbox({ deps });
  return deps.devMessages.list(to);
}

/** The token of the link in a mail. */
export function tokenOf(mail: Pick<DevMessageDocument, 'link'> | undefined): string {
  const token = mail?.link && new URL(mail.link).searchParams.get('token');
  if (!token) throw new Error('the mail holds no link');
  return token;
}

/** The token of the newest link mailed to the address. */
export async function readLink(server: TestServer, to: string): Promise<string> {
  return tokenOf((await readMails(server, to))[0]);
}

/** Opens a link as its page does. */
export const openLink = (server: TestServer, token: string) =>
  server.rest('POST', '/auth/email/verify', { body: { token } });
