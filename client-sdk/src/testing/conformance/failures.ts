// The checks of what goes wrong: networks, servers that are away, tokens and sessions that are worth nothing any more.
import { type Bench, expect } from './bench.ts';
import { type Check, callMany, expectAnswered } from './races.ts';
import type { ConformanceClient } from './types.ts';

const ignore = () => {};

/** What had gone wrong is over: the session must have stood it. */
async function expectAlive({ faults, soon }: Bench, client: ConformanceClient): Promise<void> {
  expect(await client.isSignedIn(), 'it signed out, though no server had refused the session');
  faults.clear();
  expectAnswered(await soon(Promise.allSettled([client.call('auth.me')]), 'a call'));
}

async function expectSignedOutOnce(
  bench: Bench,
  { client, countSignOuts }: { client: ConformanceClient; countSignOuts(): number },
): Promise<string> {
  const results = await callMany(bench, [client]);
  const answered = results.filter(({ status }) => status === 'fulfilled').length;
  expect(answered === 0, `${answered} calls were answered`);
  expect(!(await client.isSignedIn()), 'somebody is still signed in');
  // Listeners may be told a moment later.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const told = countSignOuts();
  if (client.onSignedOut) expect(told === 1, `signing out was told ${told} times`);
  const refreshes = bench.countCalls('auth.refresh');
  expect(refreshes <= 1, `the server was asked ${refreshes} times for a session that it had refused`);
  return 'it signed out once, however many calls were refused';
}

export const failures: Readonly<Record<string, Check>> = {
  async 'a lost refresh answer is survived'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.expire();
    bench.faults.loseAnswers('auth.refresh');
    await bench.soon(client.call('auth.me').catch(ignore), 'a call');
    await expectAlive(bench, client);
    return 'the next call got the same successor';
  },

  async 'waking up from a long sleep stays signed in'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.expire();
    bench.faults.loseAnswers('auth.refresh', 2);
    await bench.soon(client.call('auth.me').catch(ignore), 'a call');
    bench.faults.clear();
    await bench.use('advance')(8 * 3_600_000);
    await expectAlive(bench, client);
    return 'a refresh token whose successor was lost hours before was good once more';
  },

  async 'a network failure never signs out'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.expire();
    bench.faults.fail('auth.refresh', 'NETWORK_ERROR', { times: 5 });
    await bench.soon(client.call('auth.me').catch(ignore), 'a call');
    await expectAlive(bench, client);
    return 'the session stood it, and went on when the network was back';
  },

  async 'a server that is away for now never signs out'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.expire();
    bench.faults.replace('auth.refresh', () => new Response('no server', { status: 503 }), 2);
    await bench.soon(client.call('auth.me').catch(ignore), 'a call');
    await expectAlive(bench, client);
    return 'the session stood it, and went on when the server was back';
  },

  async 'a stale token is renewed silently'(bench) {
    const { client, countSignOuts } = await bench.openSignedIn();
    await bench.use('staleTokens')();
    bench.reset();
    expectAnswered(await callMany(bench, [client]));
    expect((await client.isSignedIn()) && countSignOuts() === 0, 'it signed out');
    const refreshes = bench.countCalls('auth.refresh');
    expect(refreshes === 1, `${refreshes} refreshes`);
    return 'calls were sent again with a token that knows what has changed';
  },

  async 'an ended session signs out once'(bench) {
    const signedIn = await bench.openSignedIn();
    await bench.use('endSessions')();
    bench.reset();
    return expectSignedOutOnce(bench, signedIn);
  },

  async 'a refused refresh signs out once'(bench) {
    const signedIn = await bench.openSignedIn();
    await bench.use('endSessions')();
    // The token has expired besides: calls are told so first where time is judged first.
    await bench.expire();
    bench.reset();
    return expectSignedOutOnce(bench, signedIn);
  },

  async 'a token that is refused again and again is not renewed for ever'(bench) {
    const { client } = await bench.openSignedIn();
    await bench.use('refuse')('auth.me', 'TOKEN_EXPIRED', 20);
    bench.reset();
    const [result] = await bench.soon(Promise.allSettled([client.call('auth.me')]), 'a call');
    expect(result?.status === 'rejected', 'the call was sent until it was answered');
    const refreshes = bench.countCalls('auth.refresh');
    expect(refreshes <= 2, `${refreshes} refreshes for one call`);
    return 'the call failed after the renewed token was refused as well';
  },
};
