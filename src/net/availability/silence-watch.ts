/**
 * Watches the calls to one server for silence. A slow call may be a large calculation, its connection may be dead, or
 * the server may hang. A small probe call on a new connection distinguishes these: if it succeeds, the slow call is
 * made once more beside the first, and the first answer counts. If not, the server is failing.
 */
import type { DriverError } from '../../contract/errors.ts';

/** Time without any answer of the server, while a call waits, after which it is probed. Shorter for short budgets. */
const SILENCE_MS = 2000;
const TICK_MS = 100;

export interface SilenceWatchOptions {
  /**
   * A small probe call on a new connection. Rejects with a DriverError within bounded time if the server is failing.
   */
  readonly probe: () => Promise<void>;
  /** Called when the server is failing. */
  readonly onFailing: (failure: DriverError) => void;
  /** Called before a second try. */
  readonly onSecond: () => void;
  /** Most concurrent second tries, so that a slow server does not get every call twice. */
  readonly mostSeconds: number;
}

interface WatchedCall {
  readonly beganMs: number;
  readonly slowMs: number;
  second: boolean;
  readonly again: () => void;
  readonly fail: (failure: DriverError) => void;
}

export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #calls = new Set<WatchedCall>();
  #ticker: NodeJS.Timeout | undefined;
  #answeredMs = -Infinity;
  #probing = false;
  #seconds = 0;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  /** The server sent a complete answer of any kind. */
  answered(): void {
    this.#answeredMs = performance.now();
  }

  /**
   * Makes a call, and makes it once more if it is slow.
   * @param slowMs time after which it counts as slow
   * @param make must end with its signal
   * @throws the error of the first try, the reason of the signal, or why the server is failing
   */
  run<T>(make: (signal: AbortSignal) => Promise<T>, signal: AbortSignal, slowMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const stop = new AbortController();
      let open = 0;
      let first: Error | undefined;
      let settled = false;
      const settle = (outcome: () => void): void => {
        if (settled) return;
        settled = true;
        this.#calls.delete(call);
        if (call.second) this.#seconds--;
        signal.removeEventListener('abort', leave);
        if (open > 0) stop.abort(new Error('the call has ended'));
        outcome();
      };
      const leave = (): void => {
        settle(() => {
          reject(signal.reason as Error);
        });
      };
      const start = (): void => {
        open++;
        make(stop.signal).then(
          (value) => {
            open--;
            settle(() => {
              resolve(value);
            });
          },
          (error: unknown) => {
            open--;
            const failure = (first ??= error as Error);
            if (open > 0) return;
            settle(() => {
              reject(failure);
            });
          },
        );
      };
      const call: WatchedCall = {
        beganMs: performance.now(),
        slowMs,
        second: false,
        again: start,
        fail: (failure) => {
          settle(() => {
            reject(failure);
          });
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#calls.add(call);
      this.#ticker ??= setInterval(this.#tick, TICK_MS).unref();
      start();
    });
  }

  /** Stops watching. */
  close(): void {
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  readonly #tick = (): void => {
    if (this.#calls.size === 0) {
      this.close();
      return;
    }
    const now = performance.now();
    let silent = false;
    for (const call of this.#calls) {
      const age = now - call.beganMs;
      const answered = this.#answeredMs >= call.beganMs;
      const quiet = !answered || now - this.#answeredMs >= SILENCE_MS;
      if (quiet && age >= Math.min(SILENCE_MS, call.slowMs)) silent = true;
      // Only an answer since the start of the call shows that the server is alive while the call waits.
      if (!answered || age < call.slowMs || call.second) continue;
      if (this.#seconds >= this.#options.mostSeconds) continue;
      call.second = true;
      this.#seconds++;
      this.#options.onSecond();
      call.again();
    }
    if (silent && !this.#probing) void this.#probe();
  };

  async #probe(): Promise<void> {
    this.#probing = true;
    try {
      await this.#options.probe();
      this.answered();
    } catch (error) {
      const failure = error as DriverError;
      this.#options.onFailing(failure);
      for (const call of [...this.#calls]) call.fail(failure);
    } finally {
      this.#probing = false;
    }
  }
}
