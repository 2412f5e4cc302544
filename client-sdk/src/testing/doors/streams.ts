// Streams over REST: events while there are any, or lines until the end.

type Items = AsyncGenerator<unknown, void>;

/**
 * Events for who accepts them; for who polls the first item, which is the present state.
 *
 * @param tell - what an error amid the stream is told as
 */
export async function answerStream(
  request: Request,
  items: Items,
  tell: (error: unknown) => object,
): Promise<Response> {
  const first = await items.next();
  if (!(request.headers.get('accept') ?? '').includes('text/event-stream')) {
    await items.return();
    return Response.json(first.value);
  }
  const toEvent = (item: unknown) => `data: ${JSON.stringify(item)}\n\n`;
  async function* write() {
    yield toEvent(first.value);
    try {
      for await (const item of items) yield toEvent(item);
    } catch (error) {
      yield `event: error\ndata: ${JSON.stringify(tell(error))}\n\n`;
    }
  }
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  return new Response(toBody(write(), items), { headers });
}

/** One item a line. What goes wrong before the first is answered as anywhere else. */
export async function answerLines(items: Items, type: string): Promise<Response> {
  const first = await items.next();
  async function* write() {
    for (let next = first; !next.done; next = await items.next()) yield `${JSON.stringify(next.value)}\n`;
  }
  return new Response(toBody(write(), items), { headers: { 'content-type': type } });
}

function toBody(texts: AsyncGenerator<string, void>, items: Items): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const next = await texts.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel: () => void items.return(),
  });
}
