/** Functions that make a condition, and the words that say which values or capsules are meant. */
import { CALENDAR_UNITS, calendar, checkZone, LONGEST, periods } from '../../algebra/calendar.ts';
import { atLeast, atMost, chosen, merged, withCursor, withProperty } from '../../algebra/capsule-sets.ts';
import { searched, type Test } from '../../algebra/value-search.ts';
import type { ConditionData } from '../../plant/item.ts';
import type { CapsuleProperty, CapsuleSet } from '../../series/capsules.ts';
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
    apply: (inputs, world) => {
      const zone = inputs.count > 0 ? inputs.text(0) : 'UTC';
      try {
        checkZone(zone);
      } catch {
        throw inputs.problem('ARGUMENT', `There is no time zone '${zone}'`, 0);
      }
      const condition = {
        capsules: calendar(unit, zone, world.now),
        maxDuration: LONGEST[unit],
        declared: [{ name: 'Year' }],
      };
      return { kind: 'condition', condition: world.meter.condition(condition), cost: 1 };
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

export const CONDITION_FUNCTIONS: readonly FormulaFunction[] = [
  ...CALENDAR_UNITS.map(calendarFunction),
  {
    name: 'periods',
    inputs: [1, 2],
    apply: (inputs, world) => {
      const length = inputs.period(0);
      const period = inputs.count > 1 ? inputs.period(1) : length;
      const condition = { capsules: periods(length, period, world.now), maxDuration: length, declared: [] };
      return { kind: 'condition', condition: world.meter.condition(condition), cost: 1 };
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
      // The longest duration may stand before the test.
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
