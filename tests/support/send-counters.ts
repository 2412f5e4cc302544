// The counters of messages sent: put forward instead of filled, and their windows ended instead of waited for, since these are of real time.
import type { TestServer } from './server.ts';

type Counter = 'send_minute' | 'send_day' | 'send_target' | 'send_source' | 'sms_budget';

const counters = ({ deps }: TestServer) => deps.database.db.collection('rate_limits');

/** Under which the messages to a number (E.164) or an address are counted; from one source, where one is given. */
export const sendKey = ({ deps }: TestServer, target: string, source?: string): string =>
  `${deps.hashIdentifier(target)}${source === undefined ? '' : ` ${source}`}`;

/** Puts a counter where so many sends would have brought it. */
export async function setCounter(server: TestServer, name: Counter, key: string, points: number): Promise<void> {
  const expire = new Date(Date.now() + 3_600_000);
  await counters(server).updateOne({ key: `${name}:${key}` }, { $set: { points, expire } }, { upsert: true });
}

/** Ends the windows of a counter, as time does. */
export async function endWindows(server: TestServer, name: Counter): Promise<void> {
  await counters(server).updateMany({ key: { $regex: `^${name}:` } }, { $set: { expire: new Date(Date.now() - 1) } });
}
