/** Statistics of one interval, each as docs/statistics.md defines it, by going through all samples. */
import type { ValueStatus } from '../../../src/contract/values.ts';
import {
  add,
  compare,
  divide,
  type Fraction,
  fraction,
  larger,
  magnitude,
  multiply,
  squareRoot,
  subtract,
  sum,
  ulp,
  ZERO,
} from './exact.ts';
import type { Interval } from './grid.ts';
import { type Basis, basisOf, type Method, totalOf } from './methods.ts';
import {
  isBad,
  isSame,
  numberOf,
  recordedValue,
  type Signal,
  type Stretch,
  stretchesOf,
  type Value,
} from './signal.ts';

/** What there is to know about an interval, in the words of the page. */
export interface Facts extends Interval {
  signal: Signal;
  now: bigint;
  basis: Basis;
  /** Good samples. */
  s: { at: bigint; value: Value }[];
  bad: number;
  stretches: Stretch[];
  /** Known and unknown time, in nanoseconds. */
  known: bigint;
  unknown: bigint;
  O: boolean;
  Us: boolean;
  Ut: boolean;
  /** The good sample before the first of `s`. */
  before: Value | undefined;
}

/** @param from where the intervals begin: only the nearest sample before it counts */
export function factsOf(signal: Signal, { a, b }: Interval, from: bigint, now: bigint, asked: Basis): Facts {
  // "A constant has no recorded samples"
  const recorded = signal.constant ? [] : signal.samples;
  const inside = recorded.filter(({ at }) => a <= at && at < b);
  const stretches = stretchesOf(signal, a, b, now);
  const known = stretches.reduce((length, { f, g }) => length + g - f, 0n);
  const past = signal.constant ? b - a : now <= a ? 0n : (now < b ? now : b) - a;
  const inThePast = signal.constant
    ? known
    : stretches.reduce((length, { f, g }) => length + (f < now ? (g < now ? g : now) - f : 0n), 0n);
  const nearest = recorded.findLast(({ at }) => at < from);
  const earlier = [...(nearest ? [nearest] : []), ...recorded.filter(({ at }) => from <= at && at < a)];
  const before = earlier.findLast((one) => !isBad(one));
  return {
    a,
    b,
    signal,
    now,
    basis: basisOf(signal, asked),
    s: inside.filter((one) => !isBad(one)).map((one) => ({ at: one.at, value: recordedValue(one) })),
    bad: inside.filter(isBad).length,
    stretches,
    known,
    unknown: past - inThePast,
    O: !signal.constant && b > now,
    Us: inside.some(({ status }) => status === 'Questionable'),
    Ut: stretches.some(({ status }) => status === 'Questionable'),
    before: before && recordedValue(before),
  };
}

/** A number, a value of the signal, or an instant. */
export interface Result {
  value: Fraction | Value | { times: bigint[] } | undefined;
  status: ValueStatus;
  /** By how much doubles may miss it, beside the rounding of the result itself. */
  room: Fraction;
}

/** The result for an interval. @param state of `durationInState` and `countInState` */
export function resultOf(facts: Facts, method: Method, state?: Value): Result {
  const value = hasNothing(facts, method) ? undefined : valueOf(facts, method, state);
  return { value, status: value === undefined ? 'Bad Data' : statusOf(facts, method), room: roomOf(facts, method) };
}

const isCount = (method: Method): boolean => method === 'count' || method === 'countGood' || method === 'countBad';

/** Section "No value", 2 and 4; 1 and 3 are where the value is made. */
function hasNothing({ s, bad, stretches, a, now, signal }: Facts, method: Method): boolean {
  if (!signal.constant && a >= now && stretches.length === 0 && s.length + bad === 0) return true;
  const isOfStates = method === 'transitions' || method === 'countInState' || method === 'durationInState';
  return isOfStates && stretches.length === 0 && s.length === 0;
}

/** Section "Status of a result". */
function statusOf({ O, Us, Ut, bad, unknown, basis }: Facts, method: Method): ValueStatus {
  const [Bs, Bt] = [bad > 0, unknown > 0n];
  let isQuestionable: boolean;
  if (isCount(method) || (method === 'percentGood' && basis === 'samples')) isQuestionable = O || Us;
  else if (method === 'durationGood' || method === 'durationBad' || method === 'percentGood') {
    isQuestionable = O || Us || Ut;
  } else if (method === 'durationInState' || basis === 'time') isQuestionable = O || Us || Ut || Bs || Bt;
  else isQuestionable = O || Us || Bs;
  return isQuestionable ? 'Questionable' : 'Good';
}

