/** The samples of a signal, read lazily in either direction. Keys are nanoseconds since 1970. */

export interface Sample {
  readonly key: bigint;
  /** Missing: the sample is invalid, it has a key only. */
  readonly value?: number | string;
  /** May still change; absent means certain. */
  readonly uncertain?: boolean;
}

export interface Series {
  /** Samples with `from <= key <= to`, ascending. */
  between(from: bigint, to: bigint): Iterable<Sample>;
  /** The newest sample with `key < time`, or `key <= time` where `inclusive`. */
  before(time: bigint, inclusive: boolean): Sample | undefined;
  /** The oldest sample with `key > time`, or `key >= time` where `inclusive`. */
  after(time: bigint, inclusive: boolean): Sample | undefined;
}

/** A fixed list of samples, ascending by key; several samples may share a key. */
export function listSeries(samples: readonly Sample[]): Series {
  /** Index of the first sample with `key >= time`. */
  const lower = (time: bigint): number => {
    let low = 0;
    let high = samples.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((samples[middle]?.key ?? time) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    between: (from, to) => samples.slice(lower(from), lower(to + 1n)),
    before: (time, inclusive) => samples[lower(inclusive ? time + 1n : time) - 1],
    after: (time, inclusive) => samples[lower(inclusive ? time : time + 1n)],
  };
}
