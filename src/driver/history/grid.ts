/**
 * The division of a range: the borders of its intervals, exact to the nanosecond, strictly ascending, and computed one
 * after another, so that their number needs no memory. All history functions use these rules.
 */
import type { Alignment, GridParams } from '../../contract/functions/grid.ts';
import { DriverError, wrongParameter } from '../../contract/errors.ts';
import { MAX_INSTANT, MIN_INSTANT, type Nanoseconds } from '../../contract/time/instant.ts';
import { type Length, nominalLength, parseInterval } from '../../contract/time/interval.ts';
import type { TimeRange } from '../../contract/time/time.ts';
import { checkLimit, type DriverLimits } from '../limits/request-limits.ts';
import { clockBorders, startBorders } from './borders.ts';

/** The parameter that determines the number of intervals. Errors name it. */
type LengthField = 'count' | 'intervalMs' | 'interval';

/** Adjacent intervals. */
export interface Intervals {
  readonly field: LengthField;
  /** Upper limit of their number. */
  readonly count: number;
  /** From the first border to the last. On the clock, the first and the last interval may extend beyond the range. */
  readonly range: TimeRange;
  /** One more than there are intervals, or none. */
  readonly borders: () => Generator<Nanoseconds>;
}

/** Instants in a range. */
export interface Instants {
  readonly field: LengthField;
  /** Upper limit of their number. */
  readonly count: number;
  readonly times: () => Generator<Nanoseconds>;
}

/**
 * Divides a range into intervals. On the clock, they are all whole intervals that overlap the range. From the start,
 * the last one ends with the range. A range without length has none.
 * @throws DriverError `badRequest`, `tooLarge` for an interval longer than any range
 */
export function intervalsOf(params: GridParams, range: TimeRange, timeZone: string, limits: DriverLimits): Intervals {
  const rule = ruleOf(params, limits);
  const { field } = rule;
  if (range.start === range.end) return { field, count: 0, range, borders: none };
  if (rule.by === 'count') {
    return { field, count: rule.count, range, borders: () => evenly(range, BigInt(rule.count)) };
  }
  const { length, align } = rule;
  const count = quotient(range, length) + 2;
  if (align === 'start') {
    return {
      field,
      count: exactCount(range, length) ?? count,
      range,
      borders: shared(length, count, () => clipped(range, length, timeZone)),
    };
  }
  const whole = onClock(range, length, timeZone);
  if (whole.start < MIN_INSTANT || whole.end > MAX_INSTANT) throw beyondCalendar(field);
  return { field, count, range: whole, borders: shared(length, count, () => through(whole, length, timeZone)) };
}

/**
 * Instants at equal distances: the borders of the intervals in a range, including its start and end. By count, the
 * first is at the start and the last at the end.
 * @throws DriverError `badRequest`, `tooLarge`
 */
export function instantsOf(params: GridParams, range: TimeRange, timeZone: string, limits: DriverLimits): Instants {
  const rule = ruleOf(params, limits);
  const { field } = rule;
  if (rule.by === 'count') {
    return { field, count: rule.count, times: () => evenly(range, BigInt(Math.max(1, rule.count - 1)), rule.count) };
  }
  const { length, align } = rule;
  // The end of the range is also an instant.
  const exact = align === 'start' ? exactCount({ start: range.start, end: range.end + 1n }, length) : undefined;
  return {
    field,
    count: exact ?? quotient(range, length) + 2,
    times: shared(length, quotient(range, length), () => within(range, rule, timeZone)),
  };
}

type Rule = { field: 'count'; by: 'count'; count: number } | ByLength;

interface ByLength {
  field: 'intervalMs' | 'interval';
  by: 'length';
  length: Length;
  align: Alignment;
}

function ruleOf({ count, intervalMs, interval, align }: GridParams, limits: DriverLimits): Rule {
  const given = [count, intervalMs, interval].filter((value) => value !== undefined).length;
  if (given !== 1) throw needsOne(given);
  if (count !== undefined) {
    if (align === 'clock')
      throw wrongParameter(
        'align',
        'must not be "clock" together with "count", whose intervals have no length on the clock: use "interval" or "intervalMs"',
      );
    return { field: 'count', by: 'count', count };
  }
  const field = interval === undefined ? 'intervalMs' : 'interval';
  const length = interval === undefined ? fromMs(intervalMs ?? 0) : parseInterval(interval);
  const days = Number(nominalLength(length)) / NS_PER_DAY;
  // Whole intervals are read, so a single one may need as much work as a range.
  if (interval !== undefined || align === 'clock') checkLimit(field, Math.ceil(days), limits.rangeDays, 'days');
  return { field, by: 'length', length, align: align ?? (interval === undefined ? 'start' : 'clock') };
}

