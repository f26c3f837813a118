/** The time in each state of a signal, and its number of samples. */
import { DriverError } from '../../contract/errors.ts';
import type { Nanoseconds } from '../../contract/time/instant.ts';
import type { ScalarValue } from '../../contract/values.ts';

/** A signal with more has no states but values. */
export const MOST_STATES = 100;

interface StateShare {
  length: Nanoseconds;
  count: number;
}

const NONE: Readonly<StateShare> = { length: 0n, count: 0 };

export class States {
  readonly #shares = new Map<ScalarValue, StateShare>();

  /** @throws DriverError `tooLarge` for too many states */
  addTime(state: ScalarValue, length: Nanoseconds): void {
    this.#shareOf(state).length += length;
  }

  /** @throws DriverError `tooLarge` for too many states */
  addSample(state: ScalarValue): void {
    this.#shareOf(state).count++;
  }

  of(state: ScalarValue): Readonly<StateShare> {
    return this.#shares.get(state) ?? NONE;
  }

  names(): Iterable<ScalarValue> {
    return this.#shares.keys();
  }

  #shareOf(state: ScalarValue): StateShare {
    const known = this.#shares.get(state);
    if (known) return known;
    if (this.#shares.size === MOST_STATES) throw tooManyStates(MOST_STATES);
    const share = { ...NONE };
    this.#shares.set(state, share);
    return share;
  }
}

export function tooManyStates(limit: number): DriverError {
  return new DriverError(
    'tooLarge',
    `The signal has more than ${limit} states in the range, which is the most for so many intervals. Ask for fewer ` +
      'intervals or a shorter range, or for methods that are not of states.',
    { details: { field: 'methods', limit } },
  );
}
