/**
 * Writes the log to standard output without blocking. A pipe or a disk can be full, a terminal stopped, or the reader
 * gone. A line is written at once if there is room. Otherwise it waits in a limited buffer, and is dropped and counted
 * if that is full.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

export interface OutputOptions {
  /** Limit of waiting bytes. Default 1 MiB. */
  maxBytes?: number;
  /** Called when all waiting lines are written, if lines were dropped meanwhile. */
  onDropped?: (lines: number) => void;
}

const MOST_BYTES = 1024 * 1024;
/** Estimated overhead of a waiting line. */
const LINE_BYTES = 64;
/** Interval of checks for room. Longer after a failure other than a slow reader. */
const FULL_MS = 50;
const FAILED_MS = 1000;

export class Output {
  /** Whether lines go to a terminal. */
  readonly isTerminal: boolean;
  readonly #fd: number;
  readonly #maxBytes: number;
  readonly #onDropped: (lines: number) => void;
  #waiting: (string | Buffer)[] = [];
  /** Number of these that are written already. */
  #done = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** True if the last attempt failed for another reason than a slow reader. */
  #failed = false;
  #dropped = 0;
  /** Dropped lines that are not reported yet. */
  #untold = 0;

  constructor(fd: number, { maxBytes = MOST_BYTES, onDropped = () => undefined }: OutputOptions = {}) {
    this.#fd = fd;
    this.isTerminal = isatty(fd);
    this.#maxBytes = maxBytes;
    this.#onDropped = onDropped;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes a complete line. Never throws, never waits. */
  write(line: string): void {
    if (this.#timer === undefined) {
      const rest = this.#put(line);
      if (rest !== undefined) this.#keep(rest);
      return;
    }
    if (this.#bytes + line.length > this.#maxBytes) {
      this.#dropped++;
      this.#untold++;
      return;
    }
    this.#keep(line);
  }

  /** Waits until all is written, within the timeout. */
  async flush(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (this.#waits && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, FULL_MS));
      this.#drain();
    }
  }

  /** The same at the end of the process, when asynchronous code no longer runs. */
  flushSync(timeoutMs: number): void {
    const end = performance.now() + timeoutMs;
    const clock = new Int32Array(new SharedArrayBuffer(4));
    this.#drain();
    while (this.#waits && performance.now() < end) {
      Atomics.wait(clock, 0, 0, 10);
      this.#drain();
    }
  }

  get #waits(): boolean {
    return this.#done < this.#waiting.length;
  }

  #keep(line: string | Buffer): void {
    this.#waiting.push(line);
    this.#bytes += line.length + LINE_BYTES;
    this.#again(FULL_MS);
  }

  #again(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#drain();
    }, ms);
    this.#timer.unref();
  }

  /** Writes waiting lines in order, as far as there is room. */
  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waits) {
      const line = this.#waiting[this.#done] ?? '';
      const rest = this.#put(line);
      if (rest !== undefined) {
        this.#waiting[this.#done] = rest;
        this.#bytes += rest.length - line.length;
        this.#again(this.#failed ? FAILED_MS : FULL_MS);
        return;
      }
      this.#bytes -= line.length + LINE_BYTES;
      // Removes written lines in batches: removing each first element moves all others.
      if (++this.#done >= 1024) {
        this.#waiting.splice(0, this.#done);
        this.#done = 0;
      }
    }
    this.#waiting = [];
    this.#done = 0;
    this.#bytes = 0;
    const lines = this.#untold;
    this.#untold = 0;
    if (lines > 0) this.#onDropped(lines);
  }

  /** Returns undefined if all is written, otherwise the rest. */
  #put(line: string | Buffer): string | Buffer | undefined {
    try {
      const written = typeof line === 'string' ? writeSync(this.#fd, line) : writeSync(this.#fd, line);
      const bytes = typeof line === 'string' ? Buffer.byteLength(line) : line.length;
      return written >= bytes ? undefined : Buffer.from(line as string).subarray(written);
    } catch (error) {
      this.#failed = (error as NodeJS.ErrnoException).code !== 'EAGAIN';
      return line;
    }
  }
}

/** Standard output in non-blocking mode. */
export function standardOutput(options: OutputOptions = {}): Output {
  return new Output(withoutWaiting(1), options);
}

function withoutWaiting(fd: 1): number {
  try {
    const stat = fstatSync(fd);
    if (stat.isFIFO() || stat.isSocket()) {
      // On first use Node switches standard output to non-blocking mode, and switches it back at exit.
      return process.stdout.fd;
    } else if (isatty(fd)) {
      // Opens the terminal again, because the mode of the original descriptor is shared with the shell. For a file a
      // new descriptor would start at its beginning, so this is for terminals only.
      return openSync('/dev/fd/1', constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
    }
  } catch {
    // Not available on this system, or not allowed: uses it unchanged.
  }
  return fd;
}
