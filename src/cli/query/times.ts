/** Times on the command line and in tables. */
import { Temporal } from 'temporal-polyfill';
import { compareUtc, formatInstant, MAX_INSTANT, type Nanoseconds, parseInstant } from '../../contract/time/instant.ts';
import { resolveTime, systemNow, type TimeContext } from '../../contract/time/time.ts';
import { quote } from '../../lib/wording/phrases.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import { UsageError } from '../usage-error.ts';

/** The option that all commands with times have. */
export interface TimeOptions {
  timeZone?: string;
}

/**
 * The current time, and the time zone: of the option, the context, or this machine. Fixed for a whole command.
 * @throws UsageError
 */
export function timesOf({ timeZone }: TimeOptions, ofContext: string | undefined): TimeContext {
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    throw new UsageError(`--time-zone: ${quote(timeZone)} is not an IANA time zone such as Europe/Berlin.`);
  }
  return { now: systemNow(), timeZone: timeZone ?? ofContext ?? Temporal.Now.timeZoneId() };
}

/**
 * Resolves a time of the command line once, so that all requests of a command use the same instant.
 * @throws DriverError with the option
 */
export const instantOf = (text: string, times: TimeContext, option: string): string =>
  formatInstant(resolveTime(/^\d{11,}$/.test(text) ? Number(text) : text, times, option));

/** An instant of an answer on the clock of a time zone, with its offset, so that a repeated hour is unambiguous. */
export function localTime(instant: string | null | undefined, timeZone: string): string {
  const moment = instant === null || instant === undefined ? undefined : parseInstant(instant);
  if (moment === undefined) return '-';
  const { nanoseconds, text } = offsetAt(moment, timeZone);
  return formatInstant(moment + nanoseconds)
    .replace('T', ' ')
    .replace('Z', text);
}

/** An offset of a time zone, and the period in which it applies. */
interface Offset {
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  readonly nanoseconds: Nanoseconds;
  readonly text: string;
}

/** The last offset of each time zone: the times of a table are close together, and a lookup takes long. */
const offsets = new Map<string, Offset>();

function offsetAt(moment: Nanoseconds, timeZone: string): Offset {
  const known = offsets.get(timeZone);
  if (known !== undefined && known.from <= moment && moment < known.to) return known;
  const local = Temporal.Instant.fromEpochNanoseconds(moment).toZonedDateTimeISO(timeZone);
  const found = {
    from: moment,
    to: local.getTimeZoneTransition('next')?.epochNanoseconds ?? MAX_INSTANT,
    nanoseconds: BigInt(local.offsetNanoseconds),
    text: local.offset === '+00:00' ? 'Z' : local.offset,
  };
  offsets.set(timeZone, found);
  return found;
}

/** The options of a range. */
export interface RangeOptions extends TimeOptions {
  start: string;
  end: string;
}

/**
 * The range of a command, as instants.
 * @throws DriverError with the option
 */
export function rangeOf(
  { start, end }: Pick<RangeOptions, 'start' | 'end'>,
  times: TimeContext,
  option = '--start',
): { start: string; end: string } {
  const range = { start: instantOf(start, times, option), end: instantOf(end, times, '--end') };
  if (compareUtc(range.start, range.end) <= 0) return range;
  throw new UsageError(`${option}: ${range.start} is after the end, ${range.end}.`);
}

/** A duration in days, hours, minutes and seconds. */
export function durationText(milliseconds: number | null): string {
  if (milliseconds === null) return '-';
  const parts: string[] = [];
  let rest = milliseconds;
  for (const [unit, length] of UNITS) {
    const whole = Math.floor(rest / length);
    rest -= whole * length;
    if (whole > 0) parts.push(`${whole}${unit}`);
  }
  // Whole milliseconds have at most three digits.
  if (rest > 0 || parts.length === 0) parts.push(`${Number((rest / 1000).toFixed(3))}s`);
  return parts.join(' ');
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;
