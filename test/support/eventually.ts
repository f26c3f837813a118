import { vi } from 'vitest';

/**
 * Resolves with what the check gives, as soon as it throws no more. The limit only ends what hangs, with the last error,
 * before the limit of the test ends it without; vitest's own is a second, which a busy machine may well take.
 */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 150_000, interval: 20 });
