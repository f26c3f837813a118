/** plotted, interpolated and aggregated over the real bus, held against a plain reading of the same server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { joinSeries } from '../../src/client/answer.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { formatInstant, parseInstant } from '../../src/contract/time/instant.ts';
import type { Request } from '../../src/contract/request.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { type PlainSample, type PlainSeeq, plainSeeq } from '../support/plain-seeq.ts';

let cluster: Cluster;
let plain: PlainSeeq;
const ids: Record<string, string> = {};
const RAW_LIMIT = 100_000;

beforeAll(async () => {
  cluster = await startCluster({ settings: { limits: { plottedRawSamples: RAW_LIMIT } } });
  plain = await plainSeeq(plant().url);
  for (const { path, id } of await plant().control.plant()) ids[path] = id;
});
afterAll(() => cluster.stop());

const plant = () => cluster.plants['plant-a'] ?? expect.fail('no plant');
const idOf = (path: string): string => ids[path] ?? expect.fail(path);
const fqn = (path: string, kind = 'signal'): string => `seeq:plant-a/${kind}/${idOf(path)}`;
const SIGNALS = 'Special Cases >> Signals';
const AREA = 'Example >> Cooling Tower 1 >> Area A';
const special = (name: string): string => `${SIGNALS} >> ${name}`;

interface Series {
  index: number;
  times: string[];
  values: unknown[];
  flags?: [number, number, string][];
  gaps?: [string, string][];
  step?: boolean;
  reducedBy?: string;
  method?: string;
  unit?: string;
}

/** Asks, holds every item against the published schema, and joins the pieces. */
async function ask(request: Request) {
  const answer = await cluster.ask(request);
  const item = functionTable.find(({ name }) => name === request.function)?.item ?? z.never();
  expect(z.array(item).safeParse(answer.items).error?.issues ?? []).toEqual([]);
  return { ...answer, series: joinSeries(answer.items) as Series[] };
}

/** The one series of a request for one item. */
async function read(name: string, path: string, params: object): Promise<Series> {
  const { series, status, error } = await ask({ function: name, params: { items: [fqn(path)], ...params } });
  expect([status, error]).toEqual(['ok', undefined]);
  return series[0] ?? expect.fail('no series');
}

interface Row {
  time: string;
  value: unknown;
  status: string;
}

function rowsOf({ times, values, flags = [] }: Series): Row[] {
  const statuses = times.map(() => 'Good');
  for (const [from, to, status] of flags) statuses.fill(status, from, to + 1);
  return times.map((time, n) => ({ time, value: values[n], status: statuses[n] ?? '' }));
}

const rowOf = ({ key, value, isUncertain }: PlainSample): Row => ({
  time: key,
  value: typeof value === 'string' ? value.replace(/^ENUM\{\{-?\d+\|(.*)\}\}$/, '$1') : (value ?? null),
  status: value === undefined || value === null ? 'Bad Data' : isUncertain === true ? 'Questionable' : 'Good',
});

/** Samples as the server has them, those just outside of the range too. */
async function plainRows(path: string, start: string, end: string): Promise<Row[]> {
  const query = new URLSearchParams({ start, end, boundaryValues: 'Outside', limit: '1000000' });
  const { samples } = await plain.get<{ samples: PlainSample[] }>(`/signals/${idOf(path)}/samples?${query.toString()}`);
  return samples.map(rowOf);
}

const ns = (time: string): bigint => parseInstant(time) ?? expect.fail(time);
const HOUR = { start: '2026-03-14T00:00:30Z', end: '2026-03-14T01:00:10Z' };
const DAY = { start: '2026-03-14T00:00:00Z', end: '2026-03-15T00:00:00Z' };

