/** The axis of values: round ticks, from the smallest to the largest numbers that exist. */

export interface Tick {
  /** From 0 at the low end to 1 at the high end. */
  position: number;
  label: string;
}

export interface ValueAxis {
  ticks: Tick[];
  /** The position of a value: 0 at the low end, 1 at the high end. */
  positionOf: (value: number) => number;
}

/** Parts of the value that a double can tell apart well enough for an axis. */
const RESOLUTION = 2 ** -46;
/** Below it a double has fewer digits. */
const TINY = 1e-300;
const LARGEST_STEP = 1e308;

/** @param most largest number of ticks, at least 2 */
export function valueAxis(lowest: number, highest: number, most: number): ValueAxis {
  const [from, to] = widened(lowest, highest);
  const { digit, exponent } = stepOf(Math.min((to / most - from / most) * 1.0000001, LARGEST_STEP));
  const step = Number(`${digit}e${exponent}`);
  const multiple = (count: number): number => Number(`${BigInt(count) * BigInt(digit)}e${exponent}`);
  let first = Math.floor(from / step);
  let last = Math.ceil(to / step);
  // The round ends may be beyond the range of numbers.
  if (!Number.isFinite(multiple(first))) first++;
  if (!Number.isFinite(multiple(last))) last--;
  const low = Math.min(from, multiple(first));
  const high = Math.max(to, multiple(last));
  const span = high - low;
  const positionOf = Number.isFinite(span)
    ? (value: number) => (value - low) / span
    : (value: number) => (value / 2 - low / 2) / (high / 2 - low / 2);
  const values: number[] = [];
  for (let count = first; count <= last && values.length <= 2 * most + 2; count++) values.push(multiple(count));
  const format = formatOf(values, exponent);
  return { positionOf, ticks: values.map((value) => ({ position: positionOf(value), label: format(value) })) };
}

/** A range that an axis can show: one value, and values that are almost equal, get room above and below. */
function widened(lowest: number, highest: number): [number, number] {
  if (!(lowest <= highest)) return [0, 1];
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const isFlat = lowest === highest;
  const least = Math.max(size * RESOLUTION, TINY);
  if (!isFlat && highest - lowest > least) return [lowest, highest];
  const room = isFlat ? (size === 0 ? 1 : Math.max(size / 20, TINY)) : least;
  return [Math.max(lowest - room, -Number.MAX_VALUE), Math.min(highest + room, Number.MAX_VALUE)];
}

/** The next larger step of the form 1, 2 or 5 times a power of ten. */
function stepOf(least: number): { digit: 1 | 2 | 5; exponent: number } {
  const exponent = Math.floor(Math.log10(least));
  for (const digit of [1, 2, 5] as const) if (Number(`${digit}e${exponent}`) >= least) return { digit, exponent };
  return { digit: 1, exponent: exponent + 1 };
}

/** Numbers of this size and larger get an exponent. */
const LARGE = 1e9;
const MOST_DECIMALS = 6;

/** Labels with as many digits as the step has, all in the same form. */
function formatOf(values: readonly number[], exponent: number): (value: number) => string {
  const size = Math.max(...values.map(Math.abs));
  if (size < LARGE && exponent >= -MOST_DECIMALS) {
    const decimals = Math.max(0, -exponent);
    return (value) => value.toFixed(decimals).replace(/^-(0(?:\.0*)?)$/, '$1');
  }
  const digits = Math.min(17, Math.max(0, Math.floor(Math.log10(size)) - exponent));
  return (value) => (value === 0 ? '0' : value.toExponential(digits).replace('e+', 'e'));
}

/** Digits of a value that is shown alone. */
const DIGITS = 7;
const MOST_DIGITS = 17;

/**
 * A value for people: all its digits if they are few, else seven.
 * @param range the distance of the values that must look different; more digits are shown if that needs them
 */
export function numberText(value: number, range = Infinity): string {
  const exact = String(value);
  const size = Math.abs(value);
  const needed = range > 0 && size > 0 ? Math.ceil(Math.log10(size / range)) + 3 : 0;
  const whole = size < 1e15 ? Math.ceil(Math.log10(size + 1)) : 0;
  const digits = Math.min(MOST_DIGITS, Math.max(DIGITS, whole, Number.isFinite(needed) ? needed : 0));
  const shown = exact.length <= DIGITS + 2 ? exact : String(Number(value.toPrecision(digits)));
  return shown.replace('e+', 'e');
}

/** The extremes of values for people. */
export function extremesText(lowest: number, highest: number): string {
  if (lowest === highest) return numberText(lowest);
  return [lowest, highest].map((value) => numberText(value, highest - lowest)).join(' to ');
}
