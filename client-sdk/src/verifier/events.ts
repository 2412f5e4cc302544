// Server-sent events out of text as it arrives (https://html.spec.whatwg.org/multipage/server-sent-events.html).

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Only what the server writes is read: no ids, no retries. Comments are passed over. */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<StreamEvent, void> {
  let event = 'message';
  let data: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') };
      event = 'message';
      data = [];
      continue;
    }
    const [, field, value = ''] = /^(\w*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
  }
}

/** What has come of a line waits in pieces: one with all that a company has revoked comes in hundreds. */
async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let waiting: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    waiting.push(first);
    for (const next of others) {
      yield waiting.join('').replace(/\r$/, '');
      waiting = [next];
    }
  }
}