describe('plotted', () => {
  it.each([
    `${AREA} >> Temperature`,
    special('Enumeration'),
    special('Bad and Uncertain'),
    special('Bad Text'),
    special('Step'),
    special('Slow'),
    special('Equal Keys'),
    special('Three Samples'),
    special('Empty'),
  ])('%s: a short series is what the server has, and the samples around it', async (path) => {
    const range = path.endsWith('Keys') || path.endsWith('Samples') ? OLD : HOUR;
    const series = await read('plotted', path, range);
    expect(rowsOf(series)).toEqual(await plainRows(path, range.start, range.end));
    expect(series).not.toHaveProperty('reducedBy');
  });

  it('says where steps are to be drawn, and where nothing', async () => {
    expect((await read('plotted', special('Step'), HOUR)).step).toBe(true);
    const gappy = await read('plotted', special('Gappy'), DAY);
    expect(gappy).not.toHaveProperty('step');
    const { times, gaps } = gappy;
    const wide = times.flatMap((time, n): [string, string][] => {
      const next = times[n + 1];
      return next !== undefined && ns(next) - ns(time) > 600_000_000_000n ? [[time, next]] : [];
    });
    expect(wide.length).toBeGreaterThan(0);
    expect(gaps).toEqual(wide);
  });

  it.each([special('Fast'), special('Nanoseconds'), special('Extreme Numbers')])(
    '%s: a long series is reduced to real samples with the envelope of all',
    async (path) => {
      const intervals = 100;
      const series = await read('plotted', path, { ...DAY, count: intervals });
      const all = await plainRows(path, DAY.start, DAY.end);
      expect(all.length).toBeGreaterThan(5 * intervals + 2);
      expect(series.reducedBy).toBe('driver');
      expect(series.times.length).toBeLessThanOrEqual(5 * intervals + 2);

      const rows = rowsOf(series);
      const places = new Map(all.map((row, n) => [JSON.stringify(row), n]));
      const order = rows.map((row) => places.get(JSON.stringify(row)) ?? -1);
      expect(order).not.toContain(-1);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect([order.at(0), order.at(-1)]).toEqual([0, all.length - 1]);
      expect(envelope(rows, intervals)).toEqual(envelope(all, intervals));
    },
  );

  it('what is too much to read is computed by the server, but for the samples at both ends', async () => {
    const range = { start: '2026-03-12T00:00:00Z', end: '2026-03-14T00:00:00Z' };
    await plant().control.clearRequests();
    const { series } = await ask({
      function: 'plotted',
      params: { items: [fqn(special('Fast'))], ...range, count: 48 },
    });
    const calls = (await plant().control.requests()).filter(({ operation }) => operation === 'get_samples');
    expect(calls.length).toBeLessThanOrEqual(4);
    const [only] = series;
    expect(only).toMatchObject({ reducedBy: 'server', unit: 'mm/s' });
    expect(only?.times.length).toBeLessThanOrEqual(5 * 48 + 2);
    const values = (only?.values ?? []) as number[];
    const all = await plainRows(special('Fast'), range.start, range.end);
    const [lowest, highest] = all
      .map(({ value }) => Number(value))
      .reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    expect([Math.min(...values), Math.max(...values)]).toEqual([lowest, highest]);
    expect([only?.times[0], values[0]]).toEqual([all[0]?.time, all[0]?.value]);
    expect([only?.times.at(-1), values.at(-1)]).toEqual([all.at(-1)?.time, all.at(-1)?.value]);
  });

  it('follows an attribute by asset and name', async () => {
    const attribute = `${fqn(AREA, 'asset')}/attribute/Temperature`;
    const { series } = await ask({ function: 'plotted', params: { items: [attribute], ...HOUR } });
    expect(rowsOf(series[0] ?? expect.fail('no series'))).toEqual(
      await plainRows(`${AREA} >> Temperature`, HOUR.start, HOUR.end),
    );
  });

  it('a hundred identical requests at once are all answered, by one reading of the server', async () => {
    const request = { function: 'plotted', params: { items: [fqn(special('Fast'))], ...HOUR, count: 50 } };
    const alone = await ask(request);
    await plant().control.set({ latencyMs: 1000 });
    await plant().control.clearRequests();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(request)));
    await plant().control.set({ latencyMs: 0 });
    for (const { status, items } of answers) expect([status, items]).toEqual(['ok', alone.items]);
    const calls = (await plant().control.requests()).map(({ operation }) => operation);
    expect(calls.sort()).toEqual(['get_samples', 'get_signal']);
  });
});

const OLD = { start: '2020-01-01T00:00:30Z', end: '2020-01-01T12:30:00Z' };

/** Lowest and highest value of each interval of the day. */
function envelope(rows: Row[], intervals: number): Map<number, [number, number]> {
  const [start, end] = [ns(DAY.start), ns(DAY.end)];
  const found = new Map<number, [number, number]>();
  for (const { time, value } of rows) {
    const at = ns(time);
    if (at < start || at > end || typeof value !== 'number') continue;
    const index = Math.min(intervals - 1, Number(((at - start) * BigInt(intervals)) / (end - start)));
    const [low, high] = found.get(index) ?? [value, value];
    found.set(index, [Math.min(low, value), Math.max(high, value)]);
  }
  return found;
}