/**
 * Doubles round each value between two samples (by the digits of the larger sample), each product of a value and a time,
 * and each distance from a mean; what is made of these cannot be better. Sums add nothing, because they are compensated.
 */
function roomOf(facts: Facts, method: Method): Fraction {
  const { basis, known, stretches, signal } = facts;
  const blur = multiply(whole(4), coarse(blurOf(facts)));
  if (method === 'stdDev') return add(blur, multiply(whole(2), coarse(reachOf(facts))));
  if (basis === 'samples' || known === 0n || (method !== 'average' && method !== 'total')) return blur;
  const sizes = stretches.map(({ f, g, p, q }) => {
    const size = divide(add(magnitude(numberOf(p)), magnitude(numberOf(q))), whole(2));
    return multiply(size, seconds(g - f));
  });
  const products = divide(sum(sizes), seconds(known));
  const room = add(blur, multiply(whole(2), coarse(products)));
  return method === 'average' ? room : divide(multiply(room, seconds(known)), whole(totalOf(signal.unit).divisor));
}

const coarse = (x: Fraction): Fraction => (x.n === 0n ? ZERO : ulp(x));

/** The largest value between two samples at a border counts by these samples. */
const blurOf = ({ stretches }: Facts): Fraction =>
  stretches.flatMap(({ p, q }) => [p.between ?? ZERO, q.between ?? ZERO]).reduce(larger, ZERO);

/** From the lowest to the highest value. */
function reachOf(facts: Facts): Fraction {
  const [low, high] = [extreme(facts, -1), extreme(facts, 1)];
  return low && high ? subtract(high.value, low.value) : ZERO;
}

const SECOND = 1_000_000_000n;
const seconds = (length: bigint): Fraction => fraction(length, SECOND);
const whole = (n: number): Fraction => fraction(BigInt(n));
const mean = (s: Facts['s']): Fraction => divide(sum(s.map(({ value }) => numberOf(value))), whole(s.length));

/** The sum of `L·(p+q)/2` over all stretches. */
const area = (stretches: readonly Stretch[]): Fraction =>
  sum(stretches.map(({ f, g, p, q }) => multiply(seconds(g - f), divide(add(numberOf(p), numberOf(q)), whole(2)))));

function valueOf(facts: Facts, method: Method, state?: Value): Result['value'] {
  const { s, bad, known, unknown, stretches, basis } = facts;
  switch (method) {
    case 'average':
      return average(facts);
    case 'min':
      return extreme(facts, -1)?.value;
    case 'max':
      return extreme(facts, 1)?.value;
    case 'minTime':
      return extreme(facts, -1);
    case 'maxTime':
      return extreme(facts, 1);
    case 'range': {
      const [low, high] = [extreme(facts, -1), extreme(facts, 1)];
      return low && high && subtract(high.value, low.value);
    }
    case 'total': {
      if (basis === 'samples') return s.length === 0 ? undefined : sum(s.map(({ value }) => numberOf(value)));
      return known === 0n ? undefined : divide(area(stretches), whole(totalOf(facts.signal.unit).divisor));
    }
    case 'stdDev': {
      const squares = variance(facts);
      return squares && squareRoot(squares);
    }
    case 'first':
      return first(facts);
    case 'last':
      return last(facts);
    case 'count':
    case 'countGood':
      return whole(s.length);
    case 'countBad':
      return whole(bad);
    case 'durationGood':
      return seconds(known);
    case 'durationBad':
      return seconds(unknown);
    case 'percentGood': {
      const [good, all] = basis === 'time' ? [known, known + unknown] : [BigInt(s.length), BigInt(s.length + bad)];
      return all === 0n ? undefined : fraction(100n * good, all);
    }
    case 'durationInState':
      return seconds(stretches.reduce((all, { f, g, p }) => all + (state && isSame(p, state) ? g - f : 0n), 0n));
    case 'countInState':
      return whole(s.filter(({ value }) => state && isSame(value, state)).length);
    case 'transitions': {
      const all = [facts.before, ...s.map(({ value }) => value)].filter((value) => value !== undefined);
      const changes = all.filter((value, n) => n > 0 && !isSame(value, all[n - 1] ?? value));
      return whole(changes.length);
    }
  }
}

