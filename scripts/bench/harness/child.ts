// Processes of a run: each started with a clean environment, asked over IPC, ended with the run.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What goes over the channel. */
export type Question = { readonly id: number; readonly name: string; readonly detail: unknown };
export type Reply =
  | { readonly id: number; readonly answer?: unknown; readonly error?: string }
  | { readonly ready: unknown };

export interface Child<Ready> {
  readonly pid: number;
  /** What it told when it was up. */
  readonly ready: Ready;
  /** Milliseconds from its start to that. */
  readonly startMs: number;
  ask<Answer>(name: string, detail?: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  /** Flags of the runtime, such as `--cpu-prof`. */
  readonly execArgv?: readonly string[];
}

const KEPT_VARIABLES = ['PATH', 'HOME', 'TMPDIR'];
const running = new Set<ChildProcess>();

// Whatever way the run ends, it leaves nothing behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @param file - beside this folder: `server.ts` in `children/` */
export async function startChild<Ready>(file: string, options: ChildOptions = {}): Promise<Child<Ready>> {
  const inherited = KEPT_VARIABLES.map((name) => [name, process.env[name] ?? '']);
  const startedAt = performance.now();
  const child = fork(fileURLToPath(new URL(`../children/${file}`, import.meta.url)), [...(options.argv ?? [])], {
    env: { ...Object.fromEntries(inherited), ...options.env },
    execArgv: [...(options.execArgv ?? [])],
    // Log lines cost what they cost in production; where they go is not the run's concern.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  running.add(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void exited.then(() => running.delete(child));

  const asked = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.on('message', (reply: Reply) => {
      if ('ready' in reply) return resolve(reply.ready as Ready);
      const { resolve: settle, reject: refuse } = asked.get(reply.id) ?? {};
      asked.delete(reply.id);
      if (reply.error === undefined) settle?.(reply.answer);
      else refuse?.(new Error(`${file}: ${reply.error}`));
    });
    void exited.then(() => {
      const ended = new Error(`${file} ended`);
      reject(ended);
      for (const { reject: refuse } of asked.values()) refuse(ended);
    });
  });
  let next = 0;
  return {
    pid: child.pid ?? 0,
    ready,
    startMs: performance.now() - startedAt,
    ask: <Answer>(name: string, detail: unknown = null) =>
      new Promise<Answer>((resolve, reject) => {
        const id = next++;
        asked.set(id, { resolve: (answer) => resolve(answer as Answer), reject });
        child.send({ id, name, detail } satisfies Question);
      }),
    async stop() {
      // An open channel that is closed by the parent is the sign to end.
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await exited;
      clearTimeout(late);
    },
  };
}
