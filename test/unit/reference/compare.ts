/** What the reference says of a case, and where the driver's answer differs from it. */
import type { ScalarValue } from '../../../src/contract/values.ts';
import { type Series, toInstant, toText } from './ask.ts';
import type { Case } from './cases.ts';
import {
  add,
  compare,
  type Fraction,
  fraction,
  magnitude,
  multiply,
  ofDouble,
  subtract,
  toDouble,
  ulp,
  ZERO,
} from './exact.ts';
import { instantsOf, intervalsOf } from './grid.ts';
import { momentOf, valueAt, type Value } from './signal.ts';
import { basisOf, type Method, unitOf } from './methods.ts';
import { factsOf, type Result, resultOf, statesOf } from './statistics.ts';

/** What a series should be. */
interface Expected {
  name: string;
  unit: string | undefined;
  times: bigint[];
  results: Result[];
}

export function expectedOf(one: Case): Expected[] {
  return one.function === 'interpolated' ? [expectedInterpolated(one)] : expectedAggregated(one);
}

function expectedInterpolated({ asked, signal, arrival }: Case): Expected {
  const times = instantsOf(asked);
  const results = times.map((t): Result => {
    const { value, status } = valueAt(signal, t, momentOf(arrival));
    const room = value?.between ? multiply(FOUR, ulp(value.between)) : ZERO;
    return { value, status, room };
  });
  return { name: 'interpolated', unit: signal.unit, times, results };
}

function expectedAggregated({ asked, signal, arrival, basis, stamp, methods }: Case): Expected[] {
  const intervals = intervalsOf(asked);
  const from = intervals[0]?.a ?? asked.start;
  const facts = intervals.map((interval) => factsOf(signal, interval, from, momentOf(arrival), basis));
  const used = basisOf(signal, basis);
  const times = intervals.map(({ a, b }) => (stamp === 'start' ? a : stamp === 'end' ? b : a + (b - a) / 2n));
  const states = statesOf(facts);
  return methods.flatMap((method): Expected[] => {
    const unit = unitOf(signal, used, method);
    const name = (inState?: ScalarValue): string => nameOf(method, used, inState);
    if (method !== 'durationInState' && method !== 'countInState') {
      return [{ name: name(), unit, times, results: facts.map((one) => resultOf(one, method)) }];
    }
    if (states.length === 0)
      return [{ name: name(null), unit, times, results: facts.map((one) => resultOf(one, method)) }];
    return states.map((state) => ({
      name: name(plain(state)),
      unit,
      times,
      results: facts.map((one) => resultOf(one, method, state)),
    }));
  });
}

const nameOf = (method: Method, basis: string, inState?: ScalarValue): string =>
  `${method} by ${basis}${inState === undefined ? '' : ` in ${JSON.stringify(inState)}`}`;

const plain = ({ is }: Value): ScalarValue => (typeof is === 'object' ? toDouble(is) : is);

/** The first difference, in words; undefined where there is none. */
export function differenceOf(one: Case, answer: Series[]): string | undefined {
  const expected = expectedOf(one);
  const found = answer.map(({ method, basis, inState }) =>
    method === undefined ? 'interpolated' : nameOf(method, basis ?? '', inState),
  );
  const names = expected.map(({ name }) => name);
  if (found.join() !== names.join()) return `series: ${found.join()}; right: ${names.join()}`;
  for (const [n, series] of answer.entries()) {
    const right = expected[n];
    if (!right) break;
    const times = right.times.map(toText);
    if (series.times.map(toInstant).join() !== right.times.join()) {
      return `times of ${right.name}: ${series.times.join()}; right: ${times.join()}`;
    }
    if (series.unit !== right.unit) return `unit of ${right.name}: ${series.unit}; right: ${right.unit}`;
    for (const [at, result] of right.results.entries()) {
      const isWrong = differs(series, at, result);
      if (isWrong) return `${right.name} at ${times[at]}: ${isWrong}`;
    }
  }
  return undefined;
}

function differs(series: Series, at: number, { value, status, room }: Result): string | undefined {
  const found = series.values[at];
  const said = `${JSON.stringify(found)} ${series.statuses[at]}`;
  if (value === undefined || isBeyond(value)) {
    return found === null && series.statuses[at] === 'Bad Data' ? undefined : `${said}; right: no value`;
  }
  const right = `right: ${describe(value)} ${status}`;
  if (series.statuses[at] !== status) return `${said}; ${right}`;
  if ('times' in value) {
    return typeof found === 'string' && value.times.includes(toInstant(found)) ? undefined : `${said}; ${right}`;
  }
  if ('d' in value || typeof value.is === 'object') {
    const exact = 'd' in value ? value : (value.is as Fraction);
    return typeof found === 'number' && isNear(found, exact, room, series.method) ? undefined : `${said}; ${right}`;
  }
  if (found !== value.is) return `${said}; ${right}`;
  const state = series.states?.[at] ?? null;
  return state === value.state ? undefined : `${said}, state ${state}; right: state ${value.state}`;
}

type Something = NonNullable<Result['value']>;
const describe = (value: Something): string =>
  'times' in value
    ? value.times.map(toText).join(' or ')
    : JSON.stringify('d' in value ? toDouble(value) : plain(value));

/** "A result that is beyond the largest number" */
const isBeyond = (value: Something): boolean => 'd' in value && !Number.isFinite(toDouble(value));

const FOUR = fraction(4n);

/** Of what is rounded more than once: a sum, its weight, and the division. All else is the nearest double. */
const MOST_ULPS: Partial<Record<Method, bigint>> = {
  ...{ average: 2n, total: 2n, stdDev: 4n, range: 1n },
  ...{ percentGood: 2n, durationGood: 1n, durationBad: 1n, durationInState: 1n },
};

/** As near as the method can be, and no nearer than its parts are. */
function isNear(found: number, exact: Fraction, room: Fraction, method: Method | undefined): boolean {
  const nearest = toDouble(exact);
  if (found === nearest) return true;
  const most = (method && MOST_ULPS[method]) ?? 0n;
  const off = magnitude(subtract(ofDouble(found), ofDouble(nearest)));
  return compare(off, add(multiply(fraction(most), ulp(exact)), room)) <= 0;
}
