// The threads that hash: lowered in priority, replaced when they die, ended by closing.
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { startHashWorker } from '../../../server/src/platform/password-hash-threads.ts';
import {
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
} from '../../../server/src/platform/password-hasher.ts';

const opened: PasswordHasher[] = [];

function openHasher(options: Partial<PasswordHasherOptions> = {}): PasswordHasher {
  const hasher = createPasswordHasher({ cost: 4, workers: 1, maxWait: 10_000, ...options });
  opened.push(hasher);
  return hasher;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((hasher) => hasher.close()));
});

describe('a thread', () => {
  it.runIf(process.platform === 'linux')(
    'yields to the event loop: its priority is lowered, and only its own',
    async () => {
      await openHasher().reserve().hash('password');
      // proc_pid_stat(5): the name in parentheses is the second field, nice the nineteenth.
      const readNice = (task: string) =>
        Number(readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[16]);
      const nices = readdirSync('/proc/self/task').map(readNice);
      const own = readNice(String(process.pid));
      expect(nices.filter((nice) => nice === Math.max(own, 10)).length).toBeGreaterThanOrEqual(1);
      expect(own).toBe(getPriority());
      expect(own).toBeLessThan(10);
    },
  );

  it('that dies at work hands its job to another', async () => {
    const workers: ReturnType<typeof startHashWorker>[] = [];
    const startWorker = () => {
      const worker = startHashWorker();
      workers.push(worker);
      return worker;
    };
    const hasher = openHasher({ startWorker });
    const jobs = [hasher.reserve().hash('first'), hasher.reserve().hash('second')];
    await workers[0]?.terminate();
    const [first, second] = await Promise.all(jobs);
    expect(workers).toHaveLength(2);
    expect(await hasher.reserve().verify('first', first ?? null)).toMatchObject({ ok: true });
    expect(await hasher.reserve().verify('second', second ?? null)).toMatchObject({ ok: true });
  });

  it('that dies idle is replaced', async () => {
    const workers: ReturnType<typeof startHashWorker>[] = [];
    const startWorker = () => {
      const worker = startHashWorker();
      workers.push(worker);
      return worker;
    };
    const hasher = openHasher({ startWorker });
    await hasher.reserve().hash('password');
    await workers[0]?.terminate();
    await expect(hasher.reserve().hash('password')).resolves.toBeDefined();
    expect(workers).toHaveLength(2);
  });

  it('whose successor dies over the same job too fails that job alone', async () => {
    let deaths = 0;
    const startWorker = () => {
      const worker = startHashWorker();
      if (deaths < 2) {
        deaths += 1;
        void worker.terminate();
      }
      return worker;
    };
    const hasher = openHasher({ startWorker });
    const [fatal, next] = await Promise.allSettled([hasher.reserve().hash('fatal'), hasher.reserve().hash('next')]);
    expect(fatal).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('threads died') } });
    expect(next).toMatchObject({ status: 'fulfilled' });
    expect(hasher.stats()).toMatchObject({ depth: 0, running: 0 });
  });

  it('reports what bcrypt refuses and goes on', async () => {
    const hasher = openHasher({ cost: 3 });
    await expect(hasher.reserve().hash('password')).rejects.toThrow('cost');
    expect(hasher.stats()).toMatchObject({ depth: 0, running: 0 });
  });
});

describe('closing', () => {
  it('finishes what runs, refuses what waits and what comes, and ends the threads', async () => {
    const exits: Promise<unknown>[] = [];
    const startWorker = () => {
      const worker = startHashWorker();
      exits.push(new Promise((resolve) => worker.once('exit', resolve)));
      return worker;
    };
    const hasher = openHasher({ startWorker, workers: 2 });
    const early = hasher.reserve();
    const running = [hasher.reserve().hash('one'), hasher.reserve().hash('two')];
    const waiting = hasher.reserve().hash('three');
    const refused = expect(waiting).rejects.toMatchObject({ code: 'OVERLOADED', details: { retryAfter: 1 } });
    await hasher.close();
    await refused;
    await expect(Promise.all(running)).resolves.toHaveLength(2);
    await expect(early.hash('late')).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(() => hasher.reserve()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    expect(exits).toHaveLength(2);
    await Promise.all(exits);
  });

  it('may be done twice, and without any job before it', async () => {
    const hasher = openHasher();
    await hasher.close();
    await hasher.close();
    expect(hasher.stats()).toEqual({ depth: 0, running: 0, estimatedWaitMs: 0 });
  });
});
