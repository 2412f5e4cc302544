// The threads that hash for the servers of a test: handed on from one server to the next, since starting one costs more than most tests do.
import type { Worker } from 'node:worker_threads';
import { startHashWorker } from '../../server/src/platform/password-hash-threads.ts';

const idle: Worker[] = [];

/** One that nobody has. To whoever ends it, it is as good as ended. */
export function takeHashWorker(): Worker {
  const worker = idle.pop() ?? startHashWorker();
  worker.ref();
  worker.terminate = async () => {
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
    // None of them keeps its process alive.
    worker.unref();
    idle.push(worker);
    return 0;
  };
  return worker;
}
