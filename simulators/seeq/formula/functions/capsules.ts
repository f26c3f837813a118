/** Single capsules, times, groups, and where on a capsule a sample lies. */
import { Temporal } from 'temporal-polyfill';
import { parseTime } from '../../series/time.ts';
import type { Inputs } from '../inputs.ts';
import type { Value } from '../values.ts';
import type { FormulaFunction } from './function.ts';

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** A time with offset; one without is taken in UTC. [Inferred.] */
function timeOf(text: string): bigint {
  if (/(Z|[+-]\d\d:?\d\d)$/i.test(text) || text.endsWith(' ns')) return parseTime(text, 'time');
  return Temporal.PlainDateTime.from(text).toZonedDateTime('UTC').epochNanoseconds;
}

/** `March 2020`, or an ISO 8601 year, month or day, in UTC. */
function namedCapsule(text: string): { start: bigint; end: bigint } {
  const [, month, year] = /^\s*([A-Za-z]+)\s+(\d{4})\s*$/.exec(text) ?? [];
  const at = MONTHS.indexOf((month ?? '').toLowerCase());
  const date = at >= 0 && year !== undefined ? `${year}-${String(at + 1).padStart(2, '0')}` : text.trim();
  const unit = /^\d{4}$/.test(date) ? 'years' : /^\d{4}-\d\d$/.test(date) ? 'months' : 'days';
  const first = unit === 'years' ? `${date}-01-01` : unit === 'months' ? `${date}-01` : date;
  const start = Temporal.PlainDate.from(first).toZonedDateTime('UTC');
  return { start: start.epochNanoseconds, end: start.add({ [unit]: 1 }).epochNanoseconds };
}

function read<T>(inputs: Inputs, at: number, how: (text: string) => T): T {
  const text = inputs.text(at);
  try {
    return how(text);
  } catch {
    throw inputs.problem('ARGUMENT', `'${text}' is not a time that ${inputs.name}() takes`, at);
  }
}

export const CAPSULE_FUNCTIONS: readonly FormulaFunction[] = [
  {
    name: 'capsule',
    inputs: [1, 2],
    apply: (inputs): Value => {
      if (inputs.count === 1) return { kind: 'capsule', ...read(inputs, 0, namedCapsule) };
      const [start, end] = [read(inputs, 0, timeOf), read(inputs, 1, timeOf)];
      if (end < start) throw inputs.problem('ARGUMENT', 'The end of the capsule lies before its start', 1);
      return { kind: 'capsule', start, end };
    },
  },
  { name: 'toTime', inputs: [1, 1], apply: (inputs) => ({ kind: 'time', at: read(inputs, 0, timeOf) }) },
  { name: 'startKey', inputs: [0, 0], apply: () => ({ kind: 'key', place: 'start' }) },
  { name: 'middleKey', inputs: [0, 0], apply: () => ({ kind: 'key', place: 'middle' }) },
  { name: 'endKey', inputs: [0, 0], apply: () => ({ kind: 'key', place: 'end' }) },
  {
    name: 'group',
    inputs: [1, 500],
    apply: (inputs): Value => {
      const all = Array.from({ length: inputs.count }, (_unused, at) => at);
      if (inputs.kind(0) === 'capsule')
        return { kind: 'capsules', capsules: all.map((at) => inputs.of(at, 'capsule')) };
      return { kind: 'group', names: all.map((at) => inputs.text(at)) };
    },
  },
];
