/** Resolves with the promise or after so many milliseconds, whichever comes first. */
export async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(
    () => {
      resolve(undefined);
    },
    Math.max(0, ms),
  );
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
