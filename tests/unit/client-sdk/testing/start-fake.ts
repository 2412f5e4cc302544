// A fake AuthCenter with people and applications in it, and ways to ask it.
import { type AuthCenterError, createAuthCenter } from '../../../../client-sdk/src/index.ts';
import { createFakeAuthCenter, type FakeAuthCenterOptions } from '../../../../client-sdk/src/testing.ts';
import { catchError } from '../test-client.ts';

export const password = 'correct horse battery';
export const people = {
  users: [
    { username: 'li.lei', password, phone: '13800138000', roles: ['Editor'] },
    { username: 'root', password, roles: ['Admin'] },
    { username: 'han.meimei', password, totp: '123456' },
    { username: 'old.hand', password, mustChangePassword: true },
  ],
  clients: [
    { name: 'reports', scopes: ['rbac:check', 'users:read', 'feed:read'] },
    { name: 'shop', kind: 'spa', redirectUris: ['https://shop.example.com/callback'] },
  ],
  providers: { wechat: 'li.lei' },
} satisfies FakeAuthCenterOptions;

export function start(options: FakeAuthCenterOptions = people) {
  const fake = createFakeAuthCenter(options);
  const open = () => createAuthCenter({ url: fake.url, fetch: fake.fetch, retryFor: 0 });
  const signIn = async (username = 'li.lei') => {
    const center = open();
    await center.auth.login({ username, password });
    return center;
  };
  return { fake, open, signIn };
}

export const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  ((await catchError(promise)) as AuthCenterError).code;

export const rest = async (
  fake: { url: string; fetch: typeof fetch },
  method: string,
  path: string,
  init: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
) => {
  const { token, body, headers = {} } = init;
  const response = await fake.fetch(`${fake.url}/api/v1${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
};
