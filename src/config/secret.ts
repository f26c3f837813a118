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
