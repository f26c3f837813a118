/** The status of something that runs for long. Each change is reported once, however often the status is recorded. */

export interface Status<State extends string> {
  readonly state: State;
  /** The problem and its remedy. Undefined if there is none. */
  readonly message?: string | undefined;
}

export interface StatusReporterOptions<State extends string> {
  readonly initial: State;
  /** Called for each change before `onChange`, to log it. */
  readonly log?: ((status: Status<State>) => void) | undefined;
  readonly onChange?: ((status: Status<State>) => void) | undefined;
}

export class StatusReporter<State extends string> {
  readonly #options: StatusReporterOptions<State>;
  #status: Status<State>;
  #sinceMs = Date.now();

  constructor(options: StatusReporterOptions<State>) {
    this.#options = options;
    this.#status = { state: options.initial };
  }

  get status(): Status<State> {
    return this.#status;
  }

  get state(): State {
    return this.#status.state;
  }

  get message(): string | undefined {
    return this.#status.message;
  }

  /** Start of the current state, milliseconds since 1970. A new message does not change it. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Records the current status. The same status again changes nothing. */
  report(state: State, message?: string): void {
    if (state === this.state && message === this.message) return;
    if (state !== this.state) this.#sinceMs = Date.now();
    this.#status = { state, message };
    this.#options.log?.(this.#status);
    this.#options.onChange?.(this.#status);
  }
}
