/** The capsules of a condition: intervals with properties, ascending by start. Times are nanoseconds since 1970. */
import { floorDiv } from './time.ts';

export interface CapsuleProperty {
  readonly name: string;
  /** Missing: the capsule has the property, but no value for it. */
  readonly value?: number | string | boolean;
  readonly unit?: string;
}

export interface Capsule {
  /** Missing: it has neither start nor end to distinguish it from another. */
  readonly id?: string;
  /** Missing: it began before all time. */
  readonly start?: bigint;
  /** Missing: it is still open. */
  readonly end?: bigint;
  readonly uncertain?: boolean;
  /** The point from which on the capsule may still change. */
  readonly cursor?: bigint;
  readonly properties: readonly CapsuleProperty[];
}

export interface CapsuleSet {
  /** Every capsule that overlaps the range, ascending by start; capsules without a start come first. */
  overlapping(from: bigint, to: bigint): Iterable<Capsule>;
}

/**
 * Whether a capsule overlaps a range. A range is open at its end, attested by the vendor's tests: a shift that begins at
 * 14:00 is not part of a range that ends then. Nor is one that ends at 14:00 part of a range that begins then; a range
 * without length is a moment. [Both inferred.]
 */
export function overlaps(capsule: Capsule, from: bigint, to: bigint): boolean {
  const { start, end } = capsule;
  const begins = start === undefined || start < to || (from === to && start === to);
  if (start !== undefined && start === end) return start >= from && begins;
  return begins && (end === undefined || end > from);
}

/** A fixed list. */
export function listCapsules(capsules: readonly Capsule[]): CapsuleSet {
  return { overlapping: (from, to) => capsules.filter((capsule) => overlaps(capsule, from, to)) };
}

/** Those of both, ascending by start. */
export function joinedCapsules(a: CapsuleSet, b: CapsuleSet): CapsuleSet {
  return {
    *overlapping(from, to) {
      const early = [...a.overlapping(from, to)];
      for (const capsule of b.overlapping(from, to)) {
        while (early[0] !== undefined && isBefore(early[0], capsule)) yield* early.splice(0, 1);
        yield capsule;
      }
      yield* early;
    },
  };
}

function isBefore(a: Capsule, b: Capsule): boolean {
  return a.start === undefined || (b.start !== undefined && a.start <= b.start);
}

export interface PeriodicCapsules {
  /** Nanoseconds between the starts of two rounds. */
  readonly period: bigint;
  readonly phase?: bigint;
  /** No capsule is longer than this; decides how far back the search begins. */
  readonly longest: bigint;
  /** The capsules of round k, all starting within it, ascending by start. */
  readonly round: (index: number, start: bigint) => readonly Capsule[];
  /** No capsule starts after this. */
  readonly end: () => bigint;
}

/** Capsules that are computed round by round, for any range. */
export function periodicCapsules(options: PeriodicCapsules): CapsuleSet {
  const { period, phase = 0n, longest } = options;
  return {
    *overlapping(from, to) {
      const end = options.end();
      const last = Number(floorDiv((to < end ? to : end) - phase, period));
      for (let index = Number(floorDiv(from - longest - phase, period)); index <= last; index += 1) {
        for (const capsule of options.round(index, BigInt(index) * period + phase)) {
          if ((capsule.start ?? end) <= end && overlaps(capsule, from, to)) yield capsule;
        }
      }
    },
  };
}
