// Many people who sign in at the same moment, in a process of its own: what they cost here must not delay the calls that are timed elsewhere.
import { createAuthCenter } from '../../../client-sdk/src/index.ts';
import { openConnection, readRetryAfter } from '../harness/connection.ts';
import type { BenchUser } from '../harness/lab.ts';
import { loginCall } from '../harness/sign-in.ts';
import { serveParent } from './serve.ts';

export interface StormInput {
  readonly url: string;
  readonly users: readonly BenchUser[];
  /** Where the calls go instead: to see what answering them all costs at least. */
  readonly path?: string;
}

export interface Wave {
  readonly seconds: number;
  /** Milliseconds that each success took, and each refusal with `Retry-After`. */
  readonly successes: readonly number[];
  readonly refusals: readonly number[];
  /** Whatever else came back, with its number. */
  readonly others: Readonly<Record<string, number>>;
}

/** Each on a connection of its own, all in the same moment, and once. */
async function sendOneWave({ url, users, path }: StormInput): Promise<Wave> {
  const startedAt = performance.now();
  const successes: number[] = [];
  const refusals: number[] = [];
  const others: Record<string, number> = {};
  const note = (what: string) => {
    others[what] = (others[what] ?? 0) + 1;
  };
  const one = async (user: BenchUser) => {
    const connection = await openConnection(url);
    const call = loginCall(user);
    const sentAt = performance.now();
    const answer = await connection.send({ ...call, path: path ?? call.path });
    const took = performance.now() - sentAt;
    connection.close();
    if (answer.status === 200) successes.push(took);
    else if ((answer.status === 429 || answer.status === 503) && readRetryAfter(answer) !== null) refusals.push(took);
    else note(String(answer.status));
  };
  await Promise.all(users.map((user) => one(user).catch((error: Error) => note(error.message))));
  return { seconds: (performance.now() - startedAt) / 1000, successes, refusals, others };
}

export interface Persistence {
  readonly seconds: number;
  readonly signedIn: number;
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
}

/** The SDK does as it does for anybody: waits as long as it is told, and asks again. */
async function persistWithSdk({ url, users }: StormInput): Promise<Persistence> {
  const startedAt = performance.now();
  const statuses: Record<string, number> = {};
  const failures: Record<string, number> = {};
  let signedIn = 0;
  let requests = 0;
  const counted: typeof fetch = async (...request) => {
    requests++;
    const response = await fetch(...request);
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    return response;
  };
  const one = async ({ email, password }: BenchUser) => {
    const { auth, close } = createAuthCenter({ url, fetch: counted, retryFor: 600_000 });
    await auth.login({ email, password });
    signedIn++;
    close();
  };
  await Promise.all(
    users.map((user) =>
      one(user).catch((error: Error) => {
        failures[error.message] = (failures[error.message] ?? 0) + 1;
      }),
    ),
  );
  return { seconds: (performance.now() - startedAt) / 1000, signedIn, requests, statuses, failures };
}

serveParent(null, { sendOneWave, persistWithSdk }, async () => undefined);
