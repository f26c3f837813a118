/** Formulas: run and compile. */
import type { Call, Handlers, Reply } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import { compileFormula } from '../formula/compile.ts';
import { variablesOf } from '../formula/parameters.ts';
import { FormulaProblem } from '../formula/problem.ts';
import type { Cell, Column, Row, Table } from '../formula/table.ts';
import { RETURN_TYPES, type ScalarValue, type Value, type Evaluation } from '../formula/values.ts';
import { Meter, metered } from '../algebra/meter.ts';
import type { Work } from '../algebra/work.ts';
import { parseTime } from '../series/time.ts';
import { pagedCapsules } from './conditions.ts';
import type { KeyStyle } from './sample-text.ts';
import type { Models } from './shapes.ts';
import { pagedSamples } from './signals.ts';

type RunInput = Partial<Models['FormulaRunInputV1']>;
type RunOutput = Models['FormulaRunOutputV1'];

/** Members of a run that would spread it over assets. */
const ACROSS = ['root', 'reduceFormula', 'itemsToScaleAcross'] as const;

function run(call: Call, input: RunInput): Reply<RunOutput> {
  const formula = formulaTextOf(input);
  const evaluation: Evaluation = { now: call.server.plant.now, computed: [], meter: new Meter() };
  const value = compiled(() => compileFormula(formula, variablesOf(call.server.plant, input, evaluation), evaluation));
  switch (value.kind) {
    case 'signal':
    case 'condition':
      return paged(call, input, value, evaluation);
    case 'scalar':
      return { work: metered(scalarResult(value, evaluation), evaluation.meter) };
    case 'table':
      return { work: metered(tableResult(value.table, evaluation), evaluation.meter) };
    default:
      throw new SeeqError(400, `The formula returns a ${RETURN_TYPES[value.kind]}, which is not a result by itself`);
  }
}

/** @throws SeeqError 400 */
function formulaTextOf(input: RunInput): string {
  for (const name of ACROSS) {
    const given = input[name];
    if (given !== undefined && given !== null && given.length > 0) {
      throw new SeeqError(400, `The simulator does not run a formula across assets; leave out '${name}'`);
    }
  }
  if (input.formula !== undefined && input.formula !== '') return input.formula;
  if (input.function) throw new SeeqError(400, `There is no formula function with ID ${input.function} in the plant`);
  throw new SeeqError(400, 'A formula or a function is needed');
}

/** @throws SeeqError 400 with the place in the text */
function compiled(compile: () => Value): Value {
  try {
    return compile();
  } catch (error) {
    throw error instanceof FormulaProblem ? error.refusal() : error;
  }
}

function paged(
  call: Call,
  input: RunInput,
  value: Extract<Value, { kind: 'signal' | 'condition' }>,
  evaluation: Evaluation,
): Reply<RunOutput> {
  if (typeof input.start !== 'string' || typeof input.end !== 'string')
    throw new SeeqError(400, "This formula needs 'start' and 'end'");
  const window = { start: parseTime(input.start, 'start'), end: parseTime(input.end, 'end') };
  // Legacy is what formulas did before there was a choice: whole nanoseconds.
  const keys: KeyStyle = input.timeFormat === 'ISO8601' ? 'iso' : 'ns';
  const page = {
    limit: input.limit ?? null,
    continuationToken: input.continuationToken ?? null,
    offset: input.offset ?? null,
    keys,
  };
  const frame = [`{"${value.kind === 'signal' ? 'samples' : 'capsules'}":`, rest(RETURN_TYPES[value.kind])] as const;
  const reply =
    value.kind === 'signal'
      ? pagedSamples(call, value.signal, { ...window, boundary: 'Outside' }, page, frame)
      : pagedCapsules(call, value.condition, { ...window, ...page }, frame);
  return { text: metered(after(computeAll(evaluation), reply.text ?? []), evaluation.meter) };
}

/** Computes the scalars that the result needs, in steps. */
function* computeAll(evaluation: Evaluation): Work<void> {
  for (const scalar of evaluation.computed) yield* scalar.compute();
}

function* after(work: Work<void>, text: Iterable<string>): Generator<string> {
  while (work.next().done !== true) yield '';
  yield* text;
}

const NO_PROBLEMS = { metadata: {}, errors: [], warningCount: 0 };

/** Rest of a `FormulaRunOutputV1` after its result. */
function rest(returnType: string): string {
  return `,${JSON.stringify({ returnType, ...NO_PROBLEMS }).slice(1)}`;
}

function* scalarResult(scalar: ScalarValue, evaluation: Evaluation): Work<RunOutput> {
  yield* computeAll(evaluation);
  const { value, unit, uncertain } = yield* scalar.compute();
  return {
    scalar: { ...(value === undefined ? {} : { value }), uom: unit, isUncertain: uncertain === true },
    returnType: RETURN_TYPES.scalar,
    ...NO_PROBLEMS,
  };
}

function* tableResult(table: Table, evaluation: Evaluation): Work<RunOutput> {
  yield* computeAll(evaluation);
  const rows = yield* table.rows();
  const headers = table.columns.map((column, at) => headerOf(column, rows, at));
  const data = rows.map(({ cells }): Cell[] => [...cells]);
  return { table: { headers, data }, returnType: RETURN_TYPES.table, ...NO_PROBLEMS };
}

/** A column of properties is of numbers where its first value is one; only numbers have units. */
function headerOf({ name, type, units }: Column, rows: readonly Row[], at: number) {
  const first = rows.find(({ cells }) => cells[at] !== null)?.cells[at];
  const shown = type === 'string' && typeof first === 'number' ? 'number' : type;
  return { name, type: shown, ...(units === undefined || shown !== 'number' ? {} : { units }) };
}

function compile(call: Call, input: Models['FormulaCompileInputV1']): Reply<Models['FormulaCompileOutputV1']> {
  const evaluation: Evaluation = { now: call.server.plant.now, computed: [], meter: new Meter() };
  try {
    const variables = variablesOf(call.server.plant, { parameters: input.parameters }, evaluation);
    const value = compileFormula(input.formula ?? '', variables, evaluation);
    return { body: { returnType: RETURN_TYPES[value.kind], metadata: {}, errors: [] } };
  } catch (error) {
    if (!(error instanceof FormulaProblem)) throw error;
    return { body: { metadata: {}, errors: [error.entry()], statusMessage: error.refusal().message } };
  }
}

export const formulaHandlers: Handlers = {
  run_formula: (call) => run(call, call.parameters),
  run_formula_0: (call) => run({ ...(call as Call), address: `${call.address} ${bodyAddress(call.body)}` }, call.body),
  compile_formula: (call) => compile(call, { parameters: [], ...call.parameters }),
  compile_formula_and_parameters: (call) => compile(call, call.body),
};

/** The body without the members that only choose the page. */
function bodyAddress(body: Models['FormulaRunInputV1']): string {
  const { continuationToken: _token, limit: _limit, offset: _offset, ...question } = body;
  return JSON.stringify(question);
}
