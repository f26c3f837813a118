/** Notices what has gone silent: with many devices and brokers the usual failure is no error, but that nothing comes. */

/** One thing that should speak up again and again. */
export interface Expected {
  readonly name: string;
  /** Silence beyond this is an alarm, in milliseconds. */
  readonly afterMs: number;
}

/** What has been silent for too long. */
export interface Silent extends Expected {
  /** When it was last heard, milliseconds since 1970; undefined if never since the watch began. */
  readonly heardMs: number | undefined;
}

export interface StalenessOptions {
  /** Told once when something has gone silent. */
  readonly onSilent: (silent: Silent) => void;
  /** Told once when it is heard again. */
  readonly onHeard: (expected: Expected) => void;
}

interface Watched extends Expected {
  heardMs: number | undefined;
  silent: boolean;
  timer: NodeJS.Timeout;
}

export class StalenessWatch {
  readonly #options: StalenessOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: StalenessOptions) {
    this.#options = options;
  }

  /** What is silent at this moment. */
  get silent(): Silent[] {
    return [...this.#watched.values()]
      .filter(({ silent }) => silent)
      .map(({ name, afterMs, heardMs }) => ({ name, afterMs, heardMs }));
  }

  /** Begins to wait for a thing; it counts as heard now. A second call for the same name changes nothing. */
  expect({ name, afterMs }: Expected): void {
    if (this.#watched.has(name)) return;
    const timer = setTimeout(() => {
      this.#alarm(watched);
    }, afterMs);
    timer.unref();
    const watched: Watched = { name, afterMs, heardMs: undefined, silent: false, timer };
    this.#watched.set(name, watched);
  }

  /** The thing was heard; one that is not expected does not count. */
  heard(name: string): void {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    watched.heardMs = Date.now();
    watched.timer.refresh();
    if (!watched.silent) return;
    watched.silent = false;
    this.#options.onHeard(watched);
  }

  stop(): void {
    for (const { timer } of this.#watched.values()) clearTimeout(timer);
    this.#watched.clear();
  }

  #alarm(watched: Watched): void {
    watched.silent = true;
    const { name, afterMs, heardMs } = watched;
    this.#options.onSilent({ name, afterMs, heardMs });
  }
}
