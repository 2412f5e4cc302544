// One call of a procedure, in the server's order: credentials, access, a fresh proof, input, the answer, and what of it may leave.

import { explainIssue } from '@authcenter/shared/issue-text';
import type { Answers } from './answers.ts';
import type { Call, CallInfo, FakeCaller } from './call.ts';
import type { Faults } from './faults.ts';
import type { Procedure } from './procedure.ts';
import { PROCEDURES, type ProcedurePath } from './procedures.ts';
import { Refusal, refuse } from './refusal.ts';
import { bringsTicket, checkAccess, checkSelf, requireFreshProof } from './rights/access.ts';
import { authenticate } from './tokens/authenticate.ts';
import type { World } from './world.ts';

/** What a test answers in the fake's place. */
export type TestAnswer = (input: unknown, caller: FakeCaller | null, next: (input?: unknown) => unknown) => unknown;

export interface Runner {
  /** @param readInput - read after access was decided, as JSON has it or the wire */
  run(path: ProcedurePath, readInput: () => unknown, info: CallInfo): Promise<unknown>;
}

interface Parts {
  readonly world: World;
  readonly answers: Required<Answers>;
  readonly tests: ReadonlyMap<ProcedurePath, TestAnswer>;
  readonly faults: Pick<Faults, 'refuse'>;
}

type AnyAnswer = (world: World, input: unknown, call: Call) => unknown;

export function createRunner({ world, answers, tests, faults }: Parts): Runner {
  /** What was answered under an idempotency key, by caller, procedure and key. */
  const done = new Map<string, { readonly input: string; readonly answer: Promise<unknown> }>();

  async function enter({ access, stepUp }: Procedure, info: CallInfo): Promise<[FakeCaller | null, unknown]> {
    let caller: FakeCaller | null = null;
    let refusal: unknown;
    try {
      caller = await authenticate(world, info);
    } catch (error) {
      refusal = error;
    }
    // A bearer that is not good is ignored where anyone may call; where a ticket may stand in, only the input can tell.
    if (access.public || (!caller && access.ticketFields)) return [caller, refusal];
    if (refusal !== undefined) throw refusal;
    if (!caller) return refuse('UNAUTHENTICATED');
    checkAccess(world, caller, access);
    if (stepUp) requireFreshProof(world, caller);
    return [caller, refusal];
  }

  /** A test's answer first; `next` gives what the fake would have answered. */
  async function answer(path: ProcedurePath, input: unknown, call: Call): Promise<unknown> {
    const own = answers[path] as AnyAnswer;
    const ask = (given: unknown): unknown => own(world, given, call);
    const test = tests.get(path);
    return test ? test(input, call.caller, (given = input) => ask(given)) : ask(input);
  }

  return {
    async run(path, readInput, info) {
      faults.refuse(path);
      const procedure: Procedure = PROCEDURES[path];
      const { access, input: schema, type } = procedure;
      const [caller, refusal] = await enter(procedure, info);
      const input = schema.parse(readInput(), { error: explainIssue });
      if (!caller && access.ticketFields && !bringsTicket(access, input))
        throw refusal ?? new Refusal('UNAUTHENTICATED');
      if (caller) checkSelf(world, caller, access, input);
      const call: Call = { ...info, caller };
      const once = () => answer(path, input, call);
      const key = procedure.idempotent ? info.idempotencyKey : null;
      const result = await (key === null ? once() : repeat(`${caller?.id} ${path} ${key}`, input, once));
      return type === 'subscription' ? checkItems(path, procedure, result) : check(path, procedure, result);
    },
  };

  async function repeat(id: string, input: unknown, once: () => Promise<unknown>): Promise<unknown> {
    const text = JSON.stringify(input);
    const before = done.get(id);
    if (before && before.input !== text) return refuse('IDEMPOTENCY_CONFLICT');
    if (before) return before.answer;
    const entry = { input: text, answer: once() };
    done.set(id, entry);
    // What failed was not done.
    entry.answer.catch(() => done.delete(id));
    return entry.answer;
  }
}

/** The output's schema is the list of what leaves; what does not fit it is the test's own mistake. */
function check(path: ProcedurePath, { output }: Procedure, result: unknown): unknown {
  if (output === null) return undefined;
  const parsed = output.safeParse(result);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new Refusal('INTERNAL', {
    detail: `What fake.on('${path}') answered is not what the contract allows: ${issues}`,
  });
}

async function* checkItems(path: ProcedurePath, procedure: Procedure, items: unknown): AsyncGenerator<unknown, void> {
  for await (const item of items as AsyncIterable<unknown>) yield check(path, procedure, item);
}
