/** Functions that make a condition, and the words that say which values or capsules are meant. */
import { CALENDAR_UNITS, calendar, checkZone, LONGEST, periods } from '../../algebra/calendar.ts';
import { atLeast, atMost, chosen, merged, withCursor, withProperty } from '../../algebra/capsule-sets.ts';
import { conditionOfSamples } from '../../algebra/from-conditions.ts';
import { searched, type Test } from '../../algebra/value-search.ts';
import type { ConditionData } from '../../plant/item.ts';
import { guidOf } from '../../plant/guid.ts';
import { listCapsules, type Capsule, type CapsuleProperty, type CapsuleSet } from '../../series/capsules.ts';
import type { Inputs } from '../inputs.ts';
import { valueOf, type ConditionValue, type Value } from '../values.ts';
import type { FormulaFunction } from './function.ts';

function made(from: ConditionValue, capsules: CapsuleSet, more: Partial<ConditionData> = {}): ConditionValue {
  return { kind: 'condition', condition: { ...from.condition, ...more, capsules }, cost: from.cost + 1 };
}

function calendarFunction(unit: (typeof CALENDAR_UNITS)[number]): FormulaFunction {
  return {
    name: `${unit}s`,
    inputs: [0, 1],
    apply: (inputs, evaluation) => {
      const zone = inputs.count > 0 ? inputs.text(0) : 'UTC';
      try {
        checkZone(zone);
      } catch {
        throw inputs.problem('ARGUMENT', `There is no time zone '${zone}'`, 0);
      }
      const condition = {
        capsules: calendar(unit, zone, evaluation.now),
        maxDuration: LONGEST[unit],
        declared: [{ name: unit === 'hour' ? 'Hour' : 'Year' }],
      };
      return { kind: 'condition', condition: evaluation.meter.condition(condition), cost: 1 };
    },
  };
}

function testFunction(name: string, passes: (value: number | string, other: number | string) => boolean) {
  return {
    name,
    inputs: [1, 1],
    apply: (inputs: Inputs): Value => {
      const scalar = inputs.scalar(0);
      const other = (): number | string | undefined => {
        const { value } = valueOf(scalar);
        return typeof value === 'boolean' ? Number(value) : value;
      };
      const test: Test = {
        passes: (value) => {
          const limit = other();
          return limit !== undefined && typeof limit === typeof value && passes(value, limit);
        },
        get limit() {
          const limit = other();
          return typeof limit === 'number' ? limit : Number.NaN;
        },
      };
      return { kind: 'test', test };
    },
  } as const satisfies FormulaFunction;
}

function limitDuration(name: string): FormulaFunction {
  return {
    name,
    inputs: [2, 2],
    apply: (inputs) => {
      const [from, longest] = [inputs.condition(0), inputs.duration(1)];
      return made(from, atMost(from.condition.capsules, longest), { maxDuration: longest });
    },
  };
}

/** Capsules that the text itself gives, after their longest duration or without one. */
function listed(inputs: Inputs): Value {
  const first = inputs.kind(0) === 'scalar' ? 1 : 0;
  const given = Array.from({ length: inputs.count - first }, (_unused, at) => inputs.of(at + first, 'capsule'));
  const capsules = given
    .map(({ start, end }): Capsule => {
      return { id: guidOf('condition', `${String(start)}/${String(end)}`), start, end, properties: [] };
    })
    .sort((a, b) => ((a.start ?? 0n) < (b.start ?? 0n) ? -1 : 1));
  const longest = given.reduce((most, { start, end }) => (end - start > most ? end - start : most), 0n);
  const maxDuration = first === 1 ? inputs.duration(0) : longest;
  return { kind: 'condition', condition: { capsules: listCapsules(capsules), maxDuration, declared: [] }, cost: 1 };
}

export const CONDITION_FUNCTIONS: readonly FormulaFunction[] = [
  { name: 'condition', inputs: [1, 500], apply: listed },
  {
    name: 'toCondition',
    inputs: [1, 1],
    apply: (inputs) => {
      const { signal, cost } = inputs.signal(0);
      return { kind: 'condition', condition: conditionOfSamples(signal), cost: cost + 1 };
    },
  },
  ...CALENDAR_UNITS.map(calendarFunction),
  {
    name: 'periods',
    inputs: [1, 2],
    apply: (inputs, evaluation) => {
      const length = inputs.period(0);
      const period = inputs.count > 1 ? inputs.period(1) : length;
      const condition = { capsules: periods(length, period, evaluation.now), maxDuration: length, declared: [] };
      return { kind: 'condition', condition: evaluation.meter.condition(condition), cost: 1 };
    },
  },
  testFunction('isGreaterThan', (value, other) => value > other),
  testFunction('isLessThan', (value, other) => value < other),
  testFunction('isEqualTo', (value, other) => value === other),
  testFunction('isNotEqualTo', (value, other) => value !== other),
  {
    name: 'valueSearch',
    inputs: [2, 3],
    apply: (inputs) => {
      const from = inputs.signal(0);
      // The longest duration may precede the test.
      const longest = inputs.kind(1) === 'scalar' ? inputs.duration(1) : undefined;
      const test = inputs.test(longest === undefined ? 1 : 2);
      const condition = {
        capsules: searched(from.signal, test, longest),
        declared: [],
        ...(longest === undefined ? {} : { maxDuration: longest }),
      };
      return { kind: 'condition', condition, cost: from.cost + 1 };
    },
  },
  limitDuration('setMaximumDuration'),
  limitDuration('removeLongerThan'),
  {
    name: 'removeShorterThan',
    inputs: [2, 2],
    apply: (inputs) => made(inputs.condition(0), atLeast(inputs.condition(0).condition.capsules, inputs.duration(1))),
  },
  {
    name: 'merge',
    inputs: [1, 2],
    apply: (inputs) => {
      const from = inputs.condition(0);
      const { capsules, maxDuration } = from.condition;
      const { maxDuration: _joined, ...rest } = from.condition;
      const joined = merged(capsules, inputs.count > 1 ? inputs.duration(1) : 0n, maxDuration);
      return { kind: 'condition', condition: { ...rest, capsules: joined }, cost: from.cost + 1 };
    },
  },
  {
    name: 'setProperty',
    inputs: [3, 3],
    apply: (inputs) => {
      const from = inputs.condition(0);
      const name = inputs.text(1);
      const scalar = inputs.scalar(2);
      const shown = scalar.unit === '' || scalar.unit === 'string' ? {} : { unit: scalar.unit };
      const property = (): CapsuleProperty => {
        const { value } = valueOf(scalar);
        return { name, ...(value === undefined ? {} : { value }), ...shown };
      };
      return made(from, withProperty(from.condition.capsules, property), {
        declared: [...from.condition.declared.filter((one) => one.name !== name), { name, ...shown }],
      });
    },
  },
  {
    name: 'setCursor',
    inputs: [2, 2],
    apply: (inputs) => {
      const from = inputs.condition(0);
      return made(from, withCursor(from.condition.capsules, inputs.of(1, 'time').at));
    },
  },
  {
    name: 'keep',
    inputs: [3, 3],
    apply: (inputs) => {
      const [from, name, test] = [inputs.condition(0), inputs.text(1), inputs.test(2)];
      const kept = chosen(from.condition.capsules, ({ properties }) => {
        const value = properties.find((property) => property.name === name)?.value;
        return value !== undefined && test.passes(typeof value === 'boolean' ? String(value) : value);
      });
      return made(from, kept);
    },
  },
];
