/** Work that goes on at a bounded pace until it is stopped; others can wait until so much more of it has been done. */

export interface PaceOptions {
  /** Pieces of work under way at once. */
  readonly atOnce: number;
  /** Between two beginnings, so that the load is bounded. */
  readonly everyMs: number;
  /** One numbered piece; true when it succeeded. Must not reject. */
  readonly work: (n: number) => Promise<boolean>;
}

export class Pace {
  readonly #options: PaceOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #waiting: (() => boolean)[] = [];
  #next = 0;
  #done = 0;
  #tried = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#begin();
    }, options.everyMs);
  }

  /** Pieces that succeeded. */
  get done(): number {
    return this.#done;
  }

  /** Resolves when so many more pieces have succeeded. */
  more(pieces: number): Promise<void> {
    const wanted = this.#done + pieces;
    return this.#until(() => this.#done >= wanted);
  }

  /** Resolves when so many more pieces have ended, in whichever way. */
  moreTried(pieces: number): Promise<void> {
    const wanted = this.#tried + pieces;
    return this.#until(() => this.#tried >= wanted);
  }

  /** Begins nothing more; resolves when all that was begun has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  #until(reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        if (reached()) resolve();
        return reached();
      });
    });
  }

  #begin(): void {
    if (this.#running.size >= this.#options.atOnce) return;
    const running = this.#options.work(this.#next++).then((succeeded) => {
      this.#running.delete(running);
      this.#tried++;
      if (succeeded) this.#done++;
      this.#waiting = this.#waiting.filter((look) => !look());
    });
    this.#running.add(running);
  }
}
