import { inspect } from 'node:util';

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
