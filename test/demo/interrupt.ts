/** Ctrl-C and other signals that end the demonstration at any time. */
import { constants } from 'node:os';

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
 * Rejects with {@link Interrupted} at the first signal. A second one ends the process at once; what it started is ended
 * with it all the same.
 */
export function interruption(): Promise<never> {
  const first = new Promise<never>((_resolve, reject) => {
    let seen = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        const interrupted = new Interrupted(signal);
        if (seen) process.exit(interrupted.exitCode);
        seen = true;
        reject(interrupted);
      });
    }
  });
  // Whoever waits for it gets the rejection; until then nobody may.
  first.catch(() => undefined);
  return first;
}
