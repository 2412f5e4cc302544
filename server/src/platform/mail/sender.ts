// Where mails go: an SMTP server, or in development the outbox that stands in for a mailbox.

import { ObjectId } from 'mongodb';
import nodemailer from 'nodemailer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import type { Database } from '../../database/client.ts';
import { objectId } from '../../database/json-schema.ts';
import type { Clock } from '../clock.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly link: string | null;
  readonly code: string | null;
}

export interface MailSender {
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** What the development outbox keeps, in place of a phone and a mailbox. */
export const DevMessageDocument = z.object({
  _id: objectId(),
  channel: z.enum(['sms', 'email']),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  code: z.string().nullable(),
  link: z.string().nullable(),
  created_at: z.date(),
});
export type DevMessageDocument = z.output<typeof DevMessageDocument>;

export const devMessagesCollection = {
  name: 'dev_messages',
  schema: DevMessageDocument,
  indexes: [
    { key: { to: 1, created_at: -1 }, name: 'to_created_at' },
    { key: { created_at: 1 }, name: 'created_at', expireAfterSeconds: 7 * 86_400 },
  ],
};

const SMTP_TIMEOUT = 10_000;

/** @returns null where there is nowhere to send: mails are then dropped with a line in the log */
export function createMailSender(config: Config, database: Database, clock: Clock): MailSender | null {
  const { smtp_url: url, from } = config.mail;
  if (url !== undefined) {
    const transport = nodemailer.createTransport(
      { url, connectionTimeout: SMTP_TIMEOUT, greetingTimeout: SMTP_TIMEOUT, socketTimeout: SMTP_TIMEOUT },
      { from },
    );
    return {
      async send({ to, subject, text, html }) {
        await transport.sendMail({ to, subject, text, html });
      },
      close: () => transport.close(),
    };
  }
  if (config.server.mode !== 'development') return null;
  const messages = database.db.collection<DevMessageDocument>(devMessagesCollection.name);
  return {
    async send({ to, subject, text, link, code }) {
      await messages.insertOne({
        _id: new ObjectId(),
        channel: 'email',
        to,
        subject,
        text,
        code,
        link,
        created_at: clock.now(),
      });
    },
    close: () => undefined,
  };
}

export function createDevMessagesRepository(database: Database) {
  const messages = database.db.collection<DevMessageDocument>(devMessagesCollection.name);
  return {
    /** Newest first, at most 100. */
    list: (to: string | undefined) =>
      messages
        .find(to === undefined ? {} : { to }, {
          sort: { created_at: -1, _id: -1 },
          limit: 100,
          maxTimeMS: database.maxTimeMs,
        })
        .toArray(),
  };
}
export type DevMessagesRepository = ReturnType<typeof createDevMessagesRepository>;
