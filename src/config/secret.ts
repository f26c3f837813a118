import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A text that must never reach a log, a metric, an error, a page or a process list. Printing it in any of the usual
 * ways (template, JSON, console, pino) gives `[secret]`; only `reveal()` gives the text, so every place that uses
 * one can be found by that word.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it where the secret leaves for the system it belongs to, and nowhere else. */
  reveal(): string {
    return this.#text;
  }

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

/** How a {@link SecretSource} reads: anew at each call. Fails with a message that names the place, never the content. */
export type ReadSecret = () => Promise<string>;

/**
 * A secret, a key or a certificate that is read anew for every use, so that one that was replaced meanwhile (a rotated
 * password, a renewed certificate) is used without a restart. Printing it gives `[secret]`.
 */
export class SecretSource {
  readonly #read: ReadSecret;

  constructor(read: ReadSecret) {
    this.#read = read;
  }

  /**
   * The text as it is now.
   * @throws Error whose message says which file or variable cannot be read, and is fit for a log
   */
  reveal(): Promise<string> {
    return this.#read();
  }

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
