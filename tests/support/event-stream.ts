// A bare HTTP client for event streams: what arrives, as it arrives.
import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface EventStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The next block, without the empty line behind it; null when the stream has come to its end. */
  next(): Promise<string | null>;
  /** Every block that is still to come. */
  rest(): Promise<string[]>;
  /** The whole of an answer that is no stream. */
  body(): Promise<string>;
  /** Goes away without a word. */
  leave(): void;
}

/** Opens a stream on a connection of its own. */
export async function openStream(url: string, headers: Record<string, string> = {}): Promise<EventStream> {
  const request = get(url, { agent: false, headers: { accept: 'text/event-stream', ...headers } });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('no response');
  const blocks = readBlocks(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    next: async () => (await blocks.next()).value ?? null,
    rest: () => Array.fromAsync(blocks),
    body: () => text(response),
    leave: () => request.destroy(),
  };
}

async function* readBlocks(response: IncomingMessage): AsyncGenerator<string, void> {
  let received = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const blocks = `${received}${chunk}`.split('\n\n');
    received = blocks.pop() ?? '';
    // tRPC leaves two lines empty.
    yield* blocks.map((block) => block.replace(/^\n/, '')).filter((block) => block !== '');
  }
  if (received.trim() !== '') throw new Error(`the stream ended within a block: ${received}`);
}

/** What a block says: its event's name and its data. */
export function readBlock(block: string | null): { event: string; data: ReturnType<typeof JSON.parse> } {
  const fields = (block ?? '').split('\n').map((line) => /^(\w+): ?(.*)$/s.exec(line)?.slice(1) ?? []);
  const read = (name: string) => fields.find(([key]) => key === name)?.[1];
  return { event: read('event') ?? 'message', data: JSON.parse(read('data') || 'null') };
}
