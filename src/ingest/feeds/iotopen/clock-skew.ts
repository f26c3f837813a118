/** How the times of a topic's values lie to their arrival: clocks that are wrong, slow gateways, and no times at all. */
import type { Nanoseconds } from '../../../contract/instant.ts';

/** By how much times lie behind their arrival; negative where they lie ahead. */
interface Lag {
  most: Nanoseconds;
  least: Nanoseconds;
  /** Whether it is of values that came at once. */
  sure: boolean;
}

/** What is narrower than before counts by so much of the difference: one value proves no change of the clock. */
const SLOWLY = 64n;

export class ClockSkew {
  readonly #mostNs: Nanoseconds;
  readonly #lags = new Map<string, Lag>();
  /** Topics whose newest value has come without a time. */
  readonly #untimed = new Set<string>();

  /** @param mostNs a clock that is wrong by more than this is not followed */
  constructor(mostNs: Nanoseconds) {
    this.#mostNs = mostNs;
  }

  /** A live value has come. */
  heard(topic: string, timed: boolean): void {
    if (timed) this.#untimed.delete(topic);
    else this.#untimed.add(topic);
  }

  /**
   * A live value with a time is safe.
   * @param waited whether it may have waited at the broker: then the least counts
   */
  arrived(topic: string, lag: Nanoseconds, waited: boolean): void {
    if (lag >= this.#mostNs || -lag >= this.#mostNs) return;
    const known = this.#lags.get(topic);
    if (known === undefined || (!known.sure && (!waited || lag < known.most))) {
      this.#lags.set(topic, { most: lag, least: lag, sure: !waited });
    } else if (known.sure && !waited) {
      known.most = lag > known.most ? lag : known.most - (known.most - lag) / SLOWLY;
      known.least = lag < known.least ? lag : known.least + (lag - known.least) / SLOWLY;
    }
  }

  /** Whether the readings of live values have other times than the rows of the log, which the platform has timed. */
  isUntimed(topic: string): boolean {
    return this.#untimed.has(topic);
  }

  /** By how much the times of a topic's values lie behind their arrival; 0 where they do not, undefined where none came. */
  behind(topic: string): Nanoseconds | undefined {
    const most = this.#lags.get(topic)?.most;
    return most === undefined || most > 0n ? most : 0n;
  }

  /** By how much the times of any topic's values lie ahead of their arrival; 0 where they do not. */
  get ahead(): Nanoseconds {
    let most = 0n;
    for (const { least } of this.#lags.values()) if (-least > most) most = -least;
    return most;
  }
}
