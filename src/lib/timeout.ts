/** Resolves when the promise does, or after the given milliseconds. A later rejection is ignored. */
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
