/** The value of a signal at every instant, by docs/interpolation.md, and its stretches, by docs/statistics.md. */
import type { ScalarValue, ValueStatus } from '../../../src/contract/values.ts';
import { type Fraction, add, fraction, larger, magnitude, multiply, ofDouble, subtract, ZERO } from './exact.ts';

/** A recorded sample. */
export interface Recorded {
  at: bigint;
  value: ScalarValue;
  status: ValueStatus;
  state: number | null;
}

export interface Signal {
  /** In the order of the source. Of a constant, one at the start and one at the end of the range. */
  samples: Recorded[];
  interpolation: 'linear' | 'pilinear' | 'step' | 'discrete';
  maximum: bigint | undefined;
  valueType: 'number' | 'string';
  unit: string | undefined;
  constant?: Omit<Recorded, 'at'>;
}

/** A value that a signal has. */
export interface Value {
  /** Of a number, exactly; otherwise as it is. */
  is: Fraction | string | boolean;
  state: number | null;
  /** Of a value between two recorded ones: the larger of them, without its sign. Doubles cannot do better than it. */
  between: Fraction | undefined;
}

export interface Instant {
  value: Value | undefined;
  status: ValueStatus;
}

const NONE: Instant = { value: undefined, status: 'Bad Data' };

export const isBad = ({ status }: Pick<Recorded, 'status'>): boolean => status === 'Bad Data';

export function recordedValue({ value, state }: Omit<Recorded, 'at'>): Value {
  if (value === null) throw new Error('A sample without a value is bad.');
  return { is: typeof value === 'number' ? ofDouble(value) : value, state, between: undefined };
}

/** "The moment of the request is its arrival, rounded down to a tenth of a second." */
export const momentOf = (arrival: bigint): bigint => arrival - (arrival % 100_000_000n);

/** The value at an instant; the numbers are those of the rules. */
export function valueAt(signal: Signal, t: bigint, now: bigint): Instant {
  if (signal.constant) {
    const { constant } = signal;
    return isBad(constant) ? NONE : { value: recordedValue(constant), status: constant.status };
  }
  const left = signal.samples.findLast(({ at }) => at <= t);
  const right = signal.samples.find(({ at }) => at > t);
  if (!left) return NONE; // 1
  if (left.at === t) return isBad(left) ? NONE : { value: recordedValue(left), status: left.status }; // 2
  return between(signal, left, right, t, now);
}

/** Rules 3 to 5, for an instant behind `left` and before `right`, or at `right` where a line is asked what it approaches. */
function between(signal: Signal, left: Recorded, right: Recorded | undefined, t: bigint, now: bigint): Instant {
  const { interpolation, maximum } = signal;
  if (isBad(left) || interpolation === 'discrete') return NONE; // 3
  const held = recordedValue(left);
  const steps = interpolation === 'step' || typeof left.value !== 'number';
  if (!right) {
    if (!steps) return NONE; // 5
    if (maximum !== undefined && now - left.at > maximum) return NONE; // 5.1
    return t > now ? NONE : { value: held, status: 'Questionable' }; // 5.2, 5.3
  }
  if (maximum !== undefined && right.at - left.at > maximum) return NONE; // 4.1
  const status = [left, right].some((one) => one.status === 'Questionable') ? 'Questionable' : 'Good'; // 4.5
  if (steps) return { value: held, status }; // 4.2
  if (!isBad(right) && typeof right.value === 'number') {
    // 4.3
    const [from, to] = [ofDouble(left.value as number), ofDouble(right.value)];
    const passed = fraction(t - left.at, right.at - left.at);
    const is = add(from, multiply(subtract(to, from), passed));
    const isRecorded = t === left.at || t === right.at || left.value === right.value;
    return {
      value: { is, state: null, between: isRecorded ? undefined : larger(magnitude(from), magnitude(to)) },
      status,
    };
  }
  return interpolation === 'pilinear' ? { value: held, status } : NONE; // 4.4
}

/** "Cut to an interval, a line or a held value is a stretch from `f` to `g`" */
export interface Stretch {
  f: bigint;
  g: bigint;
  p: Value;
  q: Value;
  status: ValueStatus;
}

export function stretchesOf(signal: Signal, a: bigint, b: bigint, now: bigint): Stretch[] {
  if (signal.constant) {
    const { value, status } = valueAt(signal, a, now);
    return value ? [{ f: a, g: b, p: value, q: value, status }] : [];
  }
  const found: Stretch[] = [];
  for (const [n, left] of signal.samples.entries()) {
    const right = signal.samples[n + 1];
    // "A step whose newest sample is held up to `now` is a stretch that ends at `now`."
    const end = right ? right.at : now;
    const [f, g] = [left.at > a ? left.at : a, end < b ? end : b];
    if (f >= g) continue;
    const { value: p, status } = between(signal, left, right, f, now);
    const { value: q } = between(signal, left, right, g, now);
    if (p && q) found.push({ f, g, p, q, status });
  }
  return found;
}

export const numberOf = ({ is }: Value): Fraction => (typeof is === 'object' ? is : ZERO);

/** Whether two values are the same one. */
export const isSame = (x: Value, y: Value): boolean =>
  typeof x.is === 'object' && typeof y.is === 'object' ? x.is.n * y.is.d === y.is.n * x.is.d : x.is === y.is;
