// What an application may write: compiled against the packed package, never run. Each type is pinned to exactly what it must be.
import {
  type Api,
  type AppRouter,
  AuthCenterError,
  type AuthCenterErrorCode,
  createAuthCenter,
  idempotent,
  type LoginResult,
  type RouterInputs,
  type RouterOutputs,
  type SessionStorage,
  type SessionUser,
} from '@authcenter/client';
import type { TRPCClientErrorLike } from '@trpc/client';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isExactly = <A, B>(_proof: Equal<A, B>): void => {};

const storage: SessionStorage = { get: () => null, set: () => {}, remove: () => {} };
const { api, auth, close } = createAuthCenter({
  url: 'https://auth.example.com',
  storage,
  retryFor: 10_000,
  language: 'zh-CN',
});
createAuthCenter({ url: 'https://auth.example.com', storage: 'cookie', fetch });

// Inputs and answers
const page = await api.users.list.query({ status: 'active', sort: 'last_login_at', limit: 10, with_total: true });
isExactly<typeof page.next_cursor, string | null>(true);
const [user] = page.items;
if (user) {
  isExactly<typeof user.created_at, Date>(true);
  isExactly<typeof user.login_history.last_login_at, Date | null>(true);
  isExactly<typeof user.status, 'active' | 'inactive' | 'locked'>(true);
  isExactly<(typeof user.roles)[number]['expires_at'], Date | null>(true);
}
const check = await api.rbac.check.query({ permission: 'knowledge:CREATE' });
isExactly<typeof check.allowed, boolean>(true);
isExactly<
  typeof check.reason,
  'granted' | 'no_permission' | 'grant_expired' | 'role_inactive' | 'user_inactive' | 'user_unknown'
>(true);
await api.rbac.check.query({ user_id: '6650f0a1b2c3d4e5f6a7b8c9', resource: 'knowledge', action: 'CREATE' });
await api.users.assignRole.mutate({ id: 'x', role_id: 'y', expires_at: new Date() }, idempotent('once'));
await api.auth.me.query(undefined, { signal: new AbortController().signal });
isExactly<Awaited<ReturnType<typeof api.auth.logoutAll.mutate>>, void>(true);

const filter: RouterInputs['users']['list'] = { role: 'Editor' };
const list = (client: Api): Promise<RouterOutputs['users']['list']> => client.users.list.query(filter);

// The session
isExactly<typeof auth.user, SessionUser | null>(true);
isExactly<SessionUser['permissions'], string[]>(true);
const signedIn: LoginResult = await auth.login({
  username: 'li.lei',
  password: 'secret',
  device: { device_type: 'web' },
});
if (signedIn.status === 'ok') isExactly<typeof signedIn.user, SessionUser>(true);
const registered = await auth.register({ username: 'li.lei', email: 'li.lei@example.com', password: 'secret' });
isExactly<typeof registered.status, 'ok' | 'mfa_setup_required' | 'verification_required'>(true);
isExactly<ReturnType<typeof auth.can>, boolean>(true);
auth.can('knowledge:CREATE');
auth.can('KNOWLEDGE_CREATE');
auth.can('invoice:APPROVE' as string);
const stop: () => void = auth.onChange((now) => now?.profile.name);
isExactly<Awaited<ReturnType<typeof auth.getAccessToken>>, string | null>(true);

// Errors
const texts: string[] = [];
try {
  await list(api);
} catch (error) {
  if (error instanceof AuthCenterError) {
    isExactly<typeof error.code, AuthCenterErrorCode>(true);
    isExactly<typeof error.status, number>(true);
    isExactly<typeof error.retryAfter, number | undefined>(true);
    if (error.code === 'VALIDATION_FAILED')
      texts.push(...error.issues.map(({ path, message }) => `${path}: ${message}`));
    switch (error.code) {
      case 'RATE_LIMITED':
      case 'NETWORK_ERROR':
        break;
    }
  }
}
export const codeOf = (error: TRPCClientErrorLike<AppRouter>): string | undefined => error.data?.code;
stop();
close();
