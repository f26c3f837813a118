/** What the vendor's own tests expect of a real server, besides the golden cases. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, SIGNALS, type Caller, type CallOptions } from './testing.ts';

const TOWER = 'Example >> Cooling Tower 1';
const RANGE = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z' };

describe('the Seeq simulator, by the tests of the vendor', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  beforeEach(async () => simulator.control.heal());
  afterAll(async () => simulator.stop());

  const run = async (formula: string, query: CallOptions['query'] = RANGE) => {
    const parameters = [
      `power=${idOf('Area A_Compressor Power')}`,
      `empty=${idOf(`${SIGNALS} >> Empty`)}`,
      `three=${idOf(`${SIGNALS} >> Three Samples`)}`,
    ];
    const answer = await get('/formulas/run', { query: { formula, parameters, timeFormat: 'ISO8601', ...query } });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as Models['FormulaRunOutputV1'];
  };
  const values = (answer: Models['FormulaRunOutputV1']) => answer.samples?.samples?.map(({ value }) => value);

  it('leaves out a capsule that begins exactly at the end of the range', async () => {
    const hours = (await run('hours()')).capsules?.capsules ?? [];
    expect(hours.map(({ start }) => start)).toEqual(['2026-01-01T00:00:00Z']);
    const shifts = `/conditions/${idOf('Packaging >> Shifts')}/capsules`;
    const query = { start: '2026-01-01T06:00:00Z', end: '2026-01-01T14:00:00Z' };
    const { capsules } = (await get(shifts, { query })).body as Models['CapsulesOutputV1'];
    expect(capsules.map(({ start }) => start)).toEqual(['2026-01-01T06:00:00Z']);
  });

  it('gives one invalid sample for each point of a grid over a signal without samples', async () => {
    const { samples = [] } = (await run('$empty.resample(15min)')).samples ?? {};
    const inside = samples?.filter(({ key }) => String(key) >= RANGE.start && String(key) <= RANGE.end) ?? [];
    expect(inside.map(({ key, value }) => [key, value])).toEqual(
      ['00:00', '00:15', '00:30', '00:45', '01:00'].map((time) => [`2026-01-01T${time}:00Z`, undefined]),
    );
  });

  it('makes a scalar of a statistic over one capsule', async () => {
    const capsule = 'capsule("2020-01-01T00:00:00Z", "2020-01-01T00:03:00Z")';
    expect(await run(`$three.aggregate(sum(), ${capsule})`)).toMatchObject({
      scalar: { value: 6 },
      returnType: 'Scalar',
    });
  });

  it('splices one signal into another within the capsules of a condition', async () => {
    expect(new Set(values(await run('splice(0, 1, hours())')))).toEqual(new Set([1]));
    const condition = 'condition(capsule("2026-01-01T00:10:00Z", "2026-01-01T00:20:00Z"))';
    const grid = values(await run(`splice(10, 20, ${condition}).resample(5min)`));
    expect(grid?.slice(0, 6)).toEqual([10, 10, 20, 20, 10, 10]);
  });

  it('makes a condition of samples, and of capsules in the text', async () => {
    const minutes = { start: '2020-01-01T00:00:00Z', end: '2020-01-01T00:02:00Z' };
    const { capsules = [] } = (await run('$three.toCondition()', minutes)).capsules ?? {};
    expect(capsules.map(({ start, end, properties }) => [start, end, properties?.[0]?.value])).toEqual([
      ['2020-01-01T00:00:00Z', '2020-01-01T00:01:00Z', 1],
      ['2020-01-01T00:01:00Z', '2020-01-01T00:02:00Z', 2],
    ]);
    const text =
      'condition(capsule("2026-01-01T00:30:00Z", "2026-01-01T00:40:00Z"), capsule("2027-01-01", "2028-01-01"))';
    expect((await run(text)).capsules?.capsules).toHaveLength(1);
  });

  it('filters, so that a signal is smoother', async () => {
    const spread = (all: readonly unknown[] = []) => {
      const numbers = all.filter((value) => typeof value === 'number');
      return Math.max(...numbers) - Math.min(...numbers);
    };
    const day = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' };
    const [raw, smooth] = [await run('$power', day), await run('$power.lowPassFilter(200min, 3min, 333)', day)];
    expect(spread(values(smooth))).toBeLessThan(spread(values(raw)));
  });

  const swap = async (id: string, swapOut: string, swapIn: string) =>
    get(`/items/${id}/swap`, { method: 'POST', body: [{ swapOut: idOf(swapOut), swapIn: idOf(swapIn) }] });

  it('swaps a stored signal for the one of its name, or says what it could not do', async () => {
    const temperature = idOf(`${TOWER} >> Area A >> Temperature`);
    const there = 'Example >> Cooling Tower 2';
    expect((await swap(temperature, `${TOWER} >> Area A`, `${there} >> Area D`)).body).toMatchObject({
      id: idOf(`${there} >> Area D >> Temperature`),
      type: 'StoredSignal',
    });
    expect((await swap(temperature, `${TOWER} >> Area A`, `${TOWER} >> Area A`)).body).toMatchObject({
      id: temperature,
    });
    expect(await swap(temperature, `${TOWER} >> Area A`, `${there} >> Area F`)).toMatchObject({
      status: 400,
      body: { statusMessage: 'Temperature not swapped, unable to swap out Area A and swap in Area F' },
    });
  });

  it('refuses a scope that holds no workbook', async () => {
    for (const path of ['/items', '/trees/assets', `/trees/assets/${idOf('Example')}`]) {
      expect((await get(path, { query: { scope: [idOf('Nothing')] } })).status, path).toBe(404);
      expect((await get(path, { query: { scope: [idOf('Energy Review', 'workbook')] } })).status, path).toBe(200);
    }
  });

  it('shows the properties of connectors and of calculations', async () => {
    const names = async (path: string) =>
      ((await get(`/items/${idOf(path)}`)).body as Models['ItemOutputV1']).properties.map(({ name }) => name);
    expect(await names(`${TOWER} >> Area A`)).toContain('Sync Token');
    const stored = await names(`${TOWER} >> Area A >> Temperature`);
    expect(stored).toEqual(
      expect.arrayContaining(['Sync Token', 'Maximum Interpolation', 'Source Maximum Interpolation']),
    );
    expect(stored).not.toContain('Cache Enabled');
    const calculated = await names('Utilities >> Chiller 1 >> Temperature Hourly');
    expect(calculated).toContain('Cache Enabled');
    expect(calculated).not.toContain('Sync Token');
  });

  it('says that a data source is offline, for its samples and what is calculated from them', async () => {
    await simulator.control.set({ offlineDatasource: 'historian-1' });
    const refused = {
      status: 400,
      body: { statusMessage: "Connection to 'Simulated Historian: historian-1' is offline" },
    };
    const chiller = 'Utilities >> Chiller 1';
    for (const path of ['Temperature', 'Temperature Hourly'].map(
      (name) => `/signals/${idOf(`${chiller} >> ${name}`)}`,
    )) {
      expect(await get(`${path}/samples`, { query: RANGE }), path).toMatchObject(refused);
      expect(await get(`${path}/sample/${RANGE.start}`), path).toMatchObject(refused);
      expect((await get(path)).status, path).toBe(200);
    }
    expect(await get(`/conditions/${idOf(`${chiller} >> Compressor Off`)}/capsules`, { query: RANGE })).toMatchObject(
      refused,
    );
    const formula = { formula: '$t', parameters: [`t=${idOf(`${chiller} >> Temperature`)}`], ...RANGE };
    expect(await get('/formulas/run', { query: formula })).toMatchObject(refused);
    expect((await get(`/signals/${idOf('Area A_Temperature')}/samples`, { query: RANGE })).status).toBe(200);
    await simulator.control.set({ offlineDatasource: '' });
    expect((await get(`/signals/${idOf(`${chiller} >> Temperature`)}/samples`, { query: RANGE })).status).toBe(200);
  });

  it('says in an answer of status 200 that it has cancelled the work', async () => {
    await simulator.control.fail({ kind: 'message', operation: 'get_samples', times: 1 });
    const path = `/signals/${idOf('Area A_Temperature')}/samples`;
    const answer = await get(path, { query: RANGE });
    expect(answer).toMatchObject({ status: 200, text: '{"statusMessage":"Request canceled"}' });
  });
});
