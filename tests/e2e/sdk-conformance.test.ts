// The conformance kit against the real server: what the SDK promises of its session holds there as it does against the fake.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthCenter } from '../../client-sdk/src/index.ts';
import { checkRefreshConformance } from '../../client-sdk/src/testing.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let server: TestServer;
let user: TestUser;
let admin: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  [user, admin] = [await server.createUser(), await server.createUser([{ name: 'Admin' }])];
});
afterAll(() => server?.close());

async function act(method: string, path: string, body?: object): Promise<void> {
  const { access: token } = await server.signIn(admin);
  const { status } = await server.rest(method, path, { token, body });
  expect(status).toBeLessThan(300);
}

test('the SDK keeps every rule', async () => {
  const { username, password, id } = user;
  const findings = await checkRefreshConformance(
    ({ url, fetch, storage }) => {
      const { api, auth, close } = createAuthCenter({ url, fetch, storage, retryFor: 1_000 });
      return {
        signIn: (credentials) => auth.login(credentials),
        signOut: () => auth.logout(),
        call: (path) => (path === 'auth.me' ? api.auth.me.query() : api.auth.sessions.list.query({})),
        isSignedIn: async () => (await auth.ready()) !== null,
        onSignedOut: (listener) => auth.onChange((now) => now ?? listener()),
        close,
      };
    },
    {
      server: {
        url: server.url,
        user: { username, password },
        advance: server.clock.advance,
        async staleTokens() {
          const role_id = server.roleId('Author');
          await act('POST', `/users/${id}/roles`, { role_id });
          await act('DELETE', `/users/${id}/roles/${role_id}`);
        },
        async endSessions() {
          await act('POST', `/users/${id}/status`, { status: 'inactive' });
          await act('POST', `/users/${id}/status`, { status: 'active' });
        },
      },
    },
  );
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
  // Nothing makes a real server refuse one call of a batch with a token that is good.
  expect(findings.filter(({ status }) => status === 'skipped').map(({ name }) => name)).toEqual([
    'only what failed of a batch is sent again',
    'a token that is refused again and again is not renewed for ever',
  ]);
});
