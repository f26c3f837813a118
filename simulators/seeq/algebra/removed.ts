/** A signal without the samples that lie in a capsule of a condition. */
import type { CapsuleSet } from '../series/capsules.ts';
import type { Sample, Series } from '../series/series.ts';
import { FOR_EVER } from './constant.ts';

/** Capsules one after the other that a search for the nearest sample passes before it gives up. */
const MOST_CAPSULES = 100;

export function removed(base: Series, capsules: CapsuleSet): Series {
  /** The capsules that hold a time as one span; undefined where none does. */
  const spanAt = (time: bigint): { start: bigint | undefined; end: bigint | undefined } | undefined => {
    let span: { start: bigint | undefined; end: bigint | undefined } | undefined;
    for (const { start, end } of capsules.overlapping(time, time)) {
      if (end !== undefined && end <= time) continue;
      span = {
        start: span === undefined ? start : least(span.start, start),
        end: span === undefined ? end : greatest(span.end, end),
      };
    }
    return span;
  };
  return {
    between: (from, to) => outside(base.between(from, to), capsules, from, to),
    before(time, inclusive) {
      let sample = base.before(time, inclusive);
      for (let passed = 0; sample !== undefined && passed < MOST_CAPSULES; passed += 1) {
        const span = spanAt(sample.key);
        if (span === undefined) return sample;
        if (span.start === undefined) return undefined;
        sample = base.before(span.start, false);
      }
      return undefined;
    },
    after(time, inclusive) {
      let sample = base.after(time, inclusive);
      for (let passed = 0; sample !== undefined && passed < MOST_CAPSULES; passed += 1) {
        const span = spanAt(sample.key);
        if (span === undefined) return sample;
        if (span.end === undefined) return undefined;
        sample = base.after(span.end, true);
      }
      return undefined;
    },
  };
}

/** One pass over samples and capsules, both ascending. */
function* outside(samples: Iterable<Sample>, set: CapsuleSet, from: bigint, to: bigint): Generator<Sample> {
  const capsules = set.overlapping(from, to + 1n)[Symbol.iterator]();
  let next = capsules.next();
  let coveredUntil = -FOR_EVER;
  for (const sample of samples) {
    while (next.done !== true && (next.value.start ?? -FOR_EVER) <= sample.key) {
      const end = next.value.end ?? FOR_EVER;
      if (end > coveredUntil) coveredUntil = end;
      next = capsules.next();
    }
    if (sample.key >= coveredUntil) yield sample;
  }
}

function least(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? undefined : a < b ? a : b;
}

function greatest(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? undefined : a > b ? a : b;
}
