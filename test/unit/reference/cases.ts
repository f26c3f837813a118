/** Cases that are hard on purpose: borders, changes of the clock, gaps of exactly the maximum, several samples at a time. */
import type { ScalarValue } from '../../../src/contract/values.ts';
import type { Random } from '../../support/random.ts';
import { type Asked, type Division, instantsOf, intervalsOf, type Unit } from './grid.ts';
import { isBad, momentOf, type Recorded, type Signal } from './signal.ts';
import { type Basis, type Method, methodsOf, numeric } from './methods.ts';
import { DAY, eras, HOUR, SECOND } from './zone.ts';

export interface Case {
  function: 'aggregated' | 'interpolated';
  asked: Asked;
  signal: Signal;
  /** When the request arrives. */
  arrival: bigint;
  basis: Basis;
  stamp: 'start' | 'middle' | 'end';
  methods: Method[];
  /** Lengths of the pages of the source, in order, also 0; the rest is one more page. */
  pages: number[];
}

const OF_NUMBERS: ReadonlySet<Method> = new Set(numeric);

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe', // half an hour
  'America/Sao_Paulo', // midnight does not exist
  'Asia/Kathmandu', // 5:45
  'Pacific/Apia', // 2011-12-30 does not exist
  'Africa/Cairo',
  'America/St_Johns', // changed at 00:01, so that a day is entered twice
  'America/Havana', // midnight is repeated
  'Asia/Gaza',
  'UTC',
];

/** What random changes of the clock seldom hit. */
const ODD: [zone: string, near: string][] = [
  ['Pacific/Apia', '2011-12-30T10:00:00Z'], // a day is left out
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'], // a day begins at 01:00
  ['America/Sao_Paulo', '2018-02-18T02:00:00Z'], // 23:00 to 24:00 comes twice
  ['America/St_Johns', '2010-11-07T02:31:00Z'], // a day begins, ends after a minute, and begins again
  ['Africa/Cairo', '2014-05-15T22:00:00Z'], // four changes in a year
  ['Africa/Cairo', '2024-04-25T22:00:00Z'],
  ['Asia/Kathmandu', '2026-01-01T00:00:00Z'],
];

const ODD_UNITS: Unit[] = ['d', 'd', 'd', 'd', 'w', 'mo', 'h', 'h', 'min'];

const MINUTE = 60n * SECOND;
const LENGTHS: Record<Unit, bigint> = {
  ...{ ms: SECOND / 1000n, s: SECOND, min: MINUTE, h: HOUR },
  ...{ d: DAY, w: 7n * DAY, mo: 30n * DAY, q: 91n * DAY, y: 365n * DAY },
};
const AMOUNTS: Record<Unit, number[]> = {
  ms: [1, 7, 250, 1000],
  s: [1, 10, 45, 61],
  min: [1, 5, 15, 20, 30, 45, 90, 7],
  h: [1, 2, 3, 5, 8, 12, 24, 36],
  d: [1, 1, 2, 3, 10],
  w: [1, 1, 2],
  mo: [1, 1, 2, 5],
  q: [1, 2],
  y: [1, 2],
};
/** Between them the clocks change. */
const EARLIEST = BigInt(Date.UTC(2007, 0, 1)) * 1_000_000n;
const LATEST = BigInt(Date.UTC(2030, 0, 1)) * 1_000_000n;
const MOST_INTERVALS = 10;
const MOST_SAMPLES = 14;

/** Some whole number of nanoseconds from 0 to below the bound. */
const within = (random: Random, bound: bigint): bigint =>
  bound <= 0n ? 0n : (BigInt(random.below(2 ** 30)) * (1n << 32n) + BigInt(random.below(2 ** 32))) % bound;

export function makeCase(random: Random): Case {
  const isAggregated = !random.chance(4);
  const asked = makeAsked(random);
  const borders = isAggregated ? intervalsOf(asked).flatMap(({ a, b }) => [a, b]) : instantsOf(asked);
  const arrival = makeArrival(random, asked, borders);
  const signal = makeSignal(random, asked, borders, momentOf(arrival));
  // Numbers with text among them have no statistics of numbers.
  const isPure = signal.valueType === 'string' || signal.samples.every(({ value }) => typeof value !== 'string');
  const possible = methodsOf(signal).filter((method) => isPure || !OF_NUMBERS.has(method));
  const all = random.chance(12);
  const methods = all ? possible : Array.from({ length: 1 + random.below(4) }, () => random.pick(possible));
  return {
    function: isAggregated ? 'aggregated' : 'interpolated',
    asked,
    signal,
    arrival,
    basis: random.chance(3) ? 'samples' : 'time',
    stamp: random.pick(['start', 'start', 'middle', 'end']),
    methods: [...new Set(methods)],
    pages: Array.from({ length: random.below(6) }, () => random.below(5)),
  };
}

