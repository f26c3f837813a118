import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, CONDITIONS, idOf, NOW, SIGNALS, type Caller, type CallOptions } from './testing.ts';

type Run = Models['FormulaRunOutputV1'];

const ITEMS = {
  three: `${SIGNALS} >> Three Samples`,
  fast: `${SIGNALS} >> Fast`,
  gappy: `${SIGNALS} >> Gappy`,
  bad: `${SIGNALS} >> Bad and Uncertain`,
  text: `${SIGNALS} >> Bad Text`,
  step: `${SIGNALS} >> Step`,
  temperature: 'Example >> Cooling Tower 1 >> Area A >> Temperature',
  wet: 'Example >> Cooling Tower 1 >> Area A >> Wet Bulb',
  power: 'Example >> Cooling Tower 1 >> Area A >> Compressor Power',
  setpoint: 'Special Cases >> Scalars >> Setpoint',
  shifts: 'Packaging >> Shifts',
  batches: 'Packaging >> Line 1 >> Reactor 1 >> Batches',
  always: `${CONDITIONS} >> Always`,
  open: `${CONDITIONS} >> Open End`,
} as const;
const PARAMETERS = Object.entries(ITEMS).map(([name, path]) => `${name}=${idOf(path)}`);
const DAY = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' };
const MINUTES = { start: '2020-01-01T00:00:00Z', end: '2020-01-01T00:02:00Z' };

