// Empties a query cache when the person changes, and has what is on the screen asked for again.
import type { QueryClient, QueryObserver } from '@tanstack/react-query';

/** A query of which nothing was ever heard. */
const UNKNOWN = {
  data: undefined,
  dataUpdateCount: 0,
  dataUpdatedAt: 0,
  error: null,
  errorUpdateCount: 0,
  errorUpdatedAt: 0,
  fetchFailureCount: 0,
  fetchFailureReason: null,
  fetchMeta: null,
  fetchStatus: 'idle',
  isInvalidated: false,
  status: 'pending',
} as const;

/**
 * @returns forgets everything; told whether somebody else has signed in, in whose name to ask again. `queryClient.clear()` would leave
 *   on the screen what is there, `resetQueries()` would ask in nobody's name at every sign-out.
 */
export function createForgetter(queryClient: QueryClient): (isSomebody: boolean) => void {
  /** What is on the screen; after a sign-out it waits for whoever comes next, most of it in vain. */
  const waiting = new Set<QueryObserver>();
  return (isSomebody) => {
    const cache = queryClient.getQueryCache();
    // An act that waits for the network must not be done in another person's name.
    queryClient.getMutationCache().clear();
    for (const query of cache.getAll()) {
      for (const observer of query.observers) {
        waiting.add(observer);
        // The next rendering sets it again; until then `keepPreviousData` keeps nothing of a query under way.
        observer.setOptions({ ...observer.options, placeholderData: undefined });
      }
      cache.remove(query);
      query.setState(UNKNOWN);
    }
    if (!isSomebody) return;
    for (const observer of waiting) if (observer.hasListeners()) observer.setOptions(observer.options);
    waiting.clear();
  };
}
