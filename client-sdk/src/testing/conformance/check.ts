// checkRefreshConformance: every check on a bench of its own.
import { Broken, createBench, type MakeClient, Skipped } from './bench.ts';
import { failures } from './failures.ts';
import { type Check, races } from './races.ts';
import type { ConformanceFinding, ConformanceOptions } from './types.ts';

/**
 * Checks how a client of AuthCenter keeps its session fresh: races, lost answers, networks and servers that fail, tokens that are stale,
 * sessions that have ended. Any client, in whatever framework: it is told apart by what it sends and by what it says.
 *
 * @param makeClient - makes a client that sends everything through the `fetch` it is given
 * @param options - `server`: a real one in the place of the fake; `tabs`, `calls`, `patience`
 * @returns a finding for each rule, in a fixed order
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import { checkRefreshConformance } from '@authcenter/client/testing';
 *
 * const findings = await checkRefreshConformance(({ url, fetch, storage }) => {
 *   const { api, auth, close } = createAuthCenter({ url, fetch, storage, retryFor: 1_000 });
 *   return {
 *     signIn: (credentials) => auth.login(credentials),
 *     signOut: () => auth.logout(),
 *     call: (path) => (path === 'auth.me' ? api.auth.me.query() : api.auth.sessions.list.query({})),
 *     isSignedIn: async () => (await auth.ready()) !== null,
 *     onSignedOut: (listener) => auth.onChange((user) => user ?? listener()),
 *     close,
 *   };
 * });
 * for (const { name, status, explanation } of findings) if (status === 'fail') throw new Error(`${name}: ${explanation}`);
 */
export async function checkRefreshConformance(
  makeClient: MakeClient,
  options: ConformanceOptions = {},
): Promise<ConformanceFinding[]> {
  const findings: ConformanceFinding[] = [];
  for (const [name, check] of Object.entries({ ...races, ...failures }))
    findings.push({ name, ...(await run(check, makeClient, options)) });
  return findings;
}

async function run(
  check: Check,
  makeClient: MakeClient,
  options: ConformanceOptions,
): Promise<Omit<ConformanceFinding, 'name'>> {
  const bench = createBench(makeClient, options);
  try {
    return { status: 'pass', explanation: await check(bench) };
  } catch (error) {
    if (error instanceof Skipped) return { status: 'skipped', explanation: error.message };
    const explanation = error instanceof Broken ? error.message : `It failed before anything could be seen: ${error}`;
    return { status: 'fail', explanation };
  } finally {
    await bench.close();
  }
}
