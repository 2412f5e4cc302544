// Asking a key management service: JSON there and back, once more after a failure that may pass.
import { setTimeout as sleep } from 'node:timers/promises';
import { OutgoingError, type OutgoingRequest, readJsonObject, sendOutgoing } from '../../outgoing.ts';
import { KmsError } from './kms.ts';

export type KmsAnswer = Readonly<Record<string, unknown>>;

export interface KmsQuestion {
  /** For messages. */
  readonly service: string;
  /** Anew for each try: signatures of requests name their time. */
  readonly prepare: () => Promise<{ readonly url: string; readonly request: OutgoingRequest }>;
  /** What the service calls the error; from its own list of names, so that nothing else gets into messages and logs. */
  readonly nameError: (answer: KmsAnswer) => string | null;
  /** By name: what may go well the next moment, beside the statuses that say so. */
  readonly passing?: RegExp;
}

const PAUSE = 100;

export async function askKms(question: KmsQuestion): Promise<KmsAnswer> {
  try {
    return await askOnce(question);
  } catch (error) {
    if (!(error instanceof KmsError && error.passes)) throw error;
    await sleep(PAUSE);
    return askOnce(question);
  }
}

async function askOnce({ service, prepare, nameError, passing }: KmsQuestion): Promise<KmsAnswer> {
  const { url, request } = await prepare();
  const { status, text } = await sendOutgoing(url, request).catch((cause: unknown) => {
    if (!(cause instanceof OutgoingError)) throw cause;
    // Who waited once for as long as it takes does not wait again.
    const isTimeout = cause.cause instanceof DOMException && cause.cause.name === 'TimeoutError';
    throw new KmsError(`${service}: ${cause.message}`, { passes: !isTimeout, cause });
  });
  const answer = readJsonObject(text);
  if (status === 200 && answer) return answer;
  const name = (answer && nameError(answer)) ?? (status === 200 ? 'an answer that cannot be read' : null);
  const passes = status >= 500 || status === 429 || (name !== null && (passing?.test(name) ?? false));
  throw new KmsError(`${service} answered ${status}${name === null ? '' : `: ${name}`}`, { passes, status });
}

/** A field of an answer that must be text. */
export function readText(service: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new KmsError(`${service} gave an answer that cannot be read`);
}

export const asRecord = (value: unknown): KmsAnswer =>
  typeof value === 'object' && value !== null ? { ...value } : {};
