/**
 * The times for which a signal passes a test, as capsules. Lines cross a limit between two samples, steps at a sample.
 * A capsule that still holds at the newest sample ends there, or where that sample ceases to hold, and is uncertain.
 * [Inferred throughout.]
 */
import { guidOf } from '../plant/guid.ts';
import type { SignalData } from '../plant/item.ts';
import { overlaps, type Capsule, type CapsuleSet } from '../series/capsules.ts';
import type { Sample } from '../series/series.ts';
import { heldUntil } from '../series/window.ts';
import { DAY } from '../series/time.ts';

export interface Test {
  readonly passes: (value: number | string) => boolean;
  /** The limit that a line crosses between passing and not. */
  readonly limit?: number;
}

/** How far a search follows a capsule beyond the range that was asked for, unless its longest duration is known. */
const REACH = 40n * DAY;
const MOST_SAMPLES = 5000;

export function searched(signal: SignalData, test: Test, longest: bigint | undefined): CapsuleSet {
  const reach = longest ?? REACH;
  const holds = ({ value }: Sample): boolean => value !== undefined && test.passes(value);
  const broken = (left: Sample, right: Sample): boolean => right.key - left.key > signal.maxInterpolation;

  /** Where to begin, so that a capsule that holds at a time is seen from its start on. */
  const rewind = (time: bigint): { key: bigint; whole: boolean } => {
    let right = signal.series.before(time, true);
    if (right === undefined) return { key: time, whole: true };
    for (let tries = 0; holds(right) && tries < MOST_SAMPLES; tries += 1) {
      if (time - right.key > reach) return { key: right.key, whole: false };
      const left = signal.series.before(right.key, false);
      if (left === undefined || broken(left, right)) return { key: right.key, whole: true };
      right = left;
    }
    return { key: right.key, whole: !holds(right) };
  };

  /** The samples from a key on; past the end of the range only as long as somebody asks for more. */
  function* onwards(from: bigint, to: bigint): Generator<Sample> {
    let last = from;
    for (const sample of signal.series.between(from, to)) {
      last = sample.key;
      yield sample;
    }
    for (let next = signal.series.after(to > last ? to : last, false); next !== undefined;) {
      yield next;
      next = signal.series.after(next.key, false);
    }
  }

  return {
    *overlapping(from, to) {
      const begin = rewind(from);
      let left: Sample | undefined;
      let open: { start: bigint | undefined; uncertain: boolean } | undefined;
      const closed = function* (end: bigint, uncertain = false): Generator<Capsule> {
        if (open === undefined) return;
        const capsule = capsuleOf(open.start, end, uncertain || open.uncertain);
        open = undefined;
        if (longest !== undefined && (capsule.start === undefined || end - capsule.start > longest)) return;
        if (overlaps(capsule, from, to)) yield capsule;
      };
      let beyond = 0;
      for (const right of onwards(begin.key, to)) {
        const now = holds(right);
        if (left === undefined) {
          if (now) open = { start: begin.whole ? right.key : undefined, uncertain: right.uncertain === true };
        } else if (broken(left, right)) {
          yield* closed(left.key);
          if (now) open = { start: right.key, uncertain: right.uncertain === true };
        } else if (now !== (open !== undefined)) {
          const at = crossing(signal, test, left, right);
          if (now) open = { start: at, uncertain: right.uncertain === true };
          else yield* closed(at, right.uncertain === true);
        }
        left = right;
        if (right.key <= to) continue;
        beyond += 1;
        if (open === undefined || right.key - to > reach) break;
        if (beyond < MOST_SAMPLES) continue;
        // It goes on, further than it is followed.
        const capsule = capsuleOf(open.start, undefined, open.uncertain);
        if (longest === undefined && overlaps(capsule, from, to)) yield capsule;
        return;
      }
      if (left !== undefined) yield* closed(heldUntil(signal, left) ?? left.key, true);
    },
  };
}

/** Where a signal begins or ends to pass the test between two samples. */
function crossing(signal: SignalData, { limit }: Test, left: Sample, right: Sample): bigint {
  // An invalid sample ends what was known at the one before it.
  if (right.value === undefined) return left.key;
  if (left.value === undefined || limit === undefined || signal.interpolation === 'Step') return right.key;
  if (typeof left.value === 'string' || typeof right.value === 'string' || left.value === right.value) return right.key;
  const share = (limit - left.value) / (right.value - left.value);
  if (!(share >= 0 && share <= 1)) return right.key;
  return left.key + BigInt(Math.round(share * Number(right.key - left.key)));
}

function capsuleOf(start: bigint | undefined, end: bigint | undefined, uncertain: boolean): Capsule {
  const id = guidOf('value search', `${String(start)}/${String(end)}`);
  return {
    id,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(uncertain ? { uncertain } : {}),
    properties: [],
  };
}

/** The condition that always holds, as one capsule with neither start nor end, or never. */
export function alwaysOrNever(holds: boolean): CapsuleSet {
  const always: Capsule = { uncertain: false, properties: [] };
  return { overlapping: () => (holds ? [always] : []) };
}
