import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { ReadResult } from './files.ts';

const MASK = '[secret]';

/** Prints as `[secret]` in all usual ways: template, JSON, console, pino. */
class Masked {
  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/**
 * A text that must never reach a log, a metric, an error, a page or a process list. Printing it gives `[secret]`. Only
 * `reveal()` returns the text, so a search for that word finds every use.
 */
export class Secret extends Masked {
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  /** The text itself. Call it only where the secret is sent to the system that it belongs to. */
  reveal(): string {
    return this.#text;
  }
}

/** Reads a {@link SecretSource} again at each call. Its error names the location, never the content. */
export type ReadSecret = () => Promise<string>;

/**
 * A secret, a key or a certificate that is read again for every use, so that a replaced one (a rotated password, a
 * renewed certificate) is used without a restart. Printing it gives `[secret]`.
 */
export class SecretSource extends Masked {
  readonly #read: ReadSecret;

  constructor(read: ReadSecret) {
    super();
    this.#read = read;
  }

  /**
   * Returns the current text.
   * @throws Error that names the unreadable file or variable and is safe to log
   */
  reveal(): Promise<string> {
    return this.#read();
  }
}

/** A file that was just replaced is read again up to this often, with a pause, until two reads give the same text. */
const READS = 10;
const PAUSE_MS = 50;

/**
 * A text that is read again for each use. A changed one may be incomplete, and an unreadable one may be in the process
 * of replacement, so both are read again after a moment. If that fails, it is an error: an old text is never used
 * instead.
 * @param path location of the reference in the configuration, for the error
 * @param first the text at the start
 */
export function rereadable(path: string, first: string, read: () => Promise<ReadResult<string>>): SecretSource {
  let known = first;
  let settling: Promise<string> | undefined;
  const settle = async (changed: ReadResult<string>): Promise<string> => {
    let last = changed;
    for (let reads = 1; reads < READS; reads++) {
      await sleep(PAUSE_MS);
      const next = await read();
      if (next.ok && last.ok && next.value === last.value) break;
      last = next;
      if (next.ok && next.value === known) break;
    }
    if (!last.ok) throw new Error(`${path}: ${last.message}`);
    known = last.value;
    return known;
  };
  return new SecretSource(async () => {
    const found = await read();
    if (found.ok && found.value === known) return known;
    // Concurrent callers wait for the same text.
    settling ??= settle(found).finally(() => (settling = undefined));
    return settling;
  });
}
