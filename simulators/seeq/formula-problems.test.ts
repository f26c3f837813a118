import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, SIGNALS, type Caller, type CallOptions } from './testing.ts';

const PARAMETERS = [
  `fast=${idOf(`${SIGNALS} >> Fast`)}`,
  `text=${idOf(`${SIGNALS} >> Bad Text`)}`,
  `temperature=${idOf('Example >> Cooling Tower 1 >> Area A >> Temperature')}`,
  `shifts=${idOf('Packaging >> Shifts')}`,
  `asset=${idOf('Example')}`,
  `hidden=${idOf('Special Cases >> Hidden >> Redacted')}`,
  'bad=BAD!',
  `gone=${idOf('Nothing')}`,
];

describe('compiling and refusing formulas in the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const compile = async (formula: string): Promise<Models['FormulaCompileOutputV1']> =>
    (await get('/formulas/compile', { method: 'POST', body: { formula, parameters: PARAMETERS } }))
      .body as Models['FormulaCompileOutputV1'];
  const run = async (formula: string, query: CallOptions['query'] = {}) =>
    get('/formulas/run', {
      query: { formula, parameters: PARAMETERS, start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z', ...query },
    });

  it('says what a formula returns without reading data', async () => {
    for (const [formula, type] of [
      ['$fast', 'Signal'],
      ['resample($fast, 15min) * 2', 'Signal'],
      ['$fast.aggregate(average(), hours(), startKey())', 'Signal'],
      ['$fast > 3', 'Condition'],
      ['days("Europe/London")', 'Condition'],
      ["$fast.average(capsule('1900-01-01', '3000-01-01'))", 'Scalar'],
      ['SCALAR.INVALID', 'Scalar'],
      ['group(capsule("2020")).toTable("x").addStatColumn("s", $fast, count())', 'Table'],
      ['$a = $fast > 3\n$a.merge(1min)', 'Condition'],
    ] as const) {
      expect(await compile(formula), formula).toMatchObject({ returnType: type, errors: [] });
    }
    const query = { formula: '$fast', parameters: PARAMETERS };
    expect((await get('/formulas/compile', { query })).body).toMatchObject({ returnType: 'Signal' });
  });

  it('reports the line and the column of an error, in a compile with 200 and in a run with 400', async () => {
    for (const [formula, errorType, line, column] of [
      ['', 'SYNTAX', 1, 1],
      ['$fast +', 'SYNTAX', 1, 8],
      ['$fast $text', 'SYNTAX', 1, 7],
      ['($fast', 'SYNTAX', 1, 7],
      ['$fast.resample(15min', 'SYNTAX', 1, 21],
      ['$fast.', 'SYNTAX', 1, 7],
      ['$fast # 1', 'SYNTAX', 1, 7],
      ['$fast\n  + $missing', 'UNKNOWN_VARIABLE', 2, 5],
      ['$fast.spikeCatcher()', 'UNKNOWN_FUNCTION', 1, 7],
      ['// a comment\n\n  lttb($fast)', 'UNKNOWN_FUNCTION', 3, 3],
      ['nothing', 'UNKNOWN_VARIABLE', 1, 1],
      ['$fast.resample()', 'ARGUMENT', 1, 7],
      ['resample($fast, $fast.average(capsule("2020")))', 'ARGUMENT', 1, 23],
      ['resample($fast, 15)', 'UNIT', 1, 17],
      ['resample($fast, 0min)', 'ARGUMENT', 1, 17],
      ['resample($shifts, 15min)', 'TYPE', 1, 10],
      ['$text + 1', 'TYPE', 1, 7],
      ['$text > 1', 'TYPE', 1, 7],
      ['$temperature + 1bar', 'UNIT', 1, 14],
      ['$temperature.convertUnits("bar")', 'UNIT', 1, 14],
      ['$shifts + 1', 'TYPE', 1, 1],
      ['$fast.aggregate(average(), "hours", startKey())', 'TYPE', 1, 28],
      ['$text.aggregate(average(), hours(), startKey())', 'TYPE', 1, 17],
      ['days("Mars/Olympus")', 'ARGUMENT', 1, 6],
      ["capsule('yesterday')", 'ARGUMENT', 1, 9],
      ["$fast.average(capsule('3000-01-01', '1000-01-01'))", 'ARGUMENT', 1, 37],
      ['$shifts && $shifts', 'UNKNOWN_FUNCTION', 1, 9],
    ] as const) {
      const problem = { errorType, line, column, message: expect.any(String) as string };
      const compiled = await compile(formula);
      expect(compiled.errors, formula).toMatchObject([problem]);
      expect(compiled.returnType, formula).toBeUndefined();
      if (formula === '') continue;
      expect(await run(formula), formula).toMatchObject({ status: 400, body: { _embedded: { errors: [problem] } } });
    }
  });

  it('refuses parameters that are not what a formula can use, when it uses them', async () => {
    expect((await run('$bad')).status).toBe(400);
    expect((await run('$gone')).status).toBe(404);
    expect((await run('$hidden')).status).toBe(403);
    expect((await run('$asset')).status).toBe(400);
    expect((await run('$x', { parameters: ['x'] })).status).toBe(400);
    expect((await run('$x', { parameters: ['x=1', 'x=2'] })).status).toBe(400);
    expect((await run('$fast')).status).toBe(200);
  });

  it('refuses what it does not do: runs across assets, functions by id, parts of a formula as a result', async () => {
    const id = idOf('Example');
    for (const query of [{ root: id }, { reduceFormula: '$result' }, { itemsToScaleAcross: [id] }])
      expect((await run('$fast', query)).status).toBe(400);
    expect((await run('', { function: id })).status).toBe(400);
    for (const formula of ['average()', 'capsule("2020")', 'startKey()', 'group("a")', 'isEqualTo(1)'])
      expect((await run(formula)).status, formula).toBe(400);
  });

  it('refuses formulas that are made to exhaust it', async () => {
    const many = (part: string, times: number) => part.repeat(times);
    expect((await compile(`${many('(', 50_000)}1${many(')', 50_000)}`)).errors).toMatchObject([
      { errorType: 'SYNTAX' },
    ]);
    expect((await compile(`${many('-', 50_000)}1`)).errors).toMatchObject([{ errorType: 'SYNTAX' }]);
    expect((await compile(`1${many('+1', 50_000)}`)).errors).toMatchObject([{ errorType: 'SYNTAX' }]);
    expect((await compile(`$fast${many('.toStep()', 50_000)}`)).errors).toMatchObject([{ errorType: 'SYNTAX' }]);
    const doubling = Array.from({ length: 40 }, (_unused, n) => `$a${n + 1} = $a${n} + $a${n}`).join('\n');
    expect((await compile(`$a0 = $fast\n${doubling}\n$a40`)).errors).toMatchObject([{ errorType: 'ARGUMENT' }]);
    expect((await run(`$fast${many(' + 1', 700)}`)).status).toBe(200);
  });

  it('lets others have their turn during a long calculation, which ends when it is cancelled', async () => {
    const long = get('/formulas/run', {
      query: {
        formula: "$fast.average(capsule('1990-01-01', '2026-01-01'))",
        parameters: PARAMETERS,
      },
    });
    for (;;) {
      const { requests } = (await get('/requests')).body as Models['GetRequestsOutputV1'];
      const found = requests?.find(({ requestPath }) => requestPath.endsWith('/formulas/run'));
      if (found === undefined) continue;
      await get(found.href.slice('/api'.length), { method: 'DELETE' });
      break;
    }
    expect((await long).status).toBe(400);
  });
});
