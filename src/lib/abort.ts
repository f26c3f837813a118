/** Waits that end with an abort signal. */

/**
 * The result of work that others may share: rejects with the reason of the signal when it is aborted first. The work
 * continues, and a later failure of it is ignored.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    void work
      .finally(() => {
        signal.removeEventListener('abort', leave);
      })
      .then(resolve, reject);
  });
}

/** Never resolves. Rejects with the reason of the signal when it has been aborted for `graceMs`. */
export function afterGrace(signal: AbortSignal, graceMs: number): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (): void => {
    setTimeout(() => {
      reject(signal.reason as Error);
    }, graceMs);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  // Work without a wait does not await it.
  promise.catch(() => undefined);
  return promise;
}

/** Aborts the controller after the time. Returns a function that prevents it. */
export function abortAfter(ms: number, controller: AbortController, reason: () => Error): () => void {
  const timer = setTimeout(() => {
    controller.abort(reason());
  }, ms);
  return () => {
    clearTimeout(timer);
  };
}
