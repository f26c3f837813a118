/** Largest exponent of a power of two that is safe for scaling. */
const LARGEST_POWER = 1000;
/** Far from where the square of a number overflows or underflows. */
const MODERATE = 2 ** 300;

/**
 * A sum whose rounding errors are collected and added at the end (Neumaier), so that its order and length do not
 * matter. The sum may overflow temporarily.
 */
export class Sum {
  #sum = 0;
  #lost = 0;
  #unit = 1;

  add(term: number): void {
    const scaled = term * this.#unit;
    const sum = this.#sum + scaled;
    if (!Number.isFinite(sum) && Number.isFinite(term)) {
      this.scale(2 ** -64);
      this.#unit *= 2 ** -64;
      this.add(term);
      return;
    }
    this.#lost += Math.abs(this.#sum) >= Math.abs(scaled) ? this.#sum - sum + scaled : scaled - sum + this.#sum;
    this.#sum = sum;
  }

  /** Multiplies the sum. */
  scale(factor: number): void {
    this.#sum *= factor;
    this.#lost *= factor;
  }

  get value(): number {
    return (this.#sum + this.#lost) / this.#unit;
  }

  /** The sum divided by a number, also if the sum alone overflows. */
  over(divisor: number): number {
    const whole = this.#sum + this.#lost;
    if (Number.isFinite(whole)) return whole / divisor / this.#unit;
    return (this.#sum / divisor + this.#lost / divisor) / this.#unit;
  }
}

/**
 * Standard deviation of numbers, or of weighted lines (Welford, West, Chan), in one pass. It uses only distances from
 * the first number, so there is no loss of precision if all numbers are large and close together. The distances are
 * scaled, because the square of a number may overflow or underflow.
 */
export class Spread {
  #first: number | undefined;
  #count = 0;
  /** Scale factor of the distances, a power of two. */
  #unit = 1;
  #largest = 0;
  #weight = 0;
  /** Mean of the distances. */
  readonly #mean = new Sum();
  readonly #squares = new Sum();

  /** Adds a number, or a line from `begin` to `end`. */
  add(begin: number, weight = 1, end = begin): void {
    const first = (this.#first ??= begin);
    // Halves, because the distance of two numbers may overflow.
    const distances: [number, number] = [begin / 2 - first / 2, end / 2 - first / 2];
    this.#reach(Math.max(Math.abs(distances[0]), Math.abs(distances[1])));
    this.#count++;
    const before = this.#weight;
    this.#weight += weight;
    const share = weight / this.#weight;
    const [a, b] = [distances[0] * this.#unit, distances[1] * this.#unit];
    const from = (a + b) / 2 - this.#mean.value;
    const own = b - a;
    this.#squares.add(from * from * before * share + ((own * own) / 12) * weight);
    this.#mean.add(from * share);
  }

  /**
   * Standard deviation of a sample (divided by n - 1). Undefined for fewer than two numbers, not finite on overflow.
   */
  get deviation(): number | undefined {
    return this.#count < 2 ? undefined : this.#root(this.#count - 1);
  }

  /** Standard deviation of the population (divided by the weight). Undefined if there are no numbers. */
  get deviationOfAll(): number | undefined {
    return this.#weight === 0 ? undefined : this.#root(this.#weight);
  }

  #root(divisor: number): number {
    return (Math.sqrt(this.#squares.over(divisor)) / this.#unit) * 2;
  }

  /** Changes the scale before scaled distances become too large or too small. */
  #reach(size: number): void {
    if (size <= this.#largest) return;
    this.#largest = size;
    const scaled = size * this.#unit;
    if (scaled < MODERATE && scaled > 1 / MODERATE) return;
    const power = Math.min(Math.max(-Math.floor(Math.log2(size)), -LARGEST_POWER), LARGEST_POWER);
    const factor = 2 ** power / this.#unit;
    this.#mean.scale(factor);
    this.#squares.scale(factor);
    this.#squares.scale(factor);
    this.#unit = 2 ** power;
  }
}