const NS_PER_DAY = 86_400e9;
/** Longer than any range. Avoids infinite numbers. */
const LONGEST_MS = 1e16;

function fromMs(intervalMs: number): Length {
  const nanoseconds = BigInt(Math.round(Math.min(intervalMs, LONGEST_MS) * 1e6));
  if (nanoseconds > 0n) return { kind: 'exact', nanoseconds };
  throw wrongParameter('intervalMs', `(${intervalMs}) is shorter than a nanosecond`);
}

function* none(): Generator<Nanoseconds> {
  // Without an interval there is no border.
}

/** Borders of `steps` equal parts of a range, rounded down to a nanosecond. All are different. */
function* evenly({ start, end }: TimeRange, steps: bigint, count = Number(steps) + 1): Generator<Nanoseconds> {
  let before: Nanoseconds | undefined;
  for (let n = 0; n < count; n++) {
    const border = start + ((end - start) * BigInt(n)) / steps;
    if (border !== before) yield border;
    before = border;
  }
}

function* clipped(range: TimeRange, length: Length, timeZone: string): Generator<Nanoseconds> {
  for (const border of startBorders(range, length, timeZone)) {
    if (border >= range.end) break;
    yield border;
  }
  yield range.end;
}

function* within(range: TimeRange, { length, align }: ByLength, timeZone: string): Generator<Nanoseconds> {
  const onTheClock = align === 'clock';
  const borders = onTheClock ? clockBorders(range.start, length, timeZone) : startBorders(range, length, timeZone);
  for (const border of borders) {
    if (border > range.end) return;
    if (border >= range.start) yield border;
  }
}

function* through(whole: TimeRange, length: Length, timeZone: string): Generator<Nanoseconds> {
  for (const border of clockBorders(whole.start, length, timeZone)) {
    yield border;
    if (border >= whole.end) return;
  }
}

/** Calendar borders cached for the other items of a request, because they are slow to compute. */
const MOST_KEPT = 10_000;

function shared(length: Length, count: number, borders: () => Generator<Nanoseconds>): () => Generator<Nanoseconds> {
  if (length.kind === 'exact' || count > MOST_KEPT) return borders;
  const known: Nanoseconds[] = [];
  const more = borders();
  return function* () {
    for (let n = 0; ; n++) {
      const border = n < known.length ? known[n] : (more.next().value as Nanoseconds | undefined);
      if (border === undefined) return;
      if (n === known.length) known.push(border);
      yield border;
    }
  };
}

/** From the last border at or before the start to the first one at or after the end. */
function onClock({ start, end }: TimeRange, length: Length, timeZone: string): TimeRange {
  const whole = { start, end };
  for (const border of clockBorders(start, length, timeZone)) {
    whole.start = border;
    break;
  }
  for (const border of clockBorders(end, length, timeZone)) {
    whole.end = border;
    if (border >= end) break;
  }
  return whole;
}

const quotient = ({ start, end }: TimeRange, length: Length): number => Number((end - start) / nominalLength(length));

/** Number of intervals of an exact length from the start. The last one may be shorter. */
function exactCount({ start, end }: TimeRange, length: Length): number | undefined {
  return length.kind === 'exact' ? Number((end - start + length.nanoseconds - 1n) / length.nanoseconds) : undefined;
}

function needsOne(given: number): DriverError {
  return new DriverError(
    'badRequest',
    given === 0
      ? 'The length of the intervals is missing: give one of "interval" (such as "15min" or "1d"), "intervalMs" and "count".'
      : 'Give only one of "interval", "intervalMs" and "count"; each of them alone decides the length of the intervals.',
    { details: { field: 'interval' } },
  );
}

const beyondCalendar = (field: string): DriverError =>
  wrongParameter(
    field,
    'makes an interval that reaches beyond the years 1 to 9999; use "align": "start", or shorter intervals',
  );