describe('interpolated', () => {
  it.each([
    [`${AREA} >> Temperature`, 45],
    [`${AREA} >> Wet Bulb`, 45],
    [special('Bad and Uncertain'), 20],
    [special('Bad Text'), 20],
    [special('Gappy'), 20],
    [special('Enumeration'), 30],
    [special('Step'), 10],
    [special('Slow'), 600],
    [special('Nanoseconds'), 1],
  ])('%s: every %i seconds is what the server makes of it', async (path, seconds) => {
    const range = { start: '2026-03-14T01:30:00Z', end: '2026-03-14T02:30:00Z' };
    const query = new URLSearchParams({
      ...range,
      period: `${seconds}s`,
      boundaryValues: 'Inclusive',
      limit: '1000000',
    });
    const { samples } = await plain.get<{ samples: PlainSample[] }>(
      `/signals/${idOf(path)}/samples?${query.toString()}`,
    );
    const expected = samples.map(rowOf);
    const rows = rowsOf(await read('interpolated', path, { ...range, intervalMs: seconds * 1000 }));
    expect(rows.map(({ time }) => time)).toEqual(expected.map(({ time }) => time));
    expect(rows.some(({ value }) => value !== null)).toBe(true);
    for (const [n, { value, status }] of rows.entries()) {
      const want = expected[n]?.value;
      if (typeof want === 'number') expect(value).toBeCloseTo(want, 9);
      else expect(value).toBe(want);
      expect(status === 'Bad Data').toBe(want === null);
    }
  });

  it('by count has both ends; many values of few samples come in pieces that join', async () => {
    const path = special('Slow');
    const { times, values } = await read('interpolated', path, { ...DAY, count: 50_000 });
    expect([times.length, times[0], times.at(-1)]).toEqual([50_000, DAY.start, DAY.end]);
    const [first, last] = await plainRows(path, DAY.start, DAY.end);
    const middle = (Number(first?.value) + Number(last?.value)) / 2;
    expect(values[0]).toBe(first?.value);
    expect((Number(values[24_999]) + Number(values[25_000])) / 2).toBeCloseTo(middle, 9);
    expect(values.at(-1)).toBe(last?.value);
  });

  it('a step holds to now, uncertain, and not beyond', async () => {
    const series = await read('interpolated', special('Step'), { start: '*-10m', end: '*+10m', count: 41 });
    const rows = rowsOf(series);
    expect(rows[0]?.status).toBe('Good');
    expect(rows[20]?.status).toBe('Questionable');
    expect(rows.slice(21).every(({ value, status }) => value === null && status === 'Bad Data')).toBe(true);
  });
});

