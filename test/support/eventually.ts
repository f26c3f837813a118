import { vi } from 'vitest';
import { WAIT_MS } from './waiting.ts';

/**
 * Resolves with the result of the check, as soon as it no longer throws. Rejects with its last error after
 * {@link WAIT_MS}, before the limit of the test ends it without one.
 */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: WAIT_MS, interval: 20 });
