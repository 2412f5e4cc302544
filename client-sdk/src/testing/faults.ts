// What goes wrong on purpose: refusals, requests and answers that are lost, answers that come late.
import type { ErrorCode } from '@authcenter/shared/errors';
import { listPaths } from './doors/requests.ts';
import { refuse as throwRefusal } from './refusal.ts';

/**
 * How often `fake.fail` refuses, and what it says.
 *
 * @example
 * import { createFakeAuthCenter, type FailOptions } from '@authcenter/client/testing';
 *
 * const busy: FailOptions = { times: 3, retryAfter: 1 };
 * createFakeAuthCenter().fail('users.list', 'RATE_LIMITED', busy);
 */
export interface FailOptions {
  /** How often; default once. */
  readonly times?: number;
  /** Whole seconds after which a retry may succeed. */
  readonly retryAfter?: number;
}

/**
 * Answers that `fake.hold` keeps back.
 *
 * @example
 * import { createFakeAuthCenter, type HeldAnswers } from '@authcenter/client/testing';
 *
 * const held: HeldAnswers = createFakeAuthCenter().hold('auth.refresh');
 * held.release();
 */
export interface HeldAnswers {
  /** Resolves when the first of them is there: its request has been processed. */
  readonly reached: Promise<void>;
  /** Lets them go, and holds no more. */
  release(): void;
}

export type Send = (request: Request) => Promise<Response>;

export interface Faults {
  fail(path: string, code: ErrorCode | 'NETWORK_ERROR', options?: FailOptions): void;
  /** Requests are processed, their answers lost. */
  loseAnswers(path: string, times?: number): void;
  delay(path: string, ms: number, times?: number): void;
  hold(path: string): HeldAnswers;
  /** Something between here and the server answers in its place. */
  replace(path: string, answer: () => Response, times: number): void;
  /** Everything goes well from now on. */
  clear(): void;
  /** Throws what the next call of the procedure is to be refused with. */
  refuse(path: string): void;
  /** A fetch around which answers get lost or come late. */
  around(send: Send): Send;
}

interface Fault {
  readonly path: string;
  left: number;
  readonly kind: 'refuse' | 'cut' | 'lose' | 'delay' | 'hold' | 'replace';
  act(): unknown;
}

/** What `fetch` rejects with when there is no answer. */
const noAnswer = (): never => {
  throw new TypeError('fetch failed: the fake lost it on purpose');
};

function createGate(): { open(): void; readonly passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

export function createFaults(): Faults {
  const faults = new Set<Fault>();
  const add = (fault: Fault): Fault => {
    faults.add(fault);
    return fault;
  };

  /** The first that is due for one of the paths; `*` is for all. */
  function take(kinds: readonly Fault['kind'][], paths: readonly string[]): Fault | undefined {
    const due = [...faults].find(({ kind, path }) => kinds.includes(kind) && (path === '*' || paths.includes(path)));
    if (due && --due.left <= 0) faults.delete(due);
    return due;
  }

  return {
    fail(path, code, { times = 1, retryAfter } = {}) {
      if (code === 'NETWORK_ERROR') add({ path, left: times, kind: 'cut', act: noAnswer });
      else add({ path, left: times, kind: 'refuse', act: () => throwRefusal(code, { retryAfter }) });
    },
    loseAnswers: (path, times = 1) => void add({ path, left: times, kind: 'lose', act: noAnswer }),
    delay(path, ms, times = Number.POSITIVE_INFINITY) {
      add({ path, left: times, kind: 'delay', act: () => new Promise((resolve) => setTimeout(resolve, ms)) });
    },
    hold(path) {
      const [reached, released] = [createGate(), createGate()];
      const act = () => {
        reached.open();
        return released.passed;
      };
      const fault = add({ path, left: Number.POSITIVE_INFINITY, kind: 'hold', act });
      const release = () => {
        faults.delete(fault);
        released.open();
      };
      return { reached: reached.passed, release };
    },
    replace: (path, answer, times) => void add({ path, left: times, kind: 'replace', act: answer }),
    clear: () => faults.clear(),
    refuse: (path) => void take(['refuse'], [path])?.act(),
    around: (send) => async (request) => {
      const paths = listPaths(request.method, request.url);
      take(['cut'], paths)?.act();
      const response = (take(['replace'], paths)?.act() as Response | undefined) ?? (await send(request));
      for (const kind of ['delay', 'hold', 'lose'] as const) await take([kind], paths)?.act();
      return response;
    },
  };
}
