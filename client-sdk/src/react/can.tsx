// <Can>: shows something to those who may.
import type { ReactElement, ReactNode } from 'react';
import type { PermissionName } from '../can.ts';
import { useAuth } from './use-auth.ts';

/**
 * Shows its children to whoever may do something, and nothing while it is not known who is signed in. For what to show: the server
 * decides again.
 *
 * @param props - `permission`: as for `useCan`; `children`; `fallback`: shown to those who may not and when nobody is signed in
 * @returns the children, the fallback, or nothing
 * @throws Error when there is no `<AuthProvider>` above
 * @example
 * import { Can } from '@authcenter/client/react';
 *
 * export const Toolbar = () => (
 *   <Can permission="knowledge:CREATE" fallback={<p>You may read here.</p>}>
 *     <button>New document</button>
 *   </Can>
 * );
 */
export function Can(props: {
  readonly permission: PermissionName;
  readonly fallback?: ReactNode;
  readonly children?: ReactNode;
}): ReactElement | null {
  const { status, can } = useAuth();
  if (status === 'loading') return null;
  return <>{can(props.permission) ? props.children : props.fallback}</>;
}
