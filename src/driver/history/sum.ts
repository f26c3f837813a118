/** No power of two is further away from 1 that may be multiplied and divided by. */
const LARGEST_POWER = 1000;
/** Far from where a square of a number is too large or too small for a number. */
const MODERATE = 2 ** 300;

/**
 * A sum whose rounding errors are kept and added at the end (Neumaier), so that its order and length do not matter. The
 * sum may be too large for a number for a while.
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

  /** Multiplies the whole. */
  scale(factor: number): void {
    this.#sum *= factor;
    this.#lost *= factor;
  }

  get value(): number {
    return (this.#sum + this.#lost) / this.#unit;
  }

  /** The sum divided by a number, also where the sum alone is too large for a number. */
  over(divisor: number): number {
    const whole = this.#sum + this.#lost;
    if (Number.isFinite(whole)) return whole / divisor / this.#unit;
    return (this.#sum / divisor + this.#lost / divisor) / this.#unit;
  }
}

/**
 * Spread of numbers, or of parts that are lines and have a weight (Welford, West, Chan), in one pass. Only distances
 * from the first number are worked with, so nothing is lost where all numbers are large and near each other; and these in
 * a unit of their own, because the square of a number may be too large or too small for a number.
 */
export class Spread {
  #first: number | undefined;
  #count = 0;
  /** A power of two, by which distances are multiplied. */
  #unit = 1;
  #largest = 0;
  #weight = 0;
  /** Of the distances. */
  readonly #mean = new Sum();
  readonly #squares = new Sum();

  /** A number, or a part that is a line from `begin` to `end`. */
  add(begin: number, weight = 1, end = begin): void {
    const first = (this.#first ??= begin);
    // Halves, because the distance of two numbers may be too large for a number.
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

  /** Standard deviation of a sample (divided by n - 1); undefined of fewer than two numbers, not finite where too large. */
  get deviation(): number | undefined {
    return this.#count < 2 ? undefined : this.#root(this.#count - 1);
  }

  /** Standard deviation of all as the whole (divided by the weight); undefined of none. */
  get deviationOfAll(): number | undefined {
    return this.#weight === 0 ? undefined : this.#root(this.#weight);
  }

  #root(divisor: number): number {
    return (Math.sqrt(this.#squares.over(divisor)) / this.#unit) * 2;
  }

  /** Changes the unit before distances in it leave the middle of all numbers. */
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