function makeAsked(random: Random): Asked {
  const isOdd = random.chance(5);
  const [oddZone, near] = random.pick(ODD);
  const zone = isOdd ? oddZone : random.pick(ZONES);
  const changes = eras(zone).filter(({ from }) => EARLIEST <= from && from < LATEST);
  const around = isOdd
    ? BigInt(Date.parse(near)) * 1_000_000n
    : changes.length > 0 && !random.chance(4)
      ? random.pick(changes).from
      : BigInt(Date.UTC(2008 + random.below(20), random.below(12), 1 + random.below(31))) * 1_000_000n;
  const count = 1 + random.below(MOST_INTERVALS);
  const kind = random.below(8);
  if (kind === 0) {
    // A few nanoseconds.
    const start = around - BigInt(random.below(30));
    const end = start + BigInt(random.below(40));
    const each = BigInt(Math.max(1, Math.ceil(Number(end - start) / count) + random.below(3)));
    const byCount: Division = { by: 'count', count };
    const division: Division = random.chance(2) ? byCount : { by: 'each', nanoseconds: each };
    return { start, end, zone, division, align: 'start' };
  }
  const units = Object.keys(LENGTHS) as Unit[];
  const unit = random.pick(isOdd ? ODD_UNITS : units);
  const amount = random.pick(AMOUNTS[unit]);
  const each = LENGTHS[unit] * BigInt(amount);
  const longest = each * BigInt(count);
  const most = 3600n * DAY;
  const length = random.chance(20) ? 0n : random.chance(3) ? longest : within(random, longest) + 1n;
  const shortened = length > most ? most : length;
  const offset = random.chance(3) ? each * BigInt(random.below(count)) : within(random, shortened + each);
  // Also just beside the change itself.
  const start = isOdd && random.chance(3) ? around + within(random, 4n * HOUR) - 2n * HOUR : around - offset;
  const end = start + shortened;
  if (kind === 1) return { start, end, zone, division: { by: 'count', count }, align: 'start' };
  if (kind === 2) {
    // A number of milliseconds has digits for nanoseconds only where it is not too large.
    const exact = random.chance(2) || each > 10n * DAY ? each : each + BigInt(random.below(1000));
    const align = each <= 2n * DAY && !random.chance(3) ? 'clock' : 'start';
    return { start, end, zone, division: { by: 'each', nanoseconds: exact }, align };
  }
  const align = random.chance(3) ? 'start' : 'clock';
  return { start, end, zone, division: { by: 'interval', amount, unit }, align };
}

/** Mostly long after the range; also in it, at a border, and before it. */
function makeArrival(random: Random, { start, end }: Asked, borders: bigint[]): bigint {
  const late = end + 5000n * DAY;
  const at = random.below(8);
  if (at === 0) return start - 1n - within(random, 3n * DAY);
  if (at === 1) return start + within(random, end - start + 1n);
  if (at === 2 && borders.length > 0) return random.pick(borders) + BigInt(random.below(3) - 1) * 50_000_000n;
  if (at === 3) return end + within(random, end - start + HOUR);
  return late + within(random, HOUR);
}

type Kind = 'small' | 'any' | 'offset' | 'tiny' | 'huge' | 'mixed' | 'text' | 'enumeration' | 'both';

function makeValue(random: Random, kind: Kind): ScalarValue {
  const unit = (): number => random.below(2 ** 32) / 2 ** 32 + random.below(2 ** 20) / 2 ** 52;
  const sign = random.chance(2) ? -1 : 1;
  switch (kind) {
    case 'small':
      return sign * random.below(4);
    case 'any':
      return sign * unit() * 10 ** (random.below(9) - 3);
    case 'offset':
      return 1e15 + random.below(40) / 8;
    case 'tiny':
      return sign * unit() * 10 ** -(225 + random.below(30));
    case 'huge':
      return random.chance(4) ? sign * Number.MAX_VALUE : sign * unit() * 10 ** (290 + random.below(19));
    case 'mixed':
      return sign * unit() * 10 ** (random.below(60) - 30);
    case 'text':
      return random.pick(['', 'NaN', 'Infinity', '0', 'é', 'e\u0301', 'null', 'ON', 'on']);
    case 'both':
      return random.chance(2) ? random.below(4) : random.pick(['', 'Calc Failed', '1']);
    case 'enumeration':
      return random.pick(['OFF', 'ON', 'TRIP', 'RUN']);
  }
}

