/** Ctrl-C and other signals that end the demonstration at any time. */
import { constants } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** As a shell tells it: 128 and the number of the signal. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`Ended by ${signal}.`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Aborted with {@link Interrupted} by the first signal. A second one ends the process at once; what it started is ended
 * with it all the same.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const interrupted = new Interrupted(signal);
      if (controller.signal.aborted) process.exit(interrupted.exitCode);
      controller.abort(interrupted);
    });
  }
  return controller.signal;
}

/** The same as the work, unless an interruption comes first. */
export async function unless<T>(interrupted: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => {
    reject(interrupted.reason as Interrupted);
  };
  interrupted.addEventListener('abort', stop);
  try {
    interrupted.throwIfAborted();
    return await Promise.race([work, promise]);
  } catch (error) {
    // Ctrl-C reaches every process of the terminal, so a part that ended by it may be noticed first.
    await nextTurn();
    interrupted.throwIfAborted();
    throw error;
  } finally {
    interrupted.removeEventListener('abort', stop);
  }
}
