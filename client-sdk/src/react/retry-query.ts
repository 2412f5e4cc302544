// Which failures TanStack Query may try again, after what the SDK has tried by itself.
import { AuthCenterError } from '../error.ts';

/** As often as TanStack Query does when nobody says otherwise. */
const MAX_RETRIES = 3;

/**
 * The retries that are left to TanStack Query, as the `retry` of a query: when no answer came. What the server refuses for now
 * (429, 503) the SDK has tried for `retryFor`, expired tokens it has renewed, and every other refusal is final. Queries of this package
 * have it unless they say otherwise; other errors are tried three times, as ever, so that it also does for a whole `QueryClient`.
 *
 * @param failureCount - how many retries there were before
 * @param error - what the query failed with
 * @returns whether to try again
 * @example
 * import { retryQuery } from '@authcenter/client/react-query';
 * import { QueryClient } from '@tanstack/react-query';
 *
 * export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: retryQuery } } });
 */
export function retryQuery(failureCount: number, error: unknown): boolean {
  const isFinal = error instanceof AuthCenterError && (error.code !== 'NETWORK_ERROR' || error.status === 503);
  return !isFinal && failureCount < MAX_RETRIES;
}