function average({ basis, s, known, stretches }: Facts): Fraction | undefined {
  if (basis === 'time' && known > 0n) return divide(area(stretches), seconds(known));
  return s.length === 0 ? undefined : mean(s);
}

function variance(facts: Facts): Fraction | undefined {
  const { basis, s, known, stretches } = facts;
  const average_ = average(facts);
  if (average_ === undefined) return undefined;
  const m = lowestTerms(average_);
  if (basis === 'time' && known > 0n) {
    const parts = stretches.map(({ f, g, p, q }) => {
      const [x, y] = [subtract(numberOf(p), m), subtract(numberOf(q), m)];
      const squares = add(add(multiply(x, x), multiply(x, y)), multiply(y, y));
      return multiply(seconds(g - f), divide(squares, whole(3)));
    });
    return divide(sum(parts), seconds(known));
  }
  const divisor = basis === 'time' ? s.length : s.length - 1;
  if (divisor === 0) return undefined;
  const squares = s.map(({ value }) => subtract(numberOf(value), m)).map((x) => multiply(x, x));
  return divide(sum(squares), whole(divisor));
}

/** A mean with few digits keeps its squares short. */
function lowestTerms({ n, d }: Fraction): Fraction {
  let [x, y] = [n < 0n ? -n : n, d];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? ZERO : fraction(n / x, d / x);
}

/** The lowest or highest value, and the times at which it may be said to be: the earliest, and such as a double blurs. */
function extreme(facts: Facts, sign: 1 | -1): { value: Fraction; times: bigint[] } | undefined {
  const { basis, s, stretches } = facts;
  const points = s.map(({ at, value }) => ({ at, value: numberOf(value) }));
  if (basis === 'time') {
    for (const { f, g, p, q } of stretches) points.push({ at: f, value: numberOf(p) }, { at: g, value: numberOf(q) });
  }
  const [any] = points;
  if (!any) return undefined;
  const value = points.reduce((best, point) => (compare(point.value, best) === sign ? point.value : best), any.value);
  const best = points.filter((point) => compare(point.value, value) === 0).map(({ at }) => at);
  const earliest = best.reduce((x, y) => (x < y ? x : y));
  const room = multiply(blurOf(facts), fraction(1n, 1n << 50n));
  const blurred = points.filter((point) => compare(magnitude(subtract(point.value, value)), room) <= 0);
  return { value, times: [earliest, ...(room.n === 0n ? [] : blurred.map(({ at }) => at))] };
}

/** "the value at `a`. If there is none: the first of `s`" */
function first({ basis, a, s, stretches, signal }: Facts): Value | undefined {
  if (basis === 'samples') return s[0]?.value;
  const recorded = signal.constant ? undefined : signal.samples.findLast(({ at }) => at === a);
  const stretch = stretches.find(({ f }) => f === a);
  const atStart = recorded ? (isBad(recorded) ? undefined : recordedValue(recorded)) : stretch?.p;
  return atStart ?? s[0]?.value;
}

/** "what comes last in time: the `q` of the last stretch or the last of `s`"; at one time the sample. */
function last({ basis, s, stretches }: Facts): Value | undefined {
  const [sample, stretch] = [s.at(-1), stretches.at(-1)];
  if (basis === 'samples' || !stretch) return sample?.value;
  return sample && sample.at >= stretch.g ? sample.value : stretch.q;
}

/** The values of a signal in all intervals, in the order in which they appear. */
export function statesOf(all: readonly Facts[]): Value[] {
  const found: Value[] = [];
  for (const { stretches, s } of all) {
    const points = [
      ...stretches.map(({ f, p }) => ({ at: f, isSample: 0, value: p })),
      ...s.map(({ at, value }) => ({ at, isSample: 1, value })),
    ];
    // A stretch begins with the last sample of its time.
    points.sort((x, y) => (x.at === y.at ? y.isSample - x.isSample : x.at < y.at ? -1 : 1));
    for (const { value } of points) if (!found.some((one) => isSame(one, value))) found.push(value);
  }
  return found;
}
