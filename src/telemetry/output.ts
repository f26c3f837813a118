/**
 * The way of the log to standard output. Nobody has to read it: a pipe can be full, a terminal stopped, a disk full, a
 * reader gone. A line is written at once where there is room; else it waits in memory, of which there is only so much,
 * and what finds no room is dropped and counted. Nothing here waits for the reader.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

export interface OutputOptions {
  /** Bound of what waits; default 1 MiB. */
  maxBytes?: number;
  /** Told when all that waited is written, if lines were dropped meanwhile. */
  onDropped?: (lines: number) => void;
}

const MOST_BYTES = 1024 * 1024;
/** A guess of what a line that waits costs besides its text. */
const LINE_BYTES = 64;
/** Between two looks whether there is room again; longer when it is more than a slow reader. */
const FULL_MS = 50;
const FAILED_MS = 1000;

export class Output {
  readonly #fd: number;
  readonly #maxBytes: number;
  readonly #onDropped: (lines: number) => void;
  #waiting: (string | Buffer)[] = [];
  /** How many of those are written already. */
  #done = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** What the last attempt met was more than a reader that is slow. */
  #failed = false;
  #dropped = 0;
  /** Of those, the ones that no line tells of yet. */
  #untold = 0;

  constructor(fd: number, { maxBytes = MOST_BYTES, onDropped = () => undefined }: OutputOptions = {}) {
    this.#fd = fd;
    this.#maxBytes = maxBytes;
    this.#onDropped = onDropped;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a line with its end. Never throws, never waits. */
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

  /** Waits until all is written, at most so long. */
  async flush(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (this.#waits && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, FULL_MS));
      this.#drain();
    }
  }

  /** The same at the very end of the process, when nothing can be awaited any more. */
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

  /** Writes what waits, in its order, as far as there is room. */
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
      // What is written is let go in steps: taking off the first one each time would move all others.
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

  /** Undefined when all of it is written, else what is left of it. */
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

/** Standard output, such that no write to it waits. */
export function standardOutput(options: OutputOptions = {}): Output {
  return new Output(withoutWaiting(1), options);
}

function withoutWaiting(fd: 1): number {
  try {
    const stat = fstatSync(fd);
    if (stat.isFIFO() || stat.isSocket()) {
      // With its first use Node switches to the mode that does not wait, and switches back when it ends.
      return process.stdout.fd;
    } else if (isatty(fd)) {
      // Opened once more, because the mode of the first belongs to the shell as well. A new opening of a file would
      // begin at its start, so this is for terminals only.
      return openSync('/dev/fd/1', constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
    }
  } catch {
    // Not on this system, or not allowed: then as it is.
  }
  return fd;
}
