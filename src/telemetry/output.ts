/**
 * Writes the log to standard output without blocking. A pipe or a disk can be full, a terminal stopped, or the reader
 * gone. A line is written at once if there is room. Otherwise it waits in a limited buffer, and is dropped and counted
 * if that is full.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { LineBuffer } from './line-buffer.ts';

export interface OutputOptions {
  /** Limit of waiting bytes. Default 1 MiB. */
  maxBytes?: number;
  /** Called when all waiting lines are written, if lines were dropped meanwhile. */
  onDropped?: (lines: number) => void;
}

/** Bytes of waiting lines that are written at once. */
const BLOCK_BYTES = 65_536;
/** Interval of checks for room. Longer after a failure other than a slow reader. */
const FULL_MS = 50;
const FAILED_MS = 1000;

export class Output {
  /** Whether lines go to a terminal. */
  readonly isTerminal: boolean;
  readonly #fd: number;
  readonly #onDropped: (lines: number) => void;
  readonly #lines: LineBuffer;
  /** What is left of a write for which there was not enough room. */
  #rest: string | Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** True if the last attempt failed for another reason than a slow reader. */
  #failed = false;

  constructor(fd: number, { maxBytes, onDropped = () => undefined }: OutputOptions = {}) {
    this.#fd = fd;
    this.isTerminal = isatty(fd);
    this.#lines = new LineBuffer(maxBytes);
    this.#onDropped = onDropped;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#lines.dropped;
  }

  /** Writes a complete line. Never throws, never waits. */
  write(line: string): void {
    if (this.#timer !== undefined) {
      this.#lines.add(line);
      return;
    }
    this.#rest = this.#put(line);
    if (this.#waits) this.#again(FULL_MS);
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
    return this.#rest !== undefined || !this.#lines.isEmpty;
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
      const block = this.#rest ?? this.#lines.take(BLOCK_BYTES) ?? '';
      this.#rest = this.#put(block);
      if (this.#rest !== undefined) {
        this.#again(this.#failed ? FAILED_MS : FULL_MS);
        return;
      }
    }
    const lines = this.#lines.takeDropped();
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
