// What the fakes of SMS vendors share: a local HTTP server that keeps each request to the byte, and orders to misbehave.
import { type ListenOptions, listen, type ReceivedRequest, type Reply, type Silence } from '../http.ts';

export type FakeRequest = ReceivedRequest;
export type FakeReply = Reply;

export interface FakeOptions extends ListenOptions {
  /** The vendor's clock; the machine's when absent. */
  readonly now?: () => Date;
  /** Told of each message that was taken. */
  readonly onMessage?: (message: ReceivedSms) => void;
}

/**
 * What a vendor does for one number: says that its limit is reached, says that it is no number, fails (HTTP 500), never answers, or
 * refuses with a code of its own.
 */
export type Misbehaviour = 'limit' | 'illegal' | 'error' | 'silence' | { readonly code: string };

export interface ReceivedSms {
  /** E.164. */
  readonly to: string;
  /** As the phone would show it. */
  readonly text: string;
  /** The template's values by name, or by place (`1`, `2`); empty where the text came ready. */
  readonly values: Readonly<Record<string, string>>;
  /** The sender's own id of the message, where the vendor has a field for it. */
  readonly id: string | null;
}

export interface FakeSmsVendor<Config> {
  readonly url: string;
  /** The entry of `sms.senders` that sends here. */
  readonly config: Config;
  /** What arrived and was taken, oldest first. */
  readonly messages: readonly ReceivedSms[];
  /** @param number - E.164; `null` ends it */
  misbehave(number: string, how: Misbehaviour | null): void;
  close(): Promise<void>;
}

export interface FakeState {
  readonly messages: ReceivedSms[];
  readonly orders: Map<string, Misbehaviour>;
  readonly now: () => Date;
}

export async function startFake<Config>(
  { now = () => new Date(), onMessage, ...options }: FakeOptions,
  answer: (request: FakeRequest, state: FakeState) => FakeReply | Silence,
  configure: (url: string) => Config,
): Promise<FakeSmsVendor<Config>> {
  const state: FakeState = { messages: [], orders: new Map(), now };
  const { url, close } = await listen(options, (request) => {
    const before = state.messages.length;
    const reply = answer(request, state);
    for (const message of state.messages.slice(before)) onMessage?.(message);
    return reply;
  });
  return {
    url,
    config: configure(url),
    messages: state.messages,
    misbehave: (number, how) => {
      if (how === null) state.orders.delete(number);
      else state.orders.set(number, how);
    },
    close,
  };
}

/** One header; empty when it is not there. */
export const headerOf = ({ headers }: FakeRequest, name: string): string => [headers[name] ?? ''].flat().join(', ');
