// A map that forgets its oldest entries when there are too many.

export interface BoundedMap<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
}

export function createBoundedMap<T>(most: number): BoundedMap<T> {
  const map = new Map<string, T>();
  return {
    get: (key) => map.get(key),
    set(key, value) {
      map.delete(key);
      map.set(key, value);
      if (map.size <= most) return;
      // A tenth at once: to look for the oldest each time means to pass over all that were deleted before.
      for (const oldest of map.keys()) {
        map.delete(oldest);
        if (map.size <= most - Math.floor(most / 10)) break;
      }
    },
    delete: (key) => void map.delete(key),
  };
}
