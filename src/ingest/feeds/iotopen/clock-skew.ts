/**
 * How the timestamps of a topic's values differ from their arrival: wrong clocks, slow gateways, and missing
 * timestamps.
 */
import type { Nanoseconds } from '../../../contract/time/instant.ts';

/** How far timestamps are behind the arrival. Negative if they are ahead. */
interface Lag {
  most: Nanoseconds;
  least: Nanoseconds;
  /** Whether it was measured on values that arrived without delay. */
  sure: boolean;
}

/** A lag inside the known range narrows it by 1/SLOWLY of the difference: one value does not prove a clock change. */
const SLOWLY = 64n;

export class ClockSkew {
  readonly #mostNs: Nanoseconds;
  readonly #lags = new Map<string, Lag>();
  /** Topics whose newest value had no timestamp. */
  readonly #untimed = new Set<string>();

  /** @param mostNs a larger clock error is ignored */
  constructor(mostNs: Nanoseconds) {
    this.#mostNs = mostNs;
  }

  /** Records a live value. */
  received(topic: string, timed: boolean): void {
    if (timed) this.#untimed.delete(topic);
    else this.#untimed.add(topic);
  }

  /**
   * Records a live value that has a timestamp and is safe on the bus.
   * @param waited whether it may have waited at the broker: then the smallest lag counts
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

  /** Whether live readings have other times than the log rows, to which the platform assigned the time. */
  isUntimed(topic: string): boolean {
    return this.#untimed.has(topic);
  }

  /** How far the timestamps of a topic are behind the arrival. 0 if they are not, undefined if there is none. */
  behind(topic: string): Nanoseconds | undefined {
    const most = this.#lags.get(topic)?.most;
    return most === undefined || most > 0n ? most : 0n;
  }

  /** How far the timestamps of any topic are ahead of the arrival. 0 if none is. */
  get ahead(): Nanoseconds {
    let most = 0n;
    for (const { least } of this.#lags.values()) if (-least > most) most = -least;
    return most;
  }
}
