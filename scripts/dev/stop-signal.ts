// The wish to stop, as a promise: a signal of the terminal or the system, or a reason from inside.

export interface StopSignal {
  readonly requested: boolean;
  readonly promise: Promise<void>;
  request(): void;
}

/** Every further signal is taken and ignored: npm and the terminal both send one for a single Ctrl-C. */
export function waitForSignal(): StopSignal {
  let requested = false;
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  const request = () => {
    requested = true;
    resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request);
  return {
    get requested() {
      return requested;
    },
    promise,
    request,
  };
}