describe('formula functions of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const run = async (formula: string, query: CallOptions['query'] = {}): Promise<Run> => {
    const answer = await get('/formulas/run', {
      query: { formula, parameters: PARAMETERS, timeFormat: 'ISO8601', limit: 100_000, ...query },
    });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as Run;
  };
  const samples = async (formula: string, range = DAY) => (await run(formula, range)).samples?.samples ?? [];
  const values = async (formula: string, range = DAY) => (await samples(formula, range)).map(({ value }) => value);
  const capsules = async (formula: string, range = DAY) => (await run(formula, range)).capsules?.capsules ?? [];
  const scalar = async (formula: string) => (await run(formula)).scalar;

  it('resamples in function and in method form, to an even grid with its origin where one is named', async () => {
    const grid = await samples('resample($fast, 15min)');
    expect(grid).toHaveLength(97);
    expect(new Set(grid.map(({ key }) => String(key).slice(14)))).toEqual(
      new Set(['00:00Z', '15:00Z', '30:00Z', '45:00Z']),
    );
    expect(await samples('$fast.resample(900000ms)')).toEqual(grid);
    expect((await samples('$fast.resample(1d Europe/Stockholm)'))[0]?.key).toBe('2025-12-31T23:00:00Z');
    expect((await samples('$fast.resample(1h 2020-01-01T00:20:00Z)'))[1]?.key).toBe('2026-01-01T00:20:00Z');
    expect(await values('$three.resample(30s)', MINUTES)).toEqual([1, 1.5, 2, 2.5, 3]);
    // The maximum interpolation becomes the period, so that a coarser grid is bridged and a hole is not.
    expect(await values('$three.resample(1min).resample(30s)', MINUTES)).toEqual([1, 1.5, 2, 2.5, 3]);
  });

  it('gives no grid points outside the data, and invalid ones in a gap', async () => {
    const wide = { start: '2019-12-31T00:00:00Z', end: '2020-01-02T00:00:00Z' };
    expect(await samples('$three.resample(1min)', wide)).toHaveLength(3);
    const gap = await samples('$gappy.resample(1h)');
    expect(gap.find(({ key }) => key === '2026-01-01T03:00:00Z')).not.toHaveProperty('value');
  });

  it('aggregates over hours, days in a zone and periods, keyed at the start, the middle or the end', async () => {
    const keys = async (formula: string) => (await samples(formula)).map(({ key }) => String(key));
    expect(await keys('$fast.aggregate(average(), hours(), startKey())')).toHaveLength(25);
    expect(await keys('$fast.aggregate(average(), days("Europe/London"), startKey())')).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-01-02T00:00:00Z',
    ]);
    expect(await keys('$fast.aggregate(maximum(), days("US/Pacific"), startKey())')).toEqual([
      '2025-12-31T08:00:00Z',
      '2026-01-01T08:00:00Z',
      '2026-01-02T08:00:00Z',
    ]);
    expect((await keys('$fast.aggregate(count(), periods(10min, 10min), endKey())'))[0]).toBe('2026-01-01T00:00:00Z');
    expect((await keys('$fast.aggregate(stdDev(), periods(1h), middleKey())'))[1]).toBe('2026-01-01T00:30:00Z');
    expect(new Set(await values('$fast.aggregate(count(), hours(), startKey())'))).toEqual(new Set([3600]));
    expect(new Set(await values('$three.aggregate(endValue(true), periods(1min), endKey())', MINUTES))).toEqual(
      new Set([1, 2, 3]),
    );
  });

  it('computes scalars over a window without start and end', async () => {
    const window = "capsule('2020-01-01T00:00:00Z', '2020-01-01T01:02:00+01:00')";
    expect(await scalar(`$three.average(${window})`)).toMatchObject({ value: 2 });
    expect(await scalar(`$three.maxValue(${window})`)).toMatchObject({ value: 2 });
    expect(await scalar(`$three.minValue(${window})`)).toMatchObject({ value: 1 });
    expect(await scalar(`$three.totalized(${window})`)).toMatchObject({ value: 240, uom: 's' });
    expect(await scalar(`$three.count(${window}) + 1`)).toMatchObject({ value: 3 });
    expect(await scalar(`$fast.estimateSamplePeriod(capsule('2026-01-01T00:00:00Z','2026-01-02T00:00:00Z'))`)).toEqual({
      value: 1,
      uom: 's',
      isUncertain: false,
    });
    expect(await scalar(`$three.estimateSamplePeriod(capsule('2021'))`)).not.toHaveProperty('value');
    expect((await scalar(`$temperature.average(capsule('March 2020'))`))?.uom).toBe('°F');
    expect(await scalar(`$temperature.average(capsule('March 2020'))`)).toEqual(
      await scalar(`$temperature.average(capsule('2020-03-01T00:00:00Z', '2020-04-01T00:00:00Z'))`),
    );
  });

  it('gives invalid scalars without value, and text and booleans as they are', async () => {
    expect(await scalar('SCALAR.INVALID')).not.toHaveProperty('value');
    expect(await scalar('$text.count(capsule("2026-01-01")) > 0')).toMatchObject({ value: true });
    expect(await scalar('"three"')).toMatchObject({ value: 'three', uom: 'string' });
    expect(await scalar('42m')).toMatchObject({ value: 42, uom: 'm' });
    expect(await scalar('-10C')).toMatchObject({ value: -10, uom: 'C' });
    expect(await scalar('$setpoint * 2')).toMatchObject({ value: 43, uom: '°C' });
    expect(await scalar('1 / 0')).not.toHaveProperty('value');
  });

  it('changes interpolation, units and validity, and moves', async () => {
    expect(await values('$three.toStep().resample(30s)', MINUTES)).toEqual([1, 1, 2, 2, 3]);
    const gappy = '$three.toStep().setMaxInterpolation(30s)';
    expect(await values(`${gappy}.resample(30s)`, MINUTES)).toEqual([1, undefined, 2, undefined, 3]);
    expect(await scalar(`${gappy}.average(capsule('2020-01-01T00:00:00Z', '2020-01-01T00:00:20Z'))`)).toHaveProperty(
      'value',
      1,
    );
    expect(
      await scalar(`${gappy}.totalized(capsule('2020-01-01T00:00:00Z', '2020-01-01T00:00:20Z'))`),
    ).not.toHaveProperty('value');
    expect(await values('$three.setMaxInterpolation(30s).resample(30s)', MINUTES)).toEqual([
      1,
      undefined,
      2,
      undefined,
      3,
    ]);
    const [fahrenheit, celsius] = [await values('$temperature'), await values('$temperature.convertUnits("C")')];
    expect(celsius.map(Number)[5]).toBeCloseTo(((Number(fahrenheit[5]) - 32) * 5) / 9, 9);
    expect((await run('$temperature.convertUnits("C")', DAY)).samples?.valueUnitOfMeasure).toBe('C');
    expect((await run('($three + 8).setUnits("m")', MINUTES)).samples?.valueUnitOfMeasure).toBe('m');
    expect((await values('$bad')).filter((value) => value === undefined).length).toBeGreaterThan(100);
    expect((await values('$bad.validValues()')).filter((value) => value === undefined)).toEqual([]);
    const removed = await samples('$fast.remove($shifts.keep("Shift", isEqualTo("Early")))');
    expect(removed.filter(({ key }) => /T(0[6-9]|1[0-3]):/.test(String(key)))).toEqual([]);
    expect(removed.length).toBe(86_401 - 8 * 3600);
    expect(
      (await samples('$three.move(-30 days)', { start: '2019-12-02T00:00:00Z', end: '2019-12-02T00:02:00Z' })).map(
        ({ key }) => key,
      ),
    ).toEqual(['2019-12-02T00:00:00Z', '2019-12-02T00:01:00Z', '2019-12-02T00:02:00Z']);
  });

  it('calculates with signals and scalars, keeping units', async () => {
    expect(await values('$three + 1', MINUTES)).toEqual([2, 3, 4]);
    expect(await values('10 - $three * 2', MINUTES)).toEqual([8, 6, 4]);
    expect(await values('$three / ($three - 1)', MINUTES)).toEqual([undefined, 2, 1.5]);
    expect(await values('-$three ^ 2', MINUTES)).toEqual([1, 4, 9]);
    expect(await values('$a = $three * 2 // doubled\n$b = 1\n$a + $b', MINUTES)).toEqual([3, 5, 7]);
    const [sum, own] = [await samples('$temperature + $step'), await samples('$temperature')];
    expect(sum.length).toBeGreaterThan(own.length + 200);
    expect((await run('$temperature + 10°C', DAY)).samples?.valueUnitOfMeasure).toBe('°F');
    expect((await run('$power * 2h', DAY)).samples?.valueUnitOfMeasure).toBe('kW·h');
    expect((await run('$power / $power', DAY)).samples?.valueUnitOfMeasure).toBeUndefined();
    expect(
      await values('$three - $three.average(capsule("2020-01-01T00:00:00Z", "2020-01-01T00:02:00Z"))', MINUTES),
    ).toEqual([-1, 0, 1]);
  });

  it('finds the times at which a comparison holds, between the samples of a line', async () => {
    const [above] = await capsules('$three > 1.5', MINUTES);
    expect(above).toMatchObject({ start: '2020-01-01T00:00:30Z', end: '2020-01-01T00:02:00Z', isUncertain: true });
    expect(await capsules('$three.validValues().valueSearch(isGreaterThan(1.5))', MINUTES)).toEqual(
      await capsules('1.5 < $three', MINUTES),
    );
    const [below] = await capsules('$three < 2.5', MINUTES);
    expect(below).toMatchObject({ start: '2020-01-01T00:00:00Z', end: '2020-01-01T00:01:30Z' });
    expect(await capsules('$three > 5', MINUTES)).toEqual([]);
    expect(await capsules('$temperature > $wet', DAY)).not.toEqual([]);
    const steps = await capsules('$step > 5');
    for (const { start, end } of steps)
      expect([start, end].every((time) => /:[03]0:00Z$/.test(String(time)))).toBe(true);
  });

  it('sees a capsule from its start on, before or inside the window', async () => {
    const formula = '($power > 10).setMaximumDuration(2d)';
    const all = await capsules(formula);
    expect(all.length).toBeGreaterThan(2);
    for (const capsule of all.slice(1, -1)) {
      const inside = new Date((Date.parse(String(capsule.start)) + Date.parse(String(capsule.end))) / 2).toISOString();
      expect(await capsules(formula, { start: inside, end: inside })).toEqual([capsule]);
    }
  });

  it('shows no start, no end and no id beyond the window, unless capsules have a longest duration', async () => {
    const [whole] = await capsules('$three > 1.5', MINUTES);
    expect(whole).toMatchObject({ start: '2020-01-01T00:00:30Z', end: '2020-01-01T00:02:00Z' });
    const [begun] = await capsules('$three > 1.5', { start: '2020-01-01T00:00:00Z', end: '2020-01-01T00:01:00Z' });
    expect(begun).toMatchObject({ start: '2020-01-01T00:00:30Z', id: expect.any(String) as string });
    expect(begun?.end).toBeUndefined();
    const [ended] = await capsules('$three > 1.5', { start: '2020-01-01T00:01:00Z', end: '2020-01-01T00:03:00Z' });
    expect(ended).toMatchObject({ end: '2020-01-01T00:02:00Z', id: expect.any(String) as string });
    expect(ended?.start).toBeUndefined();
    const [crossing] = await capsules('$three > 1.5', { start: '2020-01-01T00:01:00Z', end: '2020-01-01T00:01:00Z' });
    expect(crossing).toEqual({ isUncertain: true, properties: [] });
  });

  it('holds always or never for a signal without change, and pages a constant on a grid', async () => {
    const [always] = await capsules('1.toSignal() > 0');
    expect(always).toMatchObject({ isUncertain: false });
    expect(always).not.toHaveProperty('start');
    expect(always).not.toHaveProperty('end');
    expect(await capsules('1.toSignal() > 1')).toEqual([]);
    expect(await samples('toSignal(0.5)')).toHaveLength(2);
    expect(await samples('0.toSignal(15min)')).toHaveLength(97);
    expect((await run('(1000 rpm).toSignal()', DAY)).samples?.valueUnitOfMeasure).toBe('rpm');
    for (const wave of ['sinusoid', 'Sawtooth', 'triangleWave', 'squareWave'])
      expect(await samples(`${wave}(1h)`)).toHaveLength(2401);
  });

  it('makes conditions of the calendar', async () => {
    const hours = await capsules('hours()');
    expect(hours.map(({ properties }) => properties)).toEqual(
      Array.from({ length: 24 }, (_unused, value) => [{ name: 'Hour', value }]),
    );
    expect(await capsules('weeks()')).toHaveLength(1);
    const london = await capsules('days("Europe/London")', {
      start: '2026-03-28T12:00:00Z',
      end: '2026-03-30T12:00:00Z',
    });
    expect(london.map(({ start }) => start)).toEqual([
      '2026-03-28T00:00:00Z',
      '2026-03-29T00:00:00Z',
      '2026-03-29T23:00:00Z',
    ]);
    const [month] = await capsules('months()');
    expect(month).toMatchObject({ start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' });
  });

  it('gives only uncertain capsules after a cursor', async () => {
    const range = { start: '2019-02-01T00:00:00Z', end: '2019-05-31T00:00:00Z' };
    const after = await capsules("days().setCursor(toTime('2019-01-01T00:00:00Z'))", range);
    expect(after.length).toBe(119);
    expect(after.every(({ isUncertain }) => isUncertain === true)).toBe(true);
    const around = await capsules("days().setCursor(toTime('2019-03-01T12:00:00Z'))", range);
    expect(around.filter(({ isUncertain }) => isUncertain === false)).toHaveLength(28);
    expect(around.find(({ cursorKey }) => cursorKey)).toMatchObject({ cursorKey: '2019-03-01T12:00:00Z' });
  });

  it('chooses, joins and marks capsules', async () => {
    const early = await capsules('$shifts.keep("Shift", isEqualTo("Early"))');
    expect(early.map(({ start }) => start)).toEqual(['2026-01-01T06:00:00Z']);
    expect(await capsules('$shifts.keep("Shift", isNotEqualTo("Early"))')).toHaveLength(3);
    expect(await capsules('$shifts.keep("Production Properties", isNotEqualTo(""))')).toEqual([]);
    const marked = await capsules('$shifts.setProperty("My Prop", 1).setProperty("Crew", "none")');
    expect(marked[0]?.properties).toMatchObject([
      { name: 'Shift' },
      { name: 'My Prop', value: 1 },
      { name: 'Crew', value: 'none' },
    ]);
    expect(await capsules('$shifts.removeLongerThan(7h)')).toEqual([]);
    expect(await capsules('$shifts.removeShorterThan(9h)')).toEqual([]);
    expect(await capsules('$shifts.setMaximumDuration(1d)')).toHaveLength(4);
    const joined = await capsules('periods(1h, 2h).merge(1h)');
    expect(joined).toHaveLength(1);
    expect(await capsules('periods(1h, 2h).merge(0min)')).toHaveLength(12);
    expect((await capsules('$shifts.move(1h)')).map(({ start }) => start)).toContain('2026-01-01T07:00:00Z');
    expect(await capsules('$open.setProperty("P", $setpoint)')).toMatchObject([
      { properties: [{}, { name: 'P', value: 21.5, unitOfMeasure: '°C' }] },
    ]);
  });

  it('makes the table of capsules that a client asks for, sorted and cut, with statistics', async () => {
    const table = (
      await run(
        "capsuleTable(capsule('2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'), CapsuleBoundary.Overlap, " +
          "group('Capsule ID', 'Original Uncertainty', 'Condition ID', 'Start', 'End', 'Batch ID', 'Yield', 'Capsule SortKey'), $batches)" +
          ".addStatColumn('s0', $temperature, average(), maxValue()).addStatColumn('s1', $text, count())" +
          ".sort('Capsule ID', 'inv, asc', 'Condition Id', 'asc', 'Capsule SortKey', 'asc').limit(1, 5)",
      )
    ).table;
    expect(table?.headers).toMatchObject([
      { name: 'Capsule ID', type: 'string' },
      { name: 'Original Uncertainty', type: 'number' },
      { name: 'Condition ID', type: 'string' },
      { name: 'Start', type: 'date' },
      { name: 'End', type: 'date' },
      { name: 'Batch ID', type: 'string' },
      { name: 'Yield', type: 'number', units: '%' },
      { name: 'Capsule SortKey', type: 'date' },
      { type: 'number', units: '°F' },
      { type: 'number', units: '°F' },
      { type: 'number' },
    ]);
    const ids = table?.data.map(([id]) => String(id)) ?? [];
    expect(ids).toHaveLength(5);
    expect(ids).toEqual([...ids].sort());
    for (const row of table?.data ?? []) {
      expect(row).toHaveLength(11);
      expect(row[2]).toBe(idOf(ITEMS.batches));
      expect(Number(row[8])).toBeLessThan(Number(row[9]));
    }
    const count = await run(
      'group(capsule("2026-01-01T00:00:00Z","2026-01-01T01:00:00Z")).toTable("stats").addStatColumn("series",$fast,count())',
    );
    expect(count).toMatchObject({
      returnType: 'Table',
      table: { data: [[expect.any(String), expect.any(String), 3600]] },
    });
  });

  it('takes properties of items as parameters, and fragments as formulas under a name', async () => {
    const query = {
      parameters: [
        `x=${idOf(ITEMS.temperature)}`,
        "name=$x.property('Name')",
        "asset=$x.parentProperty('Name')",
        "path=$x.ancestors(', ')",
      ],
    };
    expect((await run('$name', query)).scalar).toMatchObject({ value: 'Temperature' });
    expect((await run('$asset', query)).scalar).toMatchObject({ value: 'Area A' });
    expect((await run('$path', query)).scalar).toMatchObject({ value: 'Example, Cooling Tower 1, Area A' });
    expect((await run('$half + 1', { fragments: ['half=0.5'] })).scalar).toMatchObject({ value: 1.5 });
    await expect(run('$a', { fragments: ['a=$b', 'b=$a'] })).rejects.toThrow('uses itself');
  });
});
