// AuthProvider: gives the components below it a client.
import { createContext, type ReactElement, type ReactNode, useContext } from 'react';
import type { AuthCenter } from '../create-auth-center.ts';
import { type AuthStore, storeOf } from './auth-store.ts';

const StoreContext = createContext<AuthStore | null>(null);

/**
 * Gives the components below it a client: its session to `useAuth`, `useCan` and `<Can>`, its calls to `useAuthCenterQueries` of
 * `@authcenter/client/react-query`. Servers render `loading`, and so does a page until it has taken over what they rendered. A tab that
 * comes back from sleep renews its token.
 *
 * @param props - `center`: of `createAuthCenter`, made once, outside of components; `children`
 * @returns the children
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import { AuthProvider, useAuth } from '@authcenter/client/react';
 *
 * const center = createAuthCenter({ url: 'https://auth.example.com', storage: 'cookie' });
 *
 * const Greeting = () => <p>Hello {useAuth().user?.username ?? 'stranger'}</p>;
 * export const App = () => (
 *   <AuthProvider center={center}>
 *     <Greeting />
 *   </AuthProvider>
 * );
 */
export function AuthProvider(props: { readonly center: AuthCenter; readonly children?: ReactNode }): ReactElement {
  return <StoreContext.Provider value={storeOf(props.center)}>{props.children}</StoreContext.Provider>;
}

/** @param user - whoever needs it, for the complaint */
export function useStore(user: string): AuthStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error(`${user} needs an <AuthProvider> above it`);
  return store;
}
