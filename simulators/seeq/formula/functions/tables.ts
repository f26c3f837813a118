/**
 * Tables of capsules with statistics. The functions and their inputs are attested, with the names of the columns that
 * a client asks for; what a cell holds is inferred.
 */
import { shown } from '../../algebra/capsule-sets.ts';
import { paced } from '../../algebra/work.ts';
import type { Capsule } from '../../series/capsules.ts';
import { formatTime } from '../../series/time.ts';
import type { Inputs } from '../inputs.ts';
import { limited, MOST_ROWS, sortedBy, withColumns, type Cell, type Column, type Row, type SortKey } from '../table.ts';
import type { ConditionValue, Value } from '../values.ts';
import { SeeqError } from '../../http/errors.ts';
import type { FormulaFunction } from './function.ts';

const OWN_COLUMNS: Readonly<Record<string, Column['type']>> = {
  'capsule id': 'string',
  'original uncertainty': 'number',
  'condition id': 'string',
  start: 'date',
  end: 'date',
  'capsule sortkey': 'date',
};

function timeCell(time: bigint | undefined): Cell {
  return time === undefined ? null : formatTime(time);
}

function cellOf(name: string, capsule: Capsule, condition: ConditionValue): Cell {
  switch (name.toLowerCase()) {
    case 'capsule id':
      return capsule.id ?? null;
    case 'original uncertainty':
      // Booleans are numbers in tables.
      return Number(capsule.uncertain === true);
    case 'condition id':
      return condition.itemId ?? null;
    case 'start':
    case 'capsule sortkey':
      return timeCell(capsule.start);
    case 'end':
      return timeCell(capsule.end);
    default: {
      const value = capsule.properties.find((property) => property.name === name)?.value;
      return typeof value === 'boolean' ? Number(value) : (value ?? null);
    }
  }
}

function columnOf(name: string, conditions: readonly ConditionValue[]): Column {
  const own = Object.hasOwn(OWN_COLUMNS, name.toLowerCase()) ? OWN_COLUMNS[name.toLowerCase()] : undefined;
  if (own !== undefined) return { name, type: own };
  const units = conditions.flatMap(({ condition }) => condition.declared).find((one) => one.name === name)?.unit;
  return { name, type: 'string', ...(units === undefined ? {} : { units }) };
}

function capsuleTable(inputs: Inputs): Value {
  const window = inputs.of(0, 'capsule');
  const boundary = inputs.of(1, 'boundary').name;
  if (boundary !== 'Overlap') throw inputs.problem('ARGUMENT', 'The simulator knows CapsuleBoundary.Overlap only', 1);
  const { names } = inputs.of(2, 'group');
  const conditions = Array.from({ length: inputs.count - 3 }, (_unused, at) => inputs.condition(at + 3));
  return {
    kind: 'table',
    table: {
      columns: names.map((name) => columnOf(name, conditions)),
      *rows() {
        const rows: Row[] = [];
        for (const condition of conditions) {
          yield* paced(shown(condition.condition).overlapping(window.start, window.end), (capsule) => {
            const { start, end } = capsule;
            const range = start === undefined || end === undefined ? undefined : { start, end };
            rows.push({ range, cells: names.map((name) => cellOf(name, capsule, condition)) });
            if (rows.length > MOST_ROWS) throw new SeeqError(400, `A table has at most ${MOST_ROWS} rows`);
          });
        }
        return rows;
      },
    },
  };
}

function addStatColumn(inputs: Inputs): Value {
  const { table } = inputs.of(0, 'table');
  const name = inputs.text(1);
  const { signal } = inputs.signal(2);
  const statistics = Array.from({ length: inputs.count - 3 }, (_unused, at) => inputs.statistic(at + 3));
  for (const [at, { ofText, name: called }] of statistics.entries()) {
    if (signal.unit === 'string' && ofText !== true) {
      throw inputs.problem('TYPE', `A text signal has no ${called}()`, at + 3);
    }
  }
  const columns = statistics.map((statistic): Column => {
    const units = statistic.unit(signal.unit ?? '');
    const type = units === 'string' ? 'string' : 'number';
    return { name: `${name} ${statistic.name}`, type, ...(units === '' || units === 'string' ? {} : { units }) };
  });
  return {
    kind: 'table',
    table: withColumns(table, columns, function* cells({ range }) {
      const values: Cell[] = [];
      for (const { over } of statistics) {
        values.push(range === undefined ? null : ((yield* over(signal, range)) ?? null));
      }
      return values;
    }),
  };
}

/** Pairs of a column and a direction: `asc` or `desc`, after `inv` where cells without value come first. */
function sort(inputs: Inputs): Value {
  const { table } = inputs.of(0, 'table');
  const keys: SortKey[] = [];
  for (let at = 1; at < inputs.count; at += 2) {
    const name = inputs.text(at);
    const words = (at + 1 < inputs.count ? inputs.text(at + 1) : 'asc').split(/[\s,]+/);
    const column = table.columns.findIndex((one) => one.name.toLowerCase() === name.toLowerCase());
    if (column < 0) throw inputs.problem('ARGUMENT', `The table has no column '${name}'`, at);
    keys.push({ column, descending: words.includes('desc'), invalidFirst: words[0] === 'inv' });
  }
  return { kind: 'table', table: sortedBy(table, keys) };
}

export const TABLE_FUNCTIONS: readonly FormulaFunction[] = [
  { name: 'capsuleTable', inputs: [4, 20], apply: capsuleTable },
  { name: 'addStatColumn', inputs: [4, 20], apply: addStatColumn },
  { name: 'sort', inputs: [2, 21], apply: sort },
  {
    name: 'limit',
    inputs: [3, 3],
    apply: (inputs) => ({
      kind: 'table',
      table: limited(inputs.of(0, 'table').table, inputs.number(1), inputs.number(2)),
    }),
  },
  {
    name: 'toTable',
    inputs: [2, 2],
    apply: (inputs): Value => {
      const { capsules } = inputs.of(0, 'capsules');
      inputs.text(1);
      const rows = capsules.map((range): Row => ({ range, cells: [formatTime(range.start), formatTime(range.end)] }));
      return {
        kind: 'table',
        table: {
          columns: [
            { name: 'Start', type: 'date' },
            { name: 'End', type: 'date' },
          ],
          *rows() {
            yield;
            return rows;
          },
        },
      };
    },
  },
];
