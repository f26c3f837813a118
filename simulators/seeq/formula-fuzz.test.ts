/** Formulas put together from what formulas are made of: whatever comes out, the answer is a result or a place. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, CONDITIONS, idOf, NOW, SIGNALS, type Caller } from './testing.ts';
import { FUNCTION_NAMES } from './formula/functions/all.ts';

const PARAMETERS = [
  ...['Fast', 'Gappy', 'Bad and Uncertain', 'Bad Text', 'Three Samples', 'Empty', 'Equal Keys', 'Extreme Numbers'].map(
    (name, at) => `s${at}=${idOf(`${SIGNALS} >> ${name}`)}`,
  ),
  ...['Alarms', 'Open Start', 'Open End', 'Always', 'Moments'].map(
    (name, at) => `c${at}=${idOf(`${CONDITIONS} >> ${name}`)}`,
  ),
  `x=${idOf('Special Cases >> Scalars >> Setpoint')}`,
  `i=${idOf('Special Cases >> Scalars >> Invalid')}`,
];

const named = (prefix: string): string[] =>
  PARAMETERS.filter((parameter) => parameter.startsWith(prefix)).map(
    (parameter) => `$${parameter.split('=')[0] ?? ''}`,
  );
const WINDOW = "capsule('2026-01-01T00:00:00Z', '2026-01-01T02:00:00Z')";
const duration = fc.constantFrom('15min', '1h', '90s', '3 days', '0.5h', '10s');
const statistic = fc.constantFrom(
  ...[
    'average()',
    'count()',
    'maximum()',
    'minValue()',
    'median()',
    'percentile(25)',
    'range()',
    'rate("min")',
    'delta()',
  ],
  ...['stdDev()', 'sum()', 'totalized()', 'startValue()', 'endValue(true)', 'endValue(false)'],
);
const key = fc.constantFrom('startKey()', 'middleKey()', 'endKey()');
const test = fc.constantFrom('isGreaterThan(3)', 'isLessThan(0.5)', 'isEqualTo("Early")', 'isNotEqualTo("")');
const word = fc.constantFrom(
  '"Text"',
  "'Level'",
  '"C"',
  '""',
  '1',
  'SCALAR.INVALID',
  'true',
  '95°F',
  WINDOW,
  'group("a")',
);

type Kinds = {
  signal: string;
  condition: string;
  scalar: string;
  any: string;
};

const text = (make: (...parts: string[]) => string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((given) => make(...given));

/** Mostly of fitting kinds, so that most of them run; now and then of any. */
const formula = fc.letrec<Kinds>((tie) => {
  const [signal, condition, scalar, any] = [tie('signal'), tie('condition'), tie('scalar'), tie('any')];
  const arithmetic = fc.constantFrom('+', '-', '*', '/', '^');
  const comparison = fc.constantFrom('<', '>', '<=', '>=', '==', '!=');
  const depth = { maxDepth: 3, depthIdentifier: 'formula' };
  return {
    signal: fc.oneof(
      depth,
      fc.constantFrom(...named('s'), '1.toSignal()', '2.toSignal(5min)', 'sinusoid(1h)', 'squareWave()'),
      text((a, operator, b) => `(${a} ${operator} ${b})`, signal, arithmetic, fc.oneof(signal, scalar)),
      text((a, b) => `${a}.resample(${b})`, signal, duration),
      text((a, b, c, d) => `${a}.aggregate(${b}, ${c}, ${d})`, signal, statistic, condition, key),
      text((a, b) => `${a}.${b}()`, signal, fc.constantFrom('toStep', 'toLinear', 'toDiscrete', 'validValues')),
      text((a, b, c) => `${a}.${b}(${c})`, signal, fc.constantFrom('setMaxInterpolation', 'move'), duration),
      text((a, b) => `${a}.remove(${b})`, signal, condition),
      text((a) => `${a}.toSignal()`, scalar),
    ),
    condition: fc.oneof(
      depth,
      fc.constantFrom(...named('c'), 'hours()', 'days("Europe/London")', 'periods(10min, 7min)'),
      text((a, operator, b) => `(${a} ${operator} ${b})`, signal, comparison, fc.oneof(signal, scalar)),
      text((a, b) => `${a}.valueSearch(${b})`, signal, test),
      text((a, b) => `${a}.keep("Text", ${b})`, condition, test),
      text((a, b) => `${a}.setProperty("P", ${b})`, condition, scalar),
      text(
        (a, b, c) => `${a}.${b}(${c})`,
        condition,
        fc.constantFrom('merge', 'move', 'setMaximumDuration', 'removeLongerThan', 'removeShorterThan'),
        duration,
      ),
    ),
    scalar: fc.oneof(
      depth,
      fc.constantFrom('$x', '$i', '1', '0', '-2.5', '95°F', 'SCALAR.INVALID', 'true'),
      text(
        (a, b) => `${a}.${b}(${WINDOW})`,
        signal,
        fc.constantFrom('average', 'count', 'maxValue', 'totalized', 'rate'),
      ),
      text((a, operator, b) => `(${a} ${operator} ${b})`, scalar, fc.oneof(arithmetic, comparison), scalar),
    ),
    any: fc.oneof(
      depth,
      { arbitrary: signal, weight: 3 },
      { arbitrary: condition, weight: 3 },
      { arbitrary: scalar, weight: 2 },
      word,
      text((a, b, c) => `${a}.${b}(${c})`, any, fc.constantFrom(...FUNCTION_NAMES), any),
    ),
  };
}).any;

describe('any formula in the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  it('is run to a result that is valid by the description, or refused with 400; and compiles to the same', async () => {
    let ran = 0;
    const runs = 150;
    await fc.assert(
      fc.asyncProperty(formula, async (given) => {
        const query = { formula: given, parameters: PARAMETERS };
        const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T03:00:00Z', limit: 100 };
        const run = await get('/formulas/run', { query: { ...query, ...range, timeFormat: 'ISO8601' } });
        expect([200, 400], run.text).toContain(run.status);
        const compiled = (await get('/formulas/compile', { query })).body as { returnType?: string };
        const { returnType } = run.body as { returnType?: string };
        ran += Number(run.status === 200);
        if (run.status === 200) expect(compiled.returnType).toBe(returnType);
        else expect(run.body).toMatchObject({ statusMessage: expect.any(String) as string });
      }),
      { numRuns: runs },
    );
    expect(ran).toBeGreaterThan(runs / 4);
  });
});