describe('aggregated', () => {
  const methods = ['average', 'min', 'max', 'count', 'total', 'range', 'stdDev', 'first', 'last'];
  const QUARTER_MS = 900_000;

  /** One statistic of one interval by a formula of the server. */
  async function byServer(path: string, statistic: string, start: string, end: string): Promise<number | undefined> {
    const formula = `$x.${statistic}(capsule('${start}','${end}'))`;
    const query = new URLSearchParams({ formula, parameters: `x=${idOf(path)}` });
    const { scalar } = await plain.get<{ scalar: { value?: number } }>(`/formulas/run?${query.toString()}`);
    return scalar.value;
  }

  it.each([`${AREA} >> Compressor Power`, special('Bad and Uncertain'), special('Step'), special('Gappy')])(
    '%s: every interval is what the samples and the server say',
    async (path) => {
      const range = { start: '2026-03-14T01:07:00Z', end: '2026-03-14T03:00:00Z' };
      const params = { items: [fqn(path)], ...range, intervalMs: QUARTER_MS };
      const inTime = ['average', 'total'];
      const { series } = await ask({ function: 'aggregated', params: { ...params, basis: 'samples', methods } });
      const { series: byTime } = await ask({ function: 'aggregated', params: { ...params, methods: inTime } });
      expect(series.map(({ method }) => method)).toEqual(methods);
      const by = new Map(series.map((one) => [one.method, rowsOf(one)]));
      for (const one of byTime) by.set(one.method, rowsOf(one));
      const value = (method: string, n: number): unknown => by.get(method)?.[n]?.value;
      const samples = await plain.samples(idOf(path), range.start, range.end);
      const starts = (by.get('count') ?? []).map(({ time }) => time);
      expect(starts).toHaveLength(8);
      for (const [n, start] of starts.entries()) {
        const end = starts[n + 1] ?? range.end;
        expect(ns(start) - ns(range.start)).toBe(BigInt(n * QUARTER_MS) * 1_000_000n);
        const own = samples.filter(({ key }) => ns(key) >= ns(start) && ns(key) < ns(end));
        const numbers = own.flatMap((sample) => (typeof sample.value === 'number' ? [sample.value] : []));
        expect(value('count', n)).toBe(numbers.length);
        if (numbers.length === 0) {
          for (const method of ['min', 'max', 'range', 'stdDev', 'first', 'last']) expect(value(method, n)).toBeNull();
        } else {
          expect([value('min', n), value('max', n)]).toEqual([Math.min(...numbers), Math.max(...numbers)]);
          expect([value('first', n), value('last', n)]).toEqual([numbers.at(0), numbers.at(-1)]);
          expect(value('range', n)).toBeCloseTo(Math.max(...numbers) - Math.min(...numbers), 12);
          expect(by.get('min')?.[n]?.status).toBe(
            own.every((one) => rowOf(one).status === 'Good') ? 'Good' : 'Questionable',
          );
          expect(value('stdDev', n)).toBeCloseTo(Number(await byServer(path, 'stdDev', start, end)), 9);
        }
        for (const [method, statistic] of [
          ['average', 'average'],
          ['total', 'totalized'],
        ] as const) {
          const expected = await byServer(path, statistic, start, end);
          if (expected === undefined) expect(value(method, n)).toBeNull();
          // The server makes kW·s of power; the driver makes kWh.
          const scale = method === 'total' && path.endsWith('Compressor Power') ? 3600 : 1;
          if (expected !== undefined) expect(Number(value(method, n)) * scale).toBeCloseTo(expected, 6);
        }
      }
      expect(series.find(({ method }) => method === 'count')).not.toHaveProperty('unit');
    },
  );

  it('text has count, first and last', async () => {
    const params = { items: [fqn(special('Enumeration'))], ...HOUR, intervalMs: 600_000 };
    const { series } = await ask({
      function: 'aggregated',
      params: { ...params, basis: 'samples', methods: ['count', 'first', 'last'] },
    });
    const [count, first] = series;
    const all = (await plain.samples(idOf(special('Enumeration')), HOUR.start, HOUR.end)).map(rowOf);
    const second = all.filter(({ time }) => ns(time) >= ns('2026-03-14T00:10:30Z'));
    expect(count?.values[1]).toBe(2);
    expect(first?.values[1]).toBe(second[0]?.value);
    const refused = await ask({ function: 'aggregated', params: { ...params, methods: ['average'] } });
    expect(refused.error).toMatchObject({ code: 'unsupported' });
  });

  it('without data reports every interval as empty', async () => {
    const params = { items: [fqn(special('Empty'))], ...HOUR, intervalMs: 1_200_000, methods: ['average', 'count'] };
    const { series } = await ask({ function: 'aggregated', params });
    expect(series[0]?.flags).toEqual([[0, 2, 'Bad Data']]);
    expect(series[1]?.values).toEqual([0, 0, 0]);
  });
});

describe('every one of them', () => {
  const own: Record<string, object> = {
    plotted: {},
    interpolated: { count: 10 },
    aggregated: { intervalMs: 60_000 },
  };
  const names = Object.keys(own);

  it.each(names)('%s: what cannot be read fails alone', async (name) => {
    const items = [
      fqn(special('Fast')),
      'seeq:plant-a/signal/00000000-0000-0000-0000-000000000000',
      fqn(AREA, 'asset'),
      `${fqn(AREA, 'asset')}/attribute/No Such`,
      'nonsense',
      'seeq:elsewhere/signal/00000000-0000-0000-0000-000000000000',
    ];
    const { status, series } = await ask({ function: name, params: { items, ...HOUR, ...own[name] } });
    expect(status).toBe('partial');
    const codes = (series as (Series & { error?: { code: string } })[])
      .sort((a, b) => a.index - b.index)
      .map(({ error }) => error?.code);
    expect(codes).toEqual([undefined, 'notFound', 'unsupported', 'notFound', 'badRequest', 'unknownHost']);
  });

  it.each(names)('%s: a range that runs backwards, or is no range, is refused by its field', async (name) => {
    for (const [range, field] of [
      [{ start: HOUR.end, end: HOUR.start }, 'end'],
      [{ start: 'whenever', end: '*' }, 'start'],
      [{ start: '1990-01-01T00:00:00Z', end: '*' }, 'end'],
    ] as const) {
      const { error } = await ask({
        function: name,
        params: { items: [fqn(special('Fast'))], ...range, ...own[name], intervalMs: undefined, count: 2 },
      });
      expect(error?.details).toMatchObject({ field });
    }
  });

  it.each(names)('%s: a moment is a range too', async (name) => {
    const moment = formatInstant(ns('2026-03-14T00:00:00Z'));
    const params = { items: [fqn(special('Fast'))], start: moment, end: moment, ...own[name] };
    const { status, series } = await ask({ function: name, params });
    expect([status, series.length]).toEqual(['ok', 1]);
  });
});
