// What a stranger could tell two answers apart by: all that they show, and the database's work for them.
import { type CommandFailedEvent, type CommandStartedEvent, MongoError } from 'mongodb';
import type { RestAnswer, TestServer } from './server.ts';
import { settleOutbox } from './settle-outbox.ts';

/** What differs between any two answers, whoever asks for whatever. */
const OF_ITS_OWN = new Set(['date', 'x-request-id', 'content-length']);

/** Everything of an answer that a caller could tell it from another by. */
export const visible = ({ status, headers, body }: RestAnswer) => ({
  status,
  headers: [...headers].filter(([name]) => !OF_ITS_OWN.has(name)),
  body: body && { ...body, request_id: '' },
});

/**
 * The database's work for a call: names of commands and what they act on, in order.
 *
 * @param server - started with `monitorCommands`
 */
export async function recordWork({ deps }: TestServer, call: () => Promise<unknown>): Promise<string[]> {
  const { client } = deps.database;
  let seen: { readonly work: string; readonly transaction: string | null }[] = [];
  const transactions = new Map<number, string>();
  const note = ({ commandName, command, requestId }: CommandStartedEvent) => {
    const target = String(command[commandName]);
    const isBackground = target === 'heartbeats' || target === 'dev_messages' || commandName === 'getMore';
    // The worker takes mails at its own pace.
    const isWorker = target === 'outbox' && commandName !== 'insert';
    if (isBackground || isWorker) return;
    const transaction = command['autocommit'] === false ? `${command['lsid'].id} ${command['txnNumber']}` : null;
    if (transaction !== null) transactions.set(requestId, transaction);
    seen.push({ work: `${commandName} ${target}`, transaction });
  };
  // What the database asks to be done again, since it was busy with something else, is no work of this call's.
  const forget = ({ failure, requestId }: CommandFailedEvent) => {
    const isTransient = failure instanceof MongoError && failure.hasErrorLabel('TransientTransactionError');
    const undone = isTransient ? transactions.get(requestId) : undefined;
    if (undone !== undefined) seen = seen.filter(({ transaction }) => transaction !== undone);
  };
  await settleOutbox({ deps });
  client.on('commandStarted', note);
  client.on('commandFailed', forget);
  await call();
  client.off('commandStarted', note);
  client.off('commandFailed', forget);
  return seen.map(({ work }) => work);
}
