/** Formulas: for now those that name one item and return it as it is. */
import type { Call, Handlers, Reply } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import { parseTime } from '../series/time.ts';
import { pagedCapsules } from './conditions.ts';
import { itemOf } from './find.ts';
import type { KeyStyle } from './sample-text.ts';
import type { Models } from './shapes.ts';
import { pagedSamples } from './signals.ts';

type RunInput = Models['FormulaRunInputV1'];

/** Rest of a `FormulaRunOutputV1` after its result. */
function rest(returnType: string): string {
  return `,"returnType":"${returnType}","metadata":{},"errors":[],"warningCount":0}`;
}

function run(call: Call, input: Partial<RunInput>): Reply<Models['FormulaRunOutputV1']> {
  if (input.formula === undefined || input.formula === '')
    throw new SeeqError(400, 'A formula or a function is needed');
  const item = boundItem(call, input.formula, input.parameters ?? []);
  if (item.redacted) throw new SeeqError(403, `You have no permission to read the item with ID ${item.id}`);
  // Legacy is what formulas did before there was a choice: whole nanoseconds.
  const keys: KeyStyle = input.timeFormat === 'ISO8601' ? 'iso' : 'ns';
  if (item.scalar !== undefined) return { body: scalarResult(item.scalar) };
  if (typeof input.start !== 'string' || typeof input.end !== 'string')
    throw new SeeqError(400, "This formula needs 'start' and 'end'");
  const window = { start: parseTime(input.start, 'start'), end: parseTime(input.end, 'end') };
  const page = {
    limit: input.limit ?? null,
    continuationToken: input.continuationToken ?? null,
    offset: input.offset ?? null,
    keys,
  };
  if (item.signal !== undefined) {
    return pagedSamples(call, item.signal, { ...window, boundary: 'Outside' }, page, ['{"samples":', rest('Signal')]);
  }
  if (item.condition !== undefined) {
    return pagedCapsules(call, item.condition, { ...window, ...page }, ['{"capsules":', rest('Condition')]);
  }
  throw new SeeqError(400, `The item with ID ${item.id} is of type ${item.type} and cannot be used in a formula`);
}

function scalarResult(scalar: NonNullable<Item['scalar']>): Models['FormulaRunOutputV1'] {
  return {
    scalar: { ...(scalar.value === undefined ? {} : { value: scalar.value }), uom: scalar.unit, isUncertain: false },
    returnType: 'Scalar',
    metadata: {},
    errors: [],
    warningCount: 0,
  };
}

/** The item that a formula such as `$signal` names, by its parameter. */
function boundItem(call: Call, formula: string, parameters: readonly string[]): Item {
  const variable = /^\s*\$(\w+)\s*$/.exec(formula)?.[1];
  if (variable === undefined) {
    throw new SeeqError(400, 'The simulator cannot run this formula', [
      { message: `Not understood: ${formula}`, line: 1, column: 1 },
    ]);
  }
  for (const parameter of parameters) {
    const at = parameter.indexOf('=');
    if (parameter.slice(0, at) !== variable) continue;
    return itemOf(call.server.plant, parameter.slice(at + 1));
  }
  const message = `Unknown variable '$${variable}'`;
  throw new SeeqError(400, message, [{ message, line: 1, column: formula.indexOf('$') + 1 }]);
}

export const formulaHandlers: Handlers = {
  run_formula: (call) => run(call, call.parameters),
  run_formula_0: (call) => run({ ...(call as Call), address: `${call.address} ${bodyAddress(call.body)}` }, call.body),
};

/** The body without the members that only choose the page. */
function bodyAddress(body: RunInput): string {
  const { continuationToken: _token, limit: _limit, offset: _offset, ...question } = body;
  return JSON.stringify(question);
}
