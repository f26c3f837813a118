/** Lets callers wait while their receiver is full. */
export class Backpressure {
  readonly #isFull: () => boolean;
  #waiting: (() => void)[] = [];

  /** @param isFull whether the receiver accepts nothing at the moment */
  constructor(isFull: () => boolean) {
    this.#isFull = isFull;
  }

  /** Resolves as soon as the receiver is not full. */
  async whenReady(): Promise<void> {
    while (this.#isFull()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The receiver may have room: its waiting callers look again. */
  changed(): void {
    if (this.#isFull()) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
