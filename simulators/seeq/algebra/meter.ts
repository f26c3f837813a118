/**
 * A bound on what one step of a calculation may read, so that no formula keeps everybody else waiting. What a formula
 * reads goes through a meter; between two steps, when others have had their turn, it is filled again.
 */
import { SeeqError } from '../http/errors.ts';
import type { ConditionData, SignalData } from '../plant/item.ts';

/** About a second of work, and more than a month of samples a second. */
const FULL = 3_000_000;
/** What it costs to begin a search for capsules, in samples. */
const SEARCH = 16;

export class Meter {
  #left: number;
  readonly #full: number;

  constructor(full = FULL) {
    this.#full = full;
    this.#left = full;
  }

  refill(): void {
    this.#left = this.#full;
  }

  /** Counts what has the cost of so many samples. @throws SeeqError 400 */
  spend(samples = 1): void {
    this.#left -= samples;
    if (this.#left < 0) throw new SeeqError(400, 'A step of the formula is too much work for the simulator');
  }

  signal(signal: SignalData): SignalData {
    const { series } = signal;
    return {
      ...signal,
      series: {
        between: (from, to) => this.#counted(series.between(from, to), 1),
        before: (time, inclusive) => {
          this.spend();
          return series.before(time, inclusive);
        },
        after: (time, inclusive) => {
          this.spend();
          return series.after(time, inclusive);
        },
      },
    };
  }

  condition(condition: ConditionData): ConditionData {
    const { capsules } = condition;
    return {
      ...condition,
      capsules: { overlapping: (from, to) => this.#counted(capsules.overlapping(from, to), SEARCH) },
    };
  }

  *#counted<T>(things: Iterable<T>, begin: number): Generator<T> {
    this.spend(begin);
    for (const thing of things) {
      this.spend();
      yield thing;
    }
  }
}

/** For what is read outside a request. */
export function unlimited(): Meter {
  return new Meter(Infinity);
}

/** The same steps, with a full meter before each. */
export function* metered<Part, Result>(steps: Generator<Part, Result>, meter: Meter): Generator<Part, Result> {
  for (;;) {
    meter.refill();
    const step = steps.next();
    if (step.done === true) return step.value;
    yield step.value;
  }
}
