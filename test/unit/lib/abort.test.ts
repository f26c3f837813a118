import { describe, expect, it } from 'vitest';
import { abortAfter, afterGrace, unlessAborted } from '../../../src/lib/abort.ts';
import { sleep } from '../../../src/lib/clock.ts';

const HOUR_MS = 3_600_000;
const reason = new Error('the caller has left');

describe('sleep', () => {
  it('ends at once when its signal is aborted, before or meanwhile', async () => {
    const controller = new AbortController();
    const sleeping = sleep(HOUR_MS, controller.signal);
    controller.abort(reason);
    await sleeping;
    await sleep(HOUR_MS, controller.signal);
  });
});

describe('a wait for shared work', () => {
  it('returns its result, or its failure', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(unlessAborted(Promise.reject(reason), signal)).rejects.toBe(reason);
  });

  it('ends with the reason of the signal, and the work continues for others', async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<number>();
    const [left, stayed] = [
      unlessAborted(promise, controller.signal),
      unlessAborted(promise, new AbortController().signal),
    ];
    controller.abort(reason);
    await expect(left).rejects.toBe(reason);
    await expect(unlessAborted(promise, controller.signal)).rejects.toBe(reason);
    resolve(7);
    expect(await stayed).toBe(7);
  });

  it('ignores a failure of the work after it has ended', async () => {
    const controller = new AbortController();
    const { promise, reject } = Promise.withResolvers<number>();
    const left = unlessAborted(promise, controller.signal);
    controller.abort(reason);
    await expect(left).rejects.toBe(reason);
    // An unhandled rejection fails the run.
    reject(new Error('too late'));
    await new Promise(setImmediate);
  });
});

describe('the grace after an abort', () => {
  it('ends with the reason of the signal, also of one that is aborted already', async () => {
    const controller = new AbortController();
    const grace = afterGrace(controller.signal, 1);
    controller.abort(reason);
    await expect(grace).rejects.toBe(reason);
    await expect(afterGrace(controller.signal, 1)).rejects.toBe(reason);
  });

  it('needs no one to wait for it', async () => {
    const controller = new AbortController();
    void afterGrace(controller.signal, 0);
    controller.abort(reason);
    await sleep(2);
  });
});

describe('a time limit', () => {
  it('aborts with its reason', async () => {
    const controller = new AbortController();
    abortAfter(0, controller, () => reason);
    await expect(unlessAborted(new Promise(() => undefined), controller.signal)).rejects.toBe(reason);
  });

  it('aborts nothing after it was cleared', async () => {
    const controller = new AbortController();
    abortAfter(0, controller, () => reason)();
    await sleep(2);
    expect(controller.signal.aborted).toBe(false);
  });
});