const KINDS: Kind[] = [
  'small',
  'small',
  'any',
  'any',
  'offset',
  'tiny',
  'huge',
  'mixed',
  'text',
  'enumeration',
  'both',
];
const UNITS = ['', 'm', '°C', 'kg/s', 'l / min', 'm³/h', 't/d', 'kW', 'var', 'mA', 'gpm', 'bpd', 'km/m', 'mW/h', '%'];

function makeSignal(random: Random, { start, end }: Asked, borders: bigint[], now: bigint): Signal {
  const kind = random.pick(KINDS);
  const isText = kind === 'text' || kind === 'enumeration';
  const badOneIn = random.pick([3, 6, 1000]);
  const doubtOneIn = random.pick([4, 10, 1000]);
  const one = (at: bigint): Recorded => {
    const value = makeValue(random, kind);
    if (random.chance(badOneIn)) return { at, value: null, status: 'Bad Data', state: null };
    const state = kind === 'enumeration' ? ['OFF', 'ON', 'TRIP', 'RUN'].indexOf(value as string) : null;
    return { at, value, status: random.chance(doubtOneIn) ? 'Questionable' : 'Good', state };
  };
  const unit = isText ? undefined : random.pick(UNITS) || undefined;
  const valueType = isText ? 'string' : 'number';
  if (random.chance(15)) {
    const { at: _, ...constant } = one(start);
    const samples = [...new Set([start, end])].map((at) => ({ at, ...constant }));
    return { samples, interpolation: 'step', maximum: undefined, valueType, unit, constant };
  }
  const interpolation = random.pick(['linear', 'linear', 'pilinear', 'step', 'step', 'discrete'] as const);
  const times = makeTimes(random, start, end, borders, now);
  const samples = times.map(one);
  const previous = (n: number): Recorded | undefined => samples[n - 1];
  if (random.chance(4)) {
    // One value for long.
    for (const [n, sample] of samples.entries()) {
      const before = previous(n);
      if (!before || isBad(before) || isBad(sample) || random.chance(4)) continue;
      [sample.value, sample.state] = [before.value, before.state];
    }
  }
  return { samples, interpolation, maximum: makeMaximum(random, times, end - start, now), valueType, unit };
}

function makeTimes(random: Random, start: bigint, end: bigint, borders: bigint[], now: bigint): bigint[] {
  const count = random.chance(15) ? 0 : 1 + random.below(MOST_SAMPLES);
  const length = end - start + 1n;
  const [low, room] = [start - length / 3n - 3n, length + (2n * length) / 3n + 6n];
  const times: bigint[] = [];
  for (let n = 0; n < count; n++) {
    const kind = random.below(9);
    const last = times.at(-1);
    if (kind <= 1 && borders.length > 0) times.push(random.pick(borders));
    else if (kind === 2 && borders.length > 0) times.push(random.pick(borders) + BigInt(random.below(3) - 1));
    else if (kind === 3 && last !== undefined) times.push(last);
    else if (kind === 4 && random.chance(2)) times.push(now + BigInt(random.below(3) - 1));
    else times.push(low + within(random, room));
  }
  return times.sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
}

/** Often exactly the distance of two samples, or that of the newest one to now, or a nanosecond beside. */
function makeMaximum(random: Random, times: bigint[], length: bigint, now: bigint): bigint | undefined {
  const [n, last] = [1 + random.below(Math.max(1, times.length - 1)), times.at(-1)];
  const [x, y] = [times[n - 1], times[n]];
  const beside = BigInt(random.below(3) - 1);
  const kind = random.below(8);
  let maximum: bigint | undefined;
  if (kind <= 2 && x !== undefined && y !== undefined) maximum = y - x + beside;
  else if (kind <= 4 && last !== undefined) maximum = now - last + beside;
  else if (kind === 5) maximum = within(random, length + 1n);
  else if (kind === 6) return undefined;
  else maximum = 10_000n * DAY;
  return maximum < 0n ? 0n : maximum;
}
