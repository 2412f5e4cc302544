// What `useAuth` answers: who is signed in, as far as it is known, and what can be done about it.
import type { Auth } from '../auth.ts';
import type { AuthCenterError } from '../error.ts';
import type { SessionUser } from '../record.ts';

/** The part that changes, told apart by `status`. */
export type AuthFacts =
  | {
      readonly status: 'loading';
      readonly user: null;
      /** Why it is not known yet: the server had to be asked and could not be; it is asked again. Null: the answer is awaited. */
      readonly error: AuthCenterError | null;
    }
  | { readonly status: 'signed-in'; readonly user: SessionUser; readonly error: null }
  | { readonly status: 'signed-out'; readonly user: null; readonly error: null };

/**
 * The session as a component sees it: `status` (`loading`, `signed-in`, `signed-out`), `user` and `error`, and the acts of `auth`. The
 * object, its user and `can` stay the same ones until who is signed in, or what they may do, changes; the acts stay the same for good.
 *
 * @example
 * import type { AuthState } from '@authcenter/client/react';
 *
 * export const nameOf = (auth: AuthState) => (auth.status === 'signed-in' ? auth.user.username : 'nobody');
 */
export type AuthState = AuthFacts & Omit<Auth, 'user' | 'status' | 'onChange'>;
