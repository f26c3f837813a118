/**
 * Writes one series for each state of a signal. New states may appear at any time. The series of a new one begins with
 * the past intervals, so the status of those is kept, in runs.
 */
import type { Stamp } from '../../contract/functions/grid.ts';
import { formatInstant, type Nanoseconds } from '../../contract/time/instant.ts';
import type { ScalarValue, ValueStatus } from '../../contract/values.ts';
import type { StateMethod } from './methods.ts';
import type { ChunkWriter, WrittenSample } from './series-chunks.ts';
import { MOST_STATES, tooManyStates } from './states.ts';
import { type IntervalStatistics, stampOf } from './statistics.ts';

export interface StateSeriesOptions {
  method: StateMethod;
  stamp: Stamp;
  /** The borders of all intervals, starting with the first. */
  borders: () => Generator<Nanoseconds>;
  /** Most values of all series together, and of each. */
  limit: number;
  each: number;
  /** @param state null for a signal without any */
  open: (state: ScalarValue) => ChunkWriter;
}

/** Consecutive intervals of one status. `Bad Data`: the signal has no value in them. */
interface Run {
  length: number;
  readonly status: ValueStatus;
}

export class StateSeries {
  readonly #options: StateSeriesOptions;
  readonly #writers = new Map<ScalarValue, ChunkWriter>();
  readonly #past: Run[] = [];

  constructor(options: StateSeriesOptions) {
    this.#options = options;
  }

  /** @throws DriverError `tooLarge` for too many states */
  async add(interval: IntervalStatistics): Promise<void> {
    const { method } = this.#options;
    for (const state of interval.states.names()) {
      if (!this.#writers.has(state)) await this.#begin(state);
    }
    for (const [state, writer] of this.#writers) await writer.add(interval.resultOf(state, method));
    const { status } = interval.resultOf(null, method);
    const run = this.#past.at(-1);
    if (run?.status === status) run.length++;
    else this.#past.push({ length: 1, status });
  }

  async end(): Promise<void> {
    if (this.#writers.size === 0) await this.#begin(null);
    for (const writer of this.#writers.values()) await writer.end();
  }

  async #begin(state: ScalarValue): Promise<void> {
    const { open, limit, each } = this.#options;
    const most = Math.min(MOST_STATES, Math.max(1, Math.floor(limit / each)));
    if (this.#writers.size === most) throw tooManyStates(most);
    const writer = open(state);
    this.#writers.set(state, writer);
    for (const sample of this.#without()) await writer.add(sample);
  }

  /** The past intervals, for a state that occurred in none of them. */
  *#without(): Generator<WrittenSample> {
    const borders = this.#options.borders();
    let start = borders.next().value as Nanoseconds;
    for (const { length, status } of this.#past) {
      for (let n = 0; n < length; n++) {
        const end = borders.next().value as Nanoseconds;
        const time = formatInstant(stampOf(start, end, this.#options.stamp));
        yield { time, value: status === 'Bad Data' ? null : 0, status, state: null };
        start = end;
      }
    }
  }
}
