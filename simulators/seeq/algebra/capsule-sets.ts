/** Conditions made from others: chosen, changed, joined, moved. Inferred are all details beyond the names. */
import type { ConditionData } from '../plant/item.ts';
import { overlaps, type Capsule, type CapsuleProperty, type CapsuleSet } from '../series/capsules.ts';
import { DAY } from '../series/time.ts';

export function chosen(base: CapsuleSet, keep: (capsule: Capsule) => boolean): CapsuleSet {
  return {
    *overlapping(from, to) {
      for (const capsule of base.overlapping(from, to)) if (keep(capsule)) yield capsule;
    },
  };
}

/** Every capsule changed; the change must not touch start and end. */
export function changedCapsules(base: CapsuleSet, change: (capsule: Capsule) => Capsule): CapsuleSet {
  return {
    *overlapping(from, to) {
      for (const capsule of base.overlapping(from, to)) yield change(capsule);
    },
  };
}

/** Nanoseconds; undefined for a capsule that lacks an end, which is longer than any. */
export function durationOf({ start, end }: Capsule): bigint | undefined {
  return start === undefined || end === undefined ? undefined : end - start;
}

export function atMost(base: CapsuleSet, longest: bigint): CapsuleSet {
  return chosen(base, (capsule) => (durationOf(capsule) ?? longest + 1n) <= longest);
}

export function atLeast(base: CapsuleSet, shortest: bigint): CapsuleSet {
  return chosen(base, (capsule) => (durationOf(capsule) ?? shortest) >= shortest);
}

/** A property on every capsule; it takes the place of one of the same name. */
export function withProperty(base: CapsuleSet, made: () => CapsuleProperty): CapsuleSet {
  return changedCapsules(base, (capsule) => {
    const property = made();
    return { ...capsule, properties: [...capsule.properties.filter(({ name }) => name !== property.name), property] };
  });
}

/** Everything after the cursor may still change; attested. */
export function withCursor(base: CapsuleSet, cursor: bigint): CapsuleSet {
  return changedCapsules(base, (capsule) => {
    if (capsule.end !== undefined && capsule.end <= cursor) return capsule;
    const within = capsule.start === undefined || capsule.start <= cursor;
    return { ...capsule, uncertain: true, ...(within ? { cursor } : {}) };
  });
}

export function movedCapsules(base: CapsuleSet, by: bigint): CapsuleSet {
  return {
    *overlapping(from, to) {
      for (const capsule of base.overlapping(from - by, to - by)) {
        yield {
          ...capsule,
          ...(capsule.start === undefined ? {} : { start: capsule.start + by }),
          ...(capsule.end === undefined ? {} : { end: capsule.end + by }),
          ...(capsule.cursor === undefined ? {} : { cursor: capsule.cursor + by }),
        };
      }
    },
  };
}

/** How far on either side of a range the capsules are looked at that may be joined to those in it. */
const REACH = 40n * DAY;

/** Capsules with no more than a gap between them become one, which keeps the id and the properties of the first. */
export function merged(base: CapsuleSet, gap: bigint, longest: bigint | undefined): CapsuleSet {
  const reach = longest === undefined ? REACH : longest * 4n + gap;
  return {
    *overlapping(from, to) {
      let open: Capsule | undefined;
      for (const capsule of base.overlapping(from - reach, to + reach)) {
        const end = open?.end;
        const touches = open !== undefined && (end === undefined || (capsule.start ?? end) - end <= gap);
        if (open !== undefined && touches) {
          open = joined(open, capsule);
        } else {
          if (open !== undefined && overlaps(open, from, to)) yield open;
          open = capsule;
        }
      }
      if (open !== undefined && overlaps(open, from, to)) yield open;
    },
  };
}

function joined(a: Capsule, b: Capsule): Capsule {
  const uncertain = a.uncertain === true || b.uncertain === true;
  const { end: _end, ...open } = a;
  if (a.end === undefined || b.end === undefined) return { ...open, uncertain };
  return { ...a, end: a.end > b.end ? a.end : b.end, uncertain };
}

/** The capsules of several conditions as one, ascending by start. */
export function united(sets: readonly CapsuleSet[]): CapsuleSet {
  return {
    overlapping: (from, to) =>
      sets
        .flatMap((set) => [...set.overlapping(from, to)])
        .sort((a, b) => (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0)),
  };
}

function startOf({ start }: Capsule): bigint {
  return start ?? -(2n ** 70n);
}

/**
 * The capsules of a condition as answers show them. Those of a condition without a longest duration have no start or
 * no end where they cross the border of the range, and without both no id; attested.
 */
export function shown({ capsules, maxDuration }: ConditionData): CapsuleSet {
  if (maxDuration !== undefined) return capsules;
  return {
    *overlapping(from, to) {
      for (const { id, start, end, ...rest } of capsules.overlapping(from, to)) {
        const began = start !== undefined && start >= from;
        const ended = end !== undefined && end <= to;
        yield {
          ...rest,
          ...(id === undefined || !(began || ended) ? {} : { id }),
          ...(began ? { start } : {}),
          ...(ended ? { end } : {}),
        };
      }
    },
  };
}
