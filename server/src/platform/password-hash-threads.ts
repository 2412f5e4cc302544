// The threads that hash: started when first needed, one job each at a time, replaced when one dies.
import { Worker } from 'node:worker_threads';
import type { PasswordHash, PasswordVerdict } from './password-hasher.ts';

export type HashJob =
  | { kind: 'hash'; password: string; cost: number }
  | { kind: 'verify'; password: string; stored: PasswordHash | null; cost: number };

export type HashAnswer = PasswordHash | PasswordVerdict | { error: string };

export interface HashThreads {
  hasRoom(): boolean;
  running(): number;
  /** To be called with room only. */
  run(job: HashJob): Promise<HashAnswer>;
  /** Lets what runs come to its end, then ends the threads. */
  close(): Promise<void>;
}

export interface HashThreadsOptions {
  size: number;
  startWorker(): Worker;
  /** A thread has become free; how long its job took, unless the thread's own start was part of it. */
  onFree(elapsedMs: number | undefined): void;
}

interface Task {
  job: HashJob;
  /** How many threads died over it. */
  deaths: number;
  resolve(answer: HashAnswer): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  task: Task | null;
  startedAt: number;
  isWarm: boolean;
  failure?: unknown;
}

/** A job may bring down one thread by bad luck; one that has brought down two is not tried again. */
const maxDeaths = 2;

export function createHashThreads({ size, startWorker, onFree }: HashThreadsOptions): HashThreads {
  const threads = new Set<Thread>();
  const tasks = new Set<Promise<HashAnswer>>();

  function addThread(): Thread {
    const thread: Thread = { worker: startWorker(), task: null, startedAt: 0, isWarm: false };
    threads.add(thread);
    thread.worker.on('message', (answer: HashAnswer) => finish(thread, answer));
    // Without a listener an error in a thread would end the process; `exit` follows and does what is needed.
    thread.worker.on('error', (error) => {
      thread.failure = error;
    });
    thread.worker.on('exit', () => bury(thread));
    return thread;
  }

  function start(thread: Thread, task: Task): void {
    thread.task = task;
    thread.startedAt = performance.now();
    thread.worker.postMessage(task.job);
  }

  function finish(thread: Thread, answer: HashAnswer): void {
    const { task, startedAt, isWarm } = thread;
    thread.task = null;
    thread.isWarm = true;
    // The thread gets its next job before anybody works on the answer.
    onFree(isWarm ? performance.now() - startedAt : undefined);
    task?.resolve(answer);
  }

  function bury(thread: Thread): void {
    threads.delete(thread);
    const { task } = thread;
    if (task === null) return;
    task.deaths += 1;
    if (task.deaths < maxDeaths) {
      start(addThread(), task);
    } else {
      task.reject(new Error(`${maxDeaths} hashing threads died over one job`, { cause: thread.failure }));
      onFree(undefined);
    }
  }

  const running = () => [...threads].filter((thread) => thread.task !== null).length;

  return {
    running,
    hasRoom: () => running() < size,
    run(job) {
      const idle = [...threads].find((thread) => thread.task === null);
      const task = new Promise<HashAnswer>((resolve, reject) => {
        start(idle ?? addThread(), { job, deaths: 0, resolve, reject });
      });
      tasks.add(task);
      const forget = () => void tasks.delete(task);
      task.then(forget, forget);
      return task;
    },
    async close() {
      await Promise.allSettled(tasks);
      await Promise.all([...threads].map((thread) => thread.worker.terminate()));
    },
  };
}

export function startHashWorker(): Worker {
  return new Worker(new URL('./password-hash-worker.ts', import.meta.url), {
    name: 'password-hash',
    // The thread needs nothing of the process's flags, arguments and variables, among which there are secrets.
    execArgv: [],
    argv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  });
}
