// Development: messages go to the outbox that stands in for a phone.
import { ObjectId } from 'mongodb';
import type { Database } from '../../database/client.ts';
import type { Clock } from '../clock.ts';
import { type DevMessageDocument, devMessagesCollection } from '../mail/sender.ts';
import type { SmsSender } from './sender.ts';

export function createConsoleSender(name: string, database: Database, clock: Clock): SmsSender {
  const messages = database.db.collection<DevMessageDocument>(devMessagesCollection.name);
  return {
    name,
    async send({ to, text, values }) {
      await messages.insertOne({
        _id: new ObjectId(),
        channel: 'sms',
        to,
        subject: 'Text message',
        text,
        code: values.code ?? null,
        link: values.link ?? null,
        created_at: clock.now(),
      });
    },
  };
}
