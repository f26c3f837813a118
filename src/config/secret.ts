import { inspect } from 'node:util';

const MASK = '[secret]';

/** Prints as `[secret]` in any of the usual ways: template, JSON, console, pino. */
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
 * A text that must never reach a log, a metric, an error, a page or a process list. Printing it gives `[secret]`; only
 * `reveal()` gives the text, so every place that uses one can be found by that word.
 */
export class Secret extends Masked {
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  /** The text itself. Call it where the secret leaves for the system it belongs to, and nowhere else. */
  reveal(): string {
    return this.#text;
  }
}

/** How a {@link SecretSource} reads: anew at each call. Fails with a message that names the place, never the content. */
export type ReadSecret = () => Promise<string>;

/**
 * A secret, a key or a certificate that is read anew for every use, so that one that was replaced meanwhile (a rotated
 * password, a renewed certificate) is used without a restart. Printing it gives `[secret]`.
 */
export class SecretSource extends Masked {
  readonly #read: ReadSecret;

  constructor(read: ReadSecret) {
    super();
    this.#read = read;
  }

  /**
   * The text as it is now.
   * @throws Error whose message says which file or variable cannot be read, and is fit for a log
   */
  reveal(): Promise<string> {
    return this.#read();
  }
}
