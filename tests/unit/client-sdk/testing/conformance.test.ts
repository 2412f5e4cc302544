// The conformance kit: the SDK and a careful client pass it, clients with one mistake each fail it by the mistake's name.
import { describe, expect, test } from 'vitest';
import { createAuthCenter } from '../../../../client-sdk/src/index.ts';
import {
  type ConformanceClient,
  type ConformanceFinding,
  type ConformanceSetting,
  checkRefreshConformance,
  createFakeAuthCenter,
} from '../../../../client-sdk/src/testing.ts';
import { createMapStorage as createStorage } from '../test-client.ts';
import { createPlainClient, type Mistake } from './plain-client.ts';

function createSdkClient({ url, fetch, storage }: ConformanceSetting): ConformanceClient {
  const { api, auth, close } = createAuthCenter({ url, fetch, storage, retryFor: 1_000 });
  return {
    signIn: (credentials) => auth.login(credentials),
    signOut: () => auth.logout(),
    call: (path) => (path === 'auth.me' ? api.auth.me.query() : api.auth.sessions.list.query({})),
    isSignedIn: async () => (await auth.ready()) !== null,
    onSignedOut: (listener) => auth.onChange((user) => user ?? listener()),
    close,
  };
}

const named = (findings: readonly ConformanceFinding[], wanted: string): string[] =>
  findings.filter(({ status }) => status === wanted).map(({ name, explanation }) => `${name}: ${explanation}`);

describe('passes everything', () => {
  test('the SDK', async () => {
    const findings = await checkRefreshConformance(createSdkClient, { tabs: 5, calls: 20 });
    expect([named(findings, 'fail'), named(findings, 'skipped')]).toEqual([[], []]);
    expect(findings).toHaveLength(15);
  });

  test('a careful client over REST', async () => {
    const findings = await checkRefreshConformance((setting) => createPlainClient(setting));
    expect([named(findings, 'fail'), named(findings, 'skipped')]).toEqual([[], []]);
  });
});

const mistakes: [mistake: Mistake, ...rules: string[]][] = [
  ['each call refreshes for itself', 'one refresh in flight however many calls wait'],
  ['does not look whether the token was renewed meanwhile', 'a refusal that comes late causes no second refresh'],
  ['keeps what a refresh brings after signing out', 'a refresh that returns after signing out is thrown away'],
  ['stays signed in when the server cannot be told', 'signing out holds though the server cannot be told'],
  ['signs out when the network fails', 'a lost refresh answer is survived', 'a network failure never signs out'],
  ['signs out when the server is away', 'a server that is away for now never signs out'],
  ['signs out on a stale token', 'a stale token is renewed silently'],
  ['does not renew a stale token', 'a stale token is renewed silently'],
  ['renews for ever', 'a token that is refused again and again is not renewed for ever'],
  ['tells of signing out for each call', 'an ended session signs out once'],
  ['sends the calls beside a refused one again', 'only what failed of a batch is sent again'],
  ['does not notice that the session has ended', 'an ended session signs out once', 'a refused refresh signs out once'],
  ['keeps its own copy of the refresh token', 'a tab that slept takes over what another has renewed'],
];

describe('fails by name: a client that', () => {
  test.each(mistakes.map(([mistake, ...rules]) => ({ mistake, rules })))('$mistake', async ({ mistake, rules }) => {
    const findings = await checkRefreshConformance((setting) => createPlainClient(setting, mistake), {
      patience: 3_000,
    });
    const failed = findings.filter(({ status }) => status === 'fail').map(({ name }) => name);
    expect(failed).toEqual(expect.arrayContaining(rules));
    // It is not the kit that breaks: what has nothing to do with the mistake passes.
    expect(findings.filter(({ status }) => status === 'pass').length).toBeGreaterThan(6);
  });
});

describe('what cannot be shown is skipped, and says why', () => {
  test('on a server without hands', async () => {
    const user = { username: 'li.lei', password: 'correct horse battery' };
    const { url, fetch } = createFakeAuthCenter({ users: [user] });
    const findings = await checkRefreshConformance(createSdkClient, { server: { url, fetch, user } });
    expect(named(findings, 'fail')).toEqual([]);
    expect(named(findings, 'pass')).toHaveLength(1);
    expect(named(findings, 'skipped')).toContain(
      'a stale token is renewed silently: The server is given without staleTokens',
    );
  });

  test('with a client that keeps nothing in the storage', async () => {
    // Each has a storage of its own, which no other tab can see.
    const findings = await checkRefreshConformance((setting) =>
      createPlainClient({ ...setting, storage: createStorage() }),
    );
    expect(named(findings, 'fail')).toEqual([]);
    expect(findings.filter(({ status }) => status === 'skipped').map(({ name }) => name)).toEqual([
      'races sign nobody out',
      'a tab that slept takes over what another has renewed',
    ]);
  });
});
