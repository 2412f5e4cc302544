// The checks of what races: many calls, many tabs, late refusals, signing out in the middle.
import { type Bench, createStorage, expect, Skipped } from './bench.ts';
import type { ConformanceClient } from './types.ts';

export type Check = (bench: Bench) => Promise<string>;

const PATHS = ['auth.me', 'auth.sessions.list'] as const;

/** Calls of both procedures at once, and what became of them. */
export async function callMany({ calls, soon }: Bench, clients: readonly ConformanceClient[]) {
  const made = clients.flatMap((client) =>
    Array.from({ length: calls }, (_call, index) => client.call(PATHS[index % 2] ?? 'auth.me')),
  );
  return soon(Promise.allSettled(made), 'a call');
}

const listReasons = (results: readonly PromiseSettledResult<unknown>[]): string =>
  [...new Set(results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])))].join('; ');

export function expectAnswered(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.filter(({ status }) => status === 'rejected').length;
  expect(failed === 0, `${failed} of ${results.length} calls failed: ${listReasons(results)}`);
}

/** The first signs in, the others find the session in the storage that they share. */
async function openTabs(bench: Bench, count: number): Promise<ConformanceClient[]> {
  const storage = createStorage();
  const clients = [(await bench.openSignedIn(storage)).client];
  while (clients.length < count) clients.push(await bench.open(storage));
  for (const tab of clients)
    if (!(await tab.isSignedIn())) throw new Skipped('The client does not take a session from the storage it is given');
  return clients;
}

export const races: Readonly<Record<string, Check>> = {
  async 'one refresh in flight however many calls wait'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.expire();
    bench.reset();
    expectAnswered(await callMany(bench, [client]));
    const [atOnce, all] = [bench.countRefreshesAtOnce(), bench.countCalls('auth.refresh')];
    expect(atOnce <= 1 && all <= 1, `${all} refreshes, ${atOnce} of them at once, for ${bench.calls} calls`);
    return `one refresh served ${bench.calls} calls`;
  },

  async 'a refusal that comes late causes no second refresh'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.expire();
    bench.reset();
    const held = bench.faults.hold('auth.sessions.list');
    const late = client.call('auth.sessions.list');
    await bench.soon(held.reached, 'the refusal');
    // Made while the other is on its way; both were sent with the token that has expired.
    const early = client.call('auth.me');
    await Promise.race([early, new Promise((resolve) => setTimeout(resolve, 300))]);
    held.release();
    expectAnswered(await bench.soon(Promise.allSettled([early, late]), 'a call'));
    const refreshes = bench.countCalls('auth.refresh');
    expect(refreshes <= 1, `${refreshes} refreshes, though the token had been renewed when the second refusal came`);
    return 'what was refused late was sent again with the token that had been renewed';
  },

  async 'races sign nobody out'(bench) {
    const clients = await openTabs(bench, bench.tabs);
    for (const round of [1, 2]) {
      await bench.expire();
      expectAnswered(await callMany(bench, clients));
      for (const tab of clients) expect(await tab.isSignedIn(), `a tab was signed out in round ${round}`);
    }
    return `${bench.tabs} tabs made ${bench.calls} calls each, twice after their token had expired`;
  },

  async 'a tab that slept takes over what another has renewed'(bench) {
    const [awake, asleep] = await openTabs(bench, 2);
    if (!awake || !asleep) throw new Skipped('There are no two tabs');
    for (let renewal = 0; renewal < 2; renewal++) {
      await bench.expire();
      expectAnswered(await callMany(bench, [awake]));
    }
    await bench.expire();
    expectAnswered(await callMany(bench, [asleep, awake]));
    expect((await asleep.isSignedIn()) && (await awake.isSignedIn()), 'a refresh token of long ago signed out');
    return 'two renewals later it went on with the present token';
  },

  async 'a refresh that returns after signing out is thrown away'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.expire();
    const held = bench.faults.hold('auth.refresh');
    const call = client.call('auth.me').catch(() => {});
    await bench.soon(held.reached, 'the refresh');
    // The server, which would refuse what comes back, is not told.
    bench.faults.fail('auth.logout', 'NETWORK_ERROR', { times: 5 });
    const leaving = client.signOut().catch(() => {});
    // Who waits for the refresh before leaving gets it; who does not has left before it comes.
    await Promise.race([leaving, new Promise((resolve) => setTimeout(resolve, 100))]);
    held.release();
    await bench.soon(Promise.all([call, leaving]), 'signing out');
    expect(!(await client.isSignedIn()), 'the refresh that came back signed somebody in again');
    const [after] = await Promise.allSettled([bench.soon(client.call('auth.me'), 'a call')]);
    expect(after?.status === 'rejected', 'a call after signing out was answered');
    return 'nobody was signed in after it';
  },

  async 'signing out holds though the server cannot be told'(bench) {
    const { client } = await bench.openSignedIn();
    bench.faults.fail('*', 'NETWORK_ERROR', { times: 10 });
    await bench.soon(
      client.signOut().catch(() => {}),
      'signing out',
    );
    bench.faults.clear();
    expect(!(await client.isSignedIn()), 'somebody is still signed in');
    return 'nobody is signed in any more';
  },

  async 'only what failed of a batch is sent again'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.use('refuse')('auth.sessions.list', 'TOKEN_EXPIRED', 1);
    bench.reset();
    expectAnswered(
      await bench.soon(Promise.allSettled([client.call('auth.me'), client.call('auth.sessions.list')]), 'a call'),
    );
    const [good, refused] = [bench.countCalls('auth.me'), bench.countCalls('auth.sessions.list')];
    expect(good === 1, `the call that was answered was sent ${good} times`);
    expect(refused === 2, `the call that was refused was sent ${refused} times`);
    return 'the call that was refused was sent twice, the other once';
  },
};
