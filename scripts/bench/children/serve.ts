// The child's end of the channel: tells when it is up, answers questions, ends when the parent is gone.
import type { Question, Reply } from '../harness/child.ts';

type Handlers = Readonly<Record<string, (detail: never) => unknown>>;

/** @param close - what has to be ended before the process may */
export function serveParent(ready: unknown, handlers: Handlers, close: () => Promise<unknown>): void {
  const send = (reply: Reply) => process.send?.(reply);
  process.on('message', ({ id, name, detail }: Question) => {
    const handle = handlers[name];
    Promise.resolve()
      .then(() => handle?.(detail as never))
      .then(
        (answer) => send({ id, answer }),
        (error: unknown) =>
          send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.once('disconnect', () => void close().finally(() => process.exit(0)));
  send({ ready });
}
