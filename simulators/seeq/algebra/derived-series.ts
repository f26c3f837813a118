/** Signals made from another one sample by sample: changed, left out, or moved in time. Nothing is kept. */
import type { Sample, Series } from '../series/series.ts';

/** Every sample changed; the change must not touch the key. */
export function changed(base: Series, change: (sample: Sample) => Sample): Series {
  const maybe = (sample: Sample | undefined): Sample | undefined => (sample === undefined ? undefined : change(sample));
  return {
    *between(from, to) {
      for (const sample of base.between(from, to)) yield change(sample);
    },
    before: (time, inclusive) => maybe(base.before(time, inclusive)),
    after: (time, inclusive) => maybe(base.after(time, inclusive)),
  };
}

/** How many samples in a row may be left out before a search for the next one gives up. */
const MOST_SKIPPED = 5000;

/** Only the samples that are to be kept. */
export function filtered(base: Series, keep: (sample: Sample) => boolean): Series {
  return {
    *between(from, to) {
      for (const sample of base.between(from, to)) if (keep(sample)) yield sample;
    },
    before(time, inclusive) {
      let sample = base.before(time, inclusive);
      for (let tries = 0; tries < MOST_SKIPPED && sample !== undefined && !keep(sample); tries += 1) {
        sample = base.before(sample.key, false);
      }
      return sample !== undefined && keep(sample) ? sample : undefined;
    },
    after(time, inclusive) {
      let sample = base.after(time, inclusive);
      for (let tries = 0; tries < MOST_SKIPPED && sample !== undefined && !keep(sample); tries += 1) {
        sample = base.after(sample.key, false);
      }
      return sample !== undefined && keep(sample) ? sample : undefined;
    },
  };
}

/** Every sample later by a time in nanoseconds, or earlier by a negative one. */
export function moved(base: Series, by: bigint): Series {
  const later = (sample: Sample): Sample => ({ ...sample, key: sample.key + by });
  const maybe = (sample: Sample | undefined): Sample | undefined => (sample === undefined ? undefined : later(sample));
  return {
    *between(from, to) {
      for (const sample of base.between(from - by, to - by)) yield later(sample);
    },
    before: (time, inclusive) => maybe(base.before(time - by, inclusive)),
    after: (time, inclusive) => maybe(base.after(time - by, inclusive)),
  };
}
