/** What is wrong with something that is tried again and again: a line in the log for each new text, and not for each try. */
import { limited, type Logger } from '../../contract/log.ts';

export interface StatusReporterOptions {
  readonly logger: Logger;
  /** What each line in the log names. */
  readonly facts: object;
  /** Told when the text has changed. */
  readonly onChange?: (() => void) | undefined;
}

export class StatusReporter {
  readonly #options: StatusReporterOptions;
  #text: string | undefined;
  #told: string | undefined;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  /** Undefined while nothing is wrong. */
  get text(): string | undefined {
    return this.#text;
  }

  note(text: string | undefined): void {
    if (text === this.#text) return;
    this.#text = text;
    if (text !== undefined && text !== this.#told) {
      this.#told = text;
      this.warn(text);
    }
    this.#options.onChange?.();
  }

  /** It has gone well in between, so the same trouble is worth a line again. */
  forget(): void {
    this.#told = undefined;
  }

  /** A line without a state. */
  warn(text: string, facts: object = {}): void {
    const { logger, facts: own } = this.#options;
    limited(logger).warn(`trouble ${JSON.stringify(own)}`, { ...own, ...facts }, text);
  }
}
