// Entry `@authcenter/client/react-query`: every procedure of the server as options of TanStack Query.
'use client';
export { type AuthCenterQueries, createQueries, useAuthCenterQueries } from './react/queries.ts';
export { retryQuery } from './react/retry-query.ts';
