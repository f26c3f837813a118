/**
 * Detects devices that have gone silent: with many devices and brokers the usual failure is missing data, without an
 * error.
 */

/** A source of regular messages. */
export interface Expected {
  readonly name: string;
  /** Silence beyond this raises an alarm, in milliseconds. */
  readonly afterMs: number;
}

/** A source that has been silent for too long. */
export interface Silent extends Expected {
  /** Time of the last message, milliseconds since 1970. Undefined if there was none since the watch began. */
  readonly lastReceivedMs: number | undefined;
}

export interface StalenessOptions {
  /** Called once when a source has gone silent. */
  readonly onSilent: (silent: Silent) => void;
  /** Called once when it sends again. */
  readonly onRecovered: (expected: Expected) => void;
}

interface Watched extends Expected {
  lastReceivedMs: number | undefined;
  silent: boolean;
  timer: NodeJS.Timeout;
}

export class StalenessWatch {
  readonly #options: StalenessOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: StalenessOptions) {
    this.#options = options;
  }

  /** The sources that are silent now. */
  get silent(): Silent[] {
    return [...this.#watched.values()]
      .filter(({ silent }) => silent)
      .map(({ name, afterMs, lastReceivedMs }) => ({ name, afterMs, lastReceivedMs }));
  }

  /** Starts the watch for a source, which counts as heard now. A second call for the same name changes nothing. */
  expect({ name, afterMs }: Expected): void {
    if (this.#watched.has(name)) return;
    const timer = setTimeout(() => {
      this.#alarm(watched);
    }, afterMs);
    timer.unref();
    const watched: Watched = { name, afterMs, lastReceivedMs: undefined, silent: false, timer };
    this.#watched.set(name, watched);
  }

  /** Records a message of a source. Unexpected sources are ignored. */
  heard(name: string): void {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    watched.lastReceivedMs = Date.now();
    watched.timer.refresh();
    if (!watched.silent) return;
    watched.silent = false;
    this.#options.onRecovered(watched);
  }

  stop(): void {
    for (const { timer } of this.#watched.values()) clearTimeout(timer);
    this.#watched.clear();
  }

  #alarm(watched: Watched): void {
    watched.silent = true;
    const { name, afterMs, lastReceivedMs } = watched;
    this.#options.onSilent({ name, afterMs, lastReceivedMs });
  }
}
