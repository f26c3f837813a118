/** A signal of statistics: one sample for each capsule of a condition, at its start, middle or end. */
import type { ConditionData, SignalData } from '../plant/item.ts';
import type { Capsule } from '../series/capsules.ts';
import type { Sample, Series } from '../series/series.ts';
import { HOUR } from '../series/time.ts';
import type { Range, Statistic } from './statistics.ts';
import { done } from './work.ts';

export type KeyPlace = 'start' | 'middle' | 'end';

/** How far from a time the nearest sample is looked for: about two years. */
const REACH = 16_384n * HOUR;

interface Slot {
  readonly key: bigint;
  readonly range: Range;
  readonly uncertain: boolean;
}

/**
 * Capsules without a start or an end, and those outside the data of the signal, make no sample. [Inferred, as is that
 * the result interpolates linearly over two capsules at most.]
 */
export function aggregated(
  signal: SignalData,
  condition: ConditionData,
  statistic: Statistic,
  place: KeyPlace,
): SignalData {
  const slots = slotsOf(signal, condition, place);
  const sampleOf = ({ key, range, uncertain }: Slot): Sample => {
    const value = done(statistic.over(signal, range));
    return { key, ...(value === undefined ? {} : { value }), ...(uncertain ? { uncertain } : {}) };
  };
  const series: Series = {
    *between(from, to) {
      for (const slot of slots(from, to)) yield sampleOf(slot);
    },
    before(time, inclusive) {
      const last = inclusive ? time : time - 1n;
      for (let width = HOUR; width <= REACH; width *= 4n) {
        const slot = [...slots(last - width, last)].at(-1);
        if (slot !== undefined) return sampleOf(slot);
        if (signal.series.before(last - width, true) === undefined) return undefined;
      }
      return undefined;
    },
    after(time, inclusive) {
      const first = inclusive ? time : time + 1n;
      for (let width = HOUR; width <= REACH; width *= 4n) {
        for (const slot of slots(first, first + width)) return sampleOf(slot);
        if (signal.series.after(first + width, true) === undefined) return undefined;
      }
      return undefined;
    },
  };
  const unit = statistic.unit(signal.unit ?? '');
  const { unit: _unit, ...rest } = signal;
  return {
    ...rest,
    series,
    interpolation: signal.unit === 'string' ? 'Step' : 'Linear',
    maxInterpolation: (condition.maxDuration ?? HOUR) * 2n,
    ...(unit === '' ? {} : { unit }),
  };
}

function slotsOf(signal: SignalData, condition: ConditionData, place: KeyPlace) {
  return function* slots(from: bigint, to: bigint): Generator<Slot> {
    // One nanosecond more on either side, because a capsule that only touches the range does not overlap it.
    const found = inData(signal, condition.capsules.overlapping(from - 1n, to + 1n), place);
    for (const slot of inOrder(found)) if (slot.key >= from && slot.key <= to) yield slot;
  };
}

/** Capsules come by their start, so that their other keys may be out of order: each waits for those before it. */
function* inOrder(slots: Iterable<Slot>): Generator<Slot> {
  let waiting: Slot[] = [];
  for (const slot of slots) {
    // No later capsule has a key before this start.
    yield* waiting.filter(({ key }) => key < slot.range.start);
    waiting = waiting.filter(({ key }) => key >= slot.range.start);
    waiting.push(slot);
    waiting.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }
  yield* waiting;
}

function* inData(signal: SignalData, capsules: Iterable<Capsule>, place: KeyPlace): Generator<Slot> {
  for (const { start, end, uncertain } of capsules) {
    if (start === undefined || end === undefined) continue;
    if (signal.series.before(end, true) === undefined) continue;
    if (signal.series.after(start, true) === undefined) continue;
    const key = place === 'start' ? start : place === 'end' ? end : (start + end) / 2n;
    const open = uncertain === true || signal.series.after(end, true) === undefined;
    yield { key, range: { start, end }, uncertain: open };
  }
}
