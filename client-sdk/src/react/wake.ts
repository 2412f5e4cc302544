// When a page comes back: it is looked at again, or the network is there again.

interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

interface Platform extends Target {
  /** Undefined outside of web pages. */
  readonly document?: Target & { readonly visibilityState: string };
}

/**
 * @param onWake - told each time
 * @returns stops the telling
 */
export function watchWake(onWake: () => void): () => void {
  const page = globalThis as typeof globalThis & Platform;
  const { document } = page;
  if (!document) return () => {};
  const onVisible = () => {
    if (document.visibilityState === 'visible') onWake();
  };
  // A frozen tab wakes when it is shown; `pageshow` is for pages that one goes back to.
  const events: [Target, string, () => void][] = [
    [document, 'visibilitychange', onVisible],
    [page, 'pageshow', onWake],
    [page, 'online', onWake],
  ];
  for (const [target, type, listener] of events) target.addEventListener(type, listener);
  return () => {
    for (const [target, type, listener] of events) target.removeEventListener(type, listener);
  };
}
