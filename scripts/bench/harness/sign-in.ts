// Signing in and what follows from it, as calls over the REST door.
import type { SignedIn } from '@authcenter/shared';
import type { HttpCall } from './connection.ts';
import type { BenchUser } from './lab.ts';

const API = '/api/v1';

export const loginCall = ({ email, password }: BenchUser): HttpCall => ({
  method: 'POST',
  path: `${API}/auth/login`,
  body: { email, password },
});

export const refreshCall = (refreshToken: string): HttpCall => ({
  method: 'POST',
  path: `${API}/auth/refresh`,
  body: { refresh_token: refreshToken },
});

export const verifyCall = (token: string): HttpCall => ({
  method: 'POST',
  path: `${API}/auth/verify`,
  body: { token, resource: 'knowledge', action: 'READ' },
});

export const checkCall = (token: string, userId?: string): HttpCall => ({
  method: 'POST',
  path: `${API}/rbac/check`,
  headers: { authorization: `Bearer ${token}` },
  body: { resource: 'knowledge', action: 'READ', ...(userId === undefined ? {} : { user_id: userId }) },
});

export async function signIn(url: string, user: BenchUser): Promise<{ access: string; refresh: string }> {
  const { method, path, body } = loginCall(user);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`sign-in answered ${response.status}: ${await response.text()}`);
  const { access_token: access, refresh_token: refresh = '' } = (await response.json()) as SignedIn;
  return { access, refresh };
}
