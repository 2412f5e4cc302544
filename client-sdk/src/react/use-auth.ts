// The hooks that tell a component who is signed in and what they may do.
import { useSyncExternalStore } from 'react';
import type { PermissionName } from '../can.ts';
import { useStore } from './auth-provider.tsx';
import type { AuthState } from './auth-state.ts';

/**
 * The session: who is signed in, and the acts of `auth`. The component is rendered again when somebody signs in or out, here or in another
 * tab, and when a refresh brought other roles, permissions or names; not when it only brought a token.
 *
 * @returns `status`, `user`, `error`, and `login`, `logout`, `register`, … of `auth`; safe in dependencies, see `AuthState`
 * @throws Error when there is no `<AuthProvider>` above
 * @example
 * import { useAuth } from '@authcenter/client/react';
 *
 * export function Account() {
 *   const auth = useAuth();
 *   if (auth.status === 'loading') return <p>{auth.error ? 'No connection' : '…'}</p>;
 *   if (auth.status === 'signed-out') return <a href="/sign-in">Sign in</a>;
 *   return <button onClick={() => auth.logout()}>Sign {auth.user.username} out</button>;
 * }
 */
export function useAuth(): AuthState {
  const { subscribe, read, readInitial } = useStore('useAuth');
  return useSyncExternalStore(subscribe, read, readInitial);
}

/**
 * Whether the signed-in person may do something, as `auth.can`. The component is rendered again only when the answer changes.
 *
 * @param permission - `resource:ACTION`, or the name of a builtin permission
 * @returns false while it is not known who is signed in, and when nobody is
 * @throws Error when there is no `<AuthProvider>` above
 * @example
 * import { useCan } from '@authcenter/client/react';
 *
 * export const Publish = () => <button disabled={!useCan('knowledge:PUBLISH')}>Publish</button>;
 */
export function useCan(permission: PermissionName): boolean {
  const { subscribe, read } = useStore('useCan');
  return useSyncExternalStore(
    subscribe,
    () => read().can(permission),
    () => false,
  );
}
