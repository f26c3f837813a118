/**
 * Resolves as soon as the promise does, or after so many milliseconds. A promise that rejects later than that is not
 * reported: the wait is over.
 */
export async function withTimeout(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(
    () => {
      resolve(undefined);
    },
    Math.max(0, ms),
  );
  await Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}
