import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { withTimeout } from '../../../src/lib/timeout.ts';

const never = new Promise<never>(() => undefined);

it('returns the result, or rejects as the promise does', async () => {
  await expect(withTimeout(60_000, Promise.resolve(7))).resolves.toBe(7);
  await expect(withTimeout(60_000, Promise.reject(new Error('No.')))).rejects.toThrow('No.');
});

it('returns undefined when the time is over, or the signal is aborted before or meanwhile', async () => {
  await expect(withTimeout(1, never)).resolves.toBeUndefined();
  await expect(withTimeout(60_000, never, AbortSignal.abort())).resolves.toBeUndefined();
  const abort = new AbortController();
  const result = withTimeout(60_000, never, abort.signal);
  abort.abort();
  await expect(result).resolves.toBeUndefined();
});

it('leaves no listener at the signal, and no timer', async () => {
  const { signal } = new AbortController();
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await withTimeout(60_000, Promise.resolve(), signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(timers()).toBe(before);
});
