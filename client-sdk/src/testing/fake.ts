// What a fake AuthCenter offers tests.
import type { ErrorCode } from '@authcenter/shared/errors';
import type { RouterInputs, RouterOutputs } from '../router.ts';
import type { FakeCaller } from './call.ts';
import type { ListeningFake } from './doors/listen.ts';
import type { FailOptions, HeldAnswers } from './faults.ts';
import type { FakeClientSeed, FakeRoleSeed, FakeUserSeed } from './options.ts';
import type { FakeMessage } from './outbox.ts';
import type { ProcedurePath } from './procedures.ts';
import type { TestIssuer } from './tokens/issuer.ts';

type At<Tree, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof Tree
    ? At<Tree[Head], Rest>
    : never
  : Path extends keyof Tree
    ? Tree[Path]
    : never;

/**
 * What a procedure takes, by its dotted path.
 *
 * @example
 * import type { FakeInput } from '@authcenter/client/testing';
 *
 * const input: FakeInput<'users.get'> = { id: '6650f0a1b2c3d4e5f6a7b8c9' };
 */
export type FakeInput<Path extends ProcedurePath> = At<RouterInputs, Path>;

/**
 * What a procedure answers, by its dotted path.
 *
 * @example
 * import type { FakeOutput } from '@authcenter/client/testing';
 *
 * const output: FakeOutput<'rbac.check'> = { allowed: true, reason: 'granted' };
 */
export type FakeOutput<Path extends ProcedurePath> = At<RouterOutputs, Path>;

/**
 * A test's own answer of a procedure: given the checked input, who calls, and `next`, which gives what the fake would have answered.
 * Whatever it throws with a `code` of the error table is told as that error.
 *
 * @example
 * import type { FakeAnswer } from '@authcenter/client/testing';
 *
 * const nobodyMay: FakeAnswer<'rbac.check'> = () => ({ allowed: false, reason: 'no_permission' });
 */
export type FakeAnswer<Path extends ProcedurePath> = (
  input: FakeInput<Path>,
  caller: FakeCaller | null,
  next: (input?: FakeInput<Path>) => Promise<FakeOutput<Path>>,
) => FakeOutput<Path> | Promise<FakeOutput<Path>>;

/**
 * A fake AuthCenter in this process: both doors, the contract's own checks, state in memory, a clock that is moved. Of passkeys it looks at
 * challenge, page, domain and counter, and at no signature: where a test answers in a browser's place, `authenticatorData` and
 * `attestationObject` may be anything short, such as `AA`.
 *
 * @example
 * import { createFakeAuthCenter, type FakeAuthCenter } from '@authcenter/client/testing';
 *
 * export const fake: FakeAuthCenter = createFakeAuthCenter();
 */
export interface FakeAuthCenter {
  /** Where it is, without a slash at the end, and what its tokens bear as `iss`. Changes when it begins to listen. */
  readonly url: string;
  /** Answers as a server would, without a network; one browser, which keeps its cookie. For `createAuthCenter` and for verifiers. */
  readonly fetch: typeof fetch;
  /** Signs tokens that this fake and its verifiers accept. */
  readonly issuer: TestIssuer;
  /** What it would have sent, newest first. */
  readonly outbox: readonly FakeMessage[];
  /**
   * Listens on a port of this machine, for code that takes no `fetch`. Node only.
   *
   * @param port - absent: one that is free
   */
  listen(port?: number): Promise<ListeningFake>;
  /** The time there. */
  now(): Date;
  /**
   * Moves the clock forward: what is due by then ends, lapses, or is tried again, once.
   *
   * @param ms - milliseconds
   * @throws RangeError for less than none
   */
  advance(ms: number): void;
  /** Resolves when no webhook is being called any more; those that are to be tried again wait for `advance`. */
  settled(): Promise<void>;
  /**
   * Answers a procedure in the fake's place. Access is checked before, input and answer by the contract's schemas.
   *
   * @param path - dotted: `auth.mfa.enroll`
   * @param answer - given input, caller and `next`
   * @returns puts the fake's own answer back
   */
  on<Path extends ProcedurePath>(path: Path, answer: FakeAnswer<Path>): () => void;
  /**
   * Refuses the next calls of a procedure.
   *
   * @param path - dotted, or `*` for all
   * @param code - of the error table; `NETWORK_ERROR`: the request does not arrive
   * @param options - `times`: how often, default once; `retryAfter` in seconds
   */
  fail(path: ProcedurePath | '*', code: ErrorCode | 'NETWORK_ERROR', options?: FailOptions): void;
  /**
   * Processes the next requests that call a procedure, and loses their answers.
   *
   * @param path - dotted, or `*` for all
   * @param times - how often, default once
   */
  loseAnswers(path: ProcedurePath | '*', times?: number): void;
  /**
   * Answers requests that call a procedure later.
   *
   * @param path - dotted, or `*` for all
   * @param ms - by so many milliseconds
   * @param times - how often; absent: from now on
   */
  delay(path: ProcedurePath | '*', ms: number, times?: number): void;
  /**
   * Keeps answers back until they are released: for what races with them.
   *
   * @param path - dotted, or `*` for all
   */
  hold(path: ProcedurePath | '*'): HeldAnswers;
  /** From now on nothing goes wrong on purpose. */
  heal(): void;
  /**
   * How often procedures were called.
   *
   * @param path - dotted; absent: all
   */
  countCalls(path?: ProcedurePath): number;
  /**
   * Signs somebody in without a password: for tests that begin there.
   *
   * @param username - of a user
   * @returns the answer that a sign-in would have had
   */
  signIn(username: string): Promise<Extract<RouterOutputs['auth']['login'], { status: 'ok' }>>;
  /**
   * The code that a person's authenticator app shows now: of the enrolment that waits for one, else of the app that is active. Codes are
   * good once, as those of real ones: the next one comes by `advance(30_000)`.
   *
   * @param username - of a user
   */
  appCode(username: string): Promise<string>;
  /**
   * A person, as `users.get` shows them.
   *
   * @param username - of a user
   */
  user(username: string): RouterOutputs['users']['get'];
  /**
   * Makes a person known.
   *
   * @param seed - as in the options
   */
  addUser(seed: FakeUserSeed): RouterOutputs['users']['get'];
  /**
   * An application, with a secret that works.
   *
   * @param name - as it was made known
   */
  client(name: string): { readonly id: string; readonly secret: string | null };
  /**
   * Makes an application known.
   *
   * @param seed - as in the options
   */
  addClient(seed: FakeClientSeed): { readonly id: string; readonly secret: string | null };
  /**
   * Makes a role, or gives the one of that name other rights; services learn it by the feed.
   *
   * @param seed - as in the options
   */
  setRole(seed: FakeRoleSeed): RouterOutputs['rbac']['roles']['get'];
  /**
   * Makes all tokens of a person stale, as a change of their rights does.
   *
   * @param username - absent: everybody's
   */
  staleTokens(username?: string): void;
  /**
   * Ends all sessions of a person, as an administrator's lock does.
   *
   * @param username - absent: everybody's
   */
  endSessions(username?: string): void;
}
