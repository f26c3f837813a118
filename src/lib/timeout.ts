/**
 * Resolves as the promise does, or with undefined after the given milliseconds, or when the signal is aborted. A later
 * result or rejection is ignored.
 */
export async function withTimeout<T>(ms: number, promise: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => {
    resolve(undefined);
  };
  const timer = setTimeout(end, Math.max(0, ms));
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted === true) end();
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
