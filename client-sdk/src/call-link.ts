// A tRPC link whose work is one async function: it may send an operation several times and answers once.
import type { Operation, OperationResultEnvelope, TRPCClientError, TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { toAuthCenterError } from './error.ts';
import type { AppRouter } from './router.ts';

type Envelope = OperationResultEnvelope<unknown, TRPCClientError<AppRouter>>;

/** Sends an operation on; rejects with whatever the links below fail with. */
export type Send = (op: Operation) => Promise<Envelope>;

export type Perform = (op: Operation, send: Send) => Promise<Envelope>;

export const callLink =
  (perform: Perform): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let stop = () => {};
      const send: Send = (sent) =>
        new Promise((resolve, reject) => {
          const sending = next(sent).subscribe({ next: resolve, error: reject });
          stop = () => sending.unsubscribe();
        });
      const fail = (thrown: unknown) => observer.error(toAuthCenterError(thrown, op.signal?.aborted));
      // A batch goes on while any of its calls is wanted: who gives one up is answered at once.
      op.signal?.addEventListener('abort', fail, { once: true });
      perform(op, send).then((envelope) => {
        observer.next(envelope);
        observer.complete();
      }, fail);
      return () => {
        op.signal?.removeEventListener('abort', fail);
        stop();
      };
    });
