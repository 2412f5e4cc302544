// Entry `@authcenter/client/react`: the session in a React application.
'use client';
export { AuthProvider } from './react/auth-provider.tsx';
export type { AuthState } from './react/auth-state.ts';
export { Can } from './react/can.tsx';
export { useAuth, useCan } from './react/use-auth.ts';
