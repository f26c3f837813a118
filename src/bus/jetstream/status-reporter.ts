/** Reports a failure that is retried repeatedly: one log line for each new text, not for each try. */
import { limited, type Logger } from '../../contract/log.ts';

export interface StatusReporterOptions {
  readonly logger: Logger;
  /** Fields of each log line. */
  readonly facts: object;
  /** Called when the text has changed. */
  readonly onChange?: (() => void) | undefined;
}

export class StatusReporter {
  readonly #options: StatusReporterOptions;
  #text: string | undefined;
  #told: string | undefined;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  /** Undefined while there is no failure. */
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

  /** A success came in between, so the same problem is logged again. */
  forget(): void {
    this.#told = undefined;
  }

  /** Logs a line without a state. */
  warn(text: string, facts: object = {}): void {
    const { logger, facts: own } = this.#options;
    limited(logger).warn(`trouble ${JSON.stringify(own)}`, { ...own, ...facts }, text);
  }
}
