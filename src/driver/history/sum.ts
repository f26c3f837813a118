/** A sum whose rounding errors are kept and added at the end (Neumaier), so that its order and length do not matter. */
export class Sum {
  #sum = 0;
  #lost = 0;

  add(term: number): void {
    const sum = this.#sum + term;
    this.#lost += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum;
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}

/** Mean and spread of numbers in one pass (Welford): stable where all numbers are large and near each other. */
export class Spread {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    const from = value - this.#mean;
    this.#mean += from / ++this.#count;
    this.#squares += from * (value - this.#mean);
  }

  get mean(): number {
    return this.#mean;
  }

  /** Standard deviation of a sample (divided by n - 1); undefined of fewer than two numbers, not finite where too large. */
  get deviation(): number | undefined {
    return this.#count < 2 ? undefined : Math.sqrt(this.#squares / (this.#count - 1));
  }

  /** Standard deviation of these numbers as the whole (divided by n); undefined of none. */
  get deviationOfAll(): number | undefined {
    return this.#count < 1 ? undefined : Math.sqrt(this.#squares / this.#count);
  }
}

/** Spread of what is made of parts, each with a mean, a variance of its own, and a weight (West, Chan). */
export class WeightedSpread {
  #weight = 0;
  #mean = 0;
  #squares = 0;

  add(mean: number, variance: number, weight: number): void {
    const whole = this.#weight + weight;
    const from = mean - this.#mean;
    const share = weight / whole;
    this.#squares += variance * weight + from * from * this.#weight * share;
    this.#mean += from * share;
    this.#weight = whole;
  }

  /** Undefined without any weight, not finite where too large. */
  get deviation(): number | undefined {
    return this.#weight === 0 ? undefined : Math.sqrt(this.#squares / this.#weight);
  }
}
