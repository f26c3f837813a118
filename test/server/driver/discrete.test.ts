/** `discrete`: whatever the pages of the source and of the caller, all pages together are the whole series. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { joinSeries } from '../../../src/client/answer.ts';
import { compareUtc, formatInstant } from '../../../src/contract/time/instant.ts';
import type { SeriesChunk } from '../../../src/contract/series.ts';
import type { SamplePage, Source } from '../../../src/sources/source.ts';
import { SeeqSource } from '../../../src/sources/seeq/source.ts';
import { plantItemId } from '../../../simulators/seeq/plant/plant.ts';
import { listSeries } from '../../../simulators/seeq/series/series.ts';
import { startSeeqSimulator } from '../../../simulators/seeq/simulator.ts';
import { accessKey, NOW as SIMULATED_NOW } from '../sources/seeq/support.ts';
import { allPages, fqn, source, testDriver, violations } from '../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const START = 1_773_446_400_000_000_000n;
const RANGE = { start: formatInstant(START), end: formatInstant(START + 1_000_000n) };

/** A source whose series are given; it cuts its pages wherever it likes, also between equal times. */
function recorder(series: Record<string, SamplePage>, pageSize: number): Source {
  return source('a', {
    async *samples({ id }, { start }) {
      const all = series[id] ?? { times: [], values: [] };
      const from = formatInstant(start);
      const first = all.times.findIndex((time) => compareUtc(time, from) >= 0);
      if (first < 0) return;
      for (let at = first; at < all.times.length; at += pageSize) {
        const to = Math.min(at + pageSize, all.times.length);
        const flags = (all.flags ?? [])
          .filter(([a, b]) => a < to && b >= at)
          .map(([a, b, status]): [number, number, typeof status] => [
            Math.max(a, at) - at,
            Math.min(b, to - 1) - at,
            status,
          ]);
        yield {
          times: all.times.slice(at, to),
          values: all.values.slice(at, to),
          ...(flags.length > 0 ? { flags } : {}),
        };
      }
    },
  });
}

/** Times that are often equal, with values that tell them apart. */
const series = fc.array(fc.nat(3), { maxLength: 30 }).map((steps): SamplePage => {
  let at = START;
  const times = steps.map((step) => formatInstant((at += BigInt(step % 3) * 7n)));
  const values = steps.map((_unused, n) => (n % 5 === 4 ? null : n));
  const flags = values.flatMap((value, n) =>
    value === null ? [[n, n, 'Bad Data'] as [number, number, 'Bad Data']] : [],
  );
  return { times, values, ...(flags.length > 0 ? { flags } : {}) };
});

const seeqAt = (url: string, pageSamples: number): SeeqSource =>
  new SeeqSource({
    ...{ name: 'a', url, credentials: accessKey, tls: { insecureSkipVerify: false }, userAgent: 'test', pageSamples },
    ...{ connections: 4, connectTimeoutMs: 5000, requestTimeoutMs: 30_000 },
  });

type Ask = ReturnType<typeof testDriver>['ask'];

/** Every series of all pages, joined by its index. */
async function readAll(ask: Ask, items: string[], limit: number | undefined, params: object = RANGE) {
  const pages = await allPages((cursor) =>
    ask('discrete', {
      items,
      ...params,
      ...(limit === undefined ? {} : { limit }),
      ...(cursor === undefined ? {} : { cursor }),
    }),
  );
  const joined = new Map<number, SeriesChunk>();
  for (const { items: pieces, status } of pages) {
    expect(status).toBe('ok');
    for (const piece of joinSeries(pieces) as SeriesChunk[]) {
      if (limit !== undefined) expect(piece.times.length).toBeLessThanOrEqual(limit);
      expect(piece).not.toHaveProperty('more');
      const before = joined.get(piece.index);
      joined.set(piece.index, joinSeries([...(before ? [before] : []), piece])[0] as SeriesChunk);
    }
  }
  return { pages, series: items.map((_unused, index) => joined.get(index)) };
}

describe('all pages together', () => {
  it('are the whole of every series, with flags in their places', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(series, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        async (all, pageSize, limit) => {
          const { ask } = testDriver([recorder(Object.fromEntries(all.map((one, n) => [`s${n}`, one])), pageSize)]);
          const read = await readAll(
            ask,
            all.map((_unused, n) => fqn('a', 'signal', `s${n}`)),
            limit,
          );
          for (const [n, one] of all.entries()) {
            const { times, values, flags } = read.series[n] ?? {};
            expect({ times, values, ...(flags ? { flags } : {}) }).toEqual(one);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of a real server are what it has, for every boundary', async () => {
    const simulator = await startSeeqSimulator({ port: 0 }, () => SIMULATED_NOW);
    const seeq = seeqAt(simulator.url, 50);
    try {
      const { ask } = testDriver([seeq]);
      const items = ['Enumeration', 'Bad and Uncertain', 'Nanoseconds', 'Three Samples'].map((name) =>
        fqn('a', 'signal', plantItemId('Example', `Special Cases >> Signals >> ${name}`)),
      );
      for (const boundary of ['inside', 'outside', 'interpolated']) {
        const params = { start: '2026-03-14T00:00:30Z', end: '2026-03-14T00:08:10.5Z', boundary };
        const whole = await readAll(ask, items, undefined, params);
        for (const limit of [1, 37, 200]) {
          const cut = await readAll(ask, items, limit, params);
          for (const [n, piece] of whole.series.entries()) {
            const { truncated: _, ...paged } = cut.series[n] ?? ({} as SeriesChunk);
            expect(paged).toEqual(piece);
          }
        }
      }
    } finally {
      await seeq.close();
      await simulator.stop();
    }
  });
});

/** Samples of a real server around the borders of a range: equal times on, before and after them, in small pages. */
const SECOND = 1_000_000_000n;
const [FROM, TO] = [START + 10n * SECOND, START + 20n * SECOND];
const bordered = fc
  .array(fc.tuple(fc.constantFrom(0, 9, 10, 12, 15, 20, 21, 30), fc.integer({ min: 1, max: 4 })), { maxLength: 8 })
  .map((groups) => {
    const seconds = groups.flatMap(([second, times]) => Array.from({ length: times }, () => second));
    return seconds.sort((a, b) => a - b).map((second, n) => ({ key: START + BigInt(second) * SECOND, value: n }));
  });

describe.each([62, 66])('pages of a server of release R%i', (release) => {
  it('hold each sample once, whatever the boundary and the limit', async () => {
    const simulator = await startSeeqSimulator({ port: 0, release }, () => SIMULATED_NOW);
    // A page of the server holds all samples of one time.
    const seeq = seeqAt(simulator.url, 32);
    const id = plantItemId('Example', 'Special Cases >> Signals >> Empty');
    const { signal } = simulator.plant.items.get(id) ?? {};
    try {
      const { ask } = testDriver([seeq]);
      const range = { start: formatInstant(FROM), end: formatInstant(TO) };
      await fc.assert(
        fc.asyncProperty(
          bordered,
          fc.constantFrom('inside', 'outside', 'interpolated'),
          fc.integer({ min: 1, max: 6 }),
          async (samples, boundary, limit) => {
            Object.assign(signal ?? {}, { series: listSeries(samples) });
            const item = fqn('a', 'signal', id);
            const { series: read } = await readAll(ask, [item], limit, { ...range, boundary });
            const values = read[0]?.values ?? [];
            const inside = samples.filter(({ key }) => key >= FROM && key <= TO).map(({ value }) => value);
            if (boundary === 'interpolated') {
              const whole = await readAll(ask, [item], undefined, { ...range, boundary });
              expect(values).toEqual(whole.series[0]?.values);
              expect(values.filter((value) => inside.includes(value as number))).toEqual(inside);
              return;
            }
            const before = samples.findLast(({ key }) => key < FROM);
            const after = samples.find(({ key }) => key > TO);
            // At a border that has a sample there is none outside.
            const first = boundary === 'outside' && before && !samples.some(({ key }) => key === FROM) ? [before] : [];
            const last = boundary === 'outside' && after && !samples.some(({ key }) => key === TO) ? [after] : [];
            expect(values).toEqual([...first.map(({ value }) => value), ...inside, ...last.map(({ value }) => value)]);
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      await seeq.close();
      await simulator.stop();
    }
  });
});

describe('a series with more samples than one answer may hold', () => {
  const id = plantItemId('Example', 'Special Cases >> Signals >> Fast');
  const day = { start: '2026-03-14T00:00:00Z', end: '2026-03-15T00:00:00Z' };

  it('is refused before anything of it is sent, with the number that the server counts', async () => {
    const simulator = await startSeeqSimulator({ port: 0 }, () => SIMULATED_NOW);
    const seeq = seeqAt(simulator.url, 1000);
    try {
      const { ask } = testDriver([seeq], { limits: { samplesPerItem: 20_000 } });
      const items = [fqn('a', 'signal', id)];
      const samplesCalls = async () =>
        (await simulator.control.requests()).filter(({ operation }) => operation === 'get_samples').length;
      // A page of it is a page all the same, and costs one call.
      const page = await ask('discrete', { items, ...day, limit: 500 });
      expect(joinSeries(page.items)).toMatchObject([{ values: { length: 500 }, truncated: true }]);
      expect(await samplesCalls()).toBe(1);
      const { status, items: sent, error } = await ask('discrete', { items, ...day });
      expect(status).toBe('error');
      expect(sent).toHaveLength(1);
      expect(error).toMatchObject({ code: 'tooLarge', details: { limit: 20_000, samples: 86_400 } });
      expect(error?.message).toContain('86400 samples, more than 20000');
      expect(await samplesCalls()).toBeLessThanOrEqual(4);
      // Where the server does not count, it is read up to the bound.
      await simulator.control.fail({ kind: 'status', status: 400, operation: 'run_formula' });
      expect((await ask('discrete', { items, ...day })).error?.details).toEqual({ limit: 20_000 });
    } finally {
      await seeq.close();
      await simulator.stop();
    }
  });
});

describe('a limit', () => {
  const six = recorder(
    {
      s: {
        times: Array.from({ length: 6 }, (_unused, n) => formatInstant(START + BigInt(n))),
        values: [0, 1, 2, 3, 4, 5],
      },
    },
    2,
  );
  const item = fqn('a', 'signal', 's');

  it('cuts a series and reports it; items that have ended are not answered again', async () => {
    const { ask } = testDriver([six]);
    const items = [item, fqn('a', 'signal', 'empty')];
    const first = await ask('discrete', { items, ...RANGE, limit: 4 });
    expect(joinSeries(first.items)).toHaveLength(2);
    expect(joinSeries(first.items)).toContainEqual(
      expect.objectContaining({ index: 0, values: [0, 1, 2, 3], truncated: true }),
    );
    expect(joinSeries(first.items)).toContainEqual({ index: 1, fqn: items[1], times: [], values: [] });
    expect(first.meta).toMatchObject({ truncated: true, cursor: expect.any(String) as string });
    const { cursor } = first.meta;
    const second = await ask('discrete', { items, ...RANGE, limit: 4, cursor });
    expect(joinSeries(second.items)).toMatchObject([{ index: 0, fqn: item, values: [4, 5] }]);
    expect(second.meta).not.toHaveProperty('cursor');
  });

  it('that the series just fills cuts nothing', async () => {
    const { meta, items } = await testDriver([six]).ask('discrete', { items: [item], ...RANGE, limit: 6 });
    expect(joinSeries(items)).toMatchObject([{ values: [0, 1, 2, 3, 4, 5] }]);
    expect(meta).not.toHaveProperty('truncated');
  });

  it('of the driver is an error after what was sent, never a quiet cut', async () => {
    const { ask } = testDriver([six], { limits: { samplesPerItem: 5 } });
    const { status, items, error } = await ask('discrete', { items: [item], ...RANGE });
    expect([status, error?.code]).toEqual(['error', 'tooLarge']);
    expect(items.at(-1)).toMatchObject({ index: 0, error: { code: 'tooLarge', details: { limit: 5 } } });
    expect(items.slice(0, -1).every(({ more }) => more === true)).toBe(true);
  });

  it('keeps relative times as they were on the first page', async () => {
    const ranges: string[] = [];
    const noting = source('a', {
      async *samples(_fqn, { start, end }) {
        ranges.push(`${formatInstant(start)} ${formatInstant(end)}`);
        yield { times: ['2026-03-15T11:30:00Z', '2026-03-15T11:31:00Z'], values: [1, 2] };
      },
    });
    const { ask } = testDriver([noting]);
    await readAll(ask, [item], 1, { start: '*-1h', end: '*' });
    expect(ranges).toEqual(['2026-03-15T11:00:00Z 2026-03-15T12:00:00Z', '2026-03-15T11:30:00Z 2026-03-15T12:00:00Z']);
  });
});

describe('a cursor', () => {
  const item = fqn('a', 'signal', 's');
  const two = recorder({ s: { times: [RANGE.start, RANGE.end], values: [1, 2] } }, 10);
  const forge = (
    cursor: string,
    change: (position: { start: string; end: string; places: Record<string, object> }) => void,
  ) => {
    const read = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as {
      p: { start: string; end: string; places: Record<string, object> };
    };
    change(read.p);
    return Buffer.from(JSON.stringify(read)).toString('base64url');
  };

  it.each([
    ['for other items', {}, { items: [fqn('a', 'signal', 't')] }],
    ['for another range', {}, { end: '*' }],
    ['for another boundary', {}, { boundary: 'outside' }],
    ['with a range that is none', { start: 'x' }, {}],
    ['with a range that goes backwards', { end: '1970-01-01T00:00:00Z' }, {}],
    ['with a position that is no time', { positions: { 0: { time: 'x', repeats: 1 } } }, {}],
    ['with a position that is none', { positions: { 0: { time: RANGE.start, repeats: 0 } } }, {}],
  ])('%s is refused', async (_what, position, params) => {
    const { ask } = testDriver([two]);
    const { cursor = '' } = (await ask('discrete', { items: [item], ...RANGE, limit: 1 })).meta;
    const forged = forge(cursor, (read) => Object.assign(read, position));
    const answer = await ask('discrete', { items: [item], ...RANGE, limit: 1, cursor: forged, ...params });
    expect(answer).toMatchObject({ status: 'error', error: { code: 'badRequest' } });
  });
});

it('reads items of several servers at once, each failing alone', async () => {
  const { ask } = testDriver([
    recorder({ s: { times: [RANGE.start], values: [1] } }, 1),
    source('b', {
      // eslint-disable-next-line require-yield -- it fails before its first page
      async *samples() {
        throw new TypeError('broken');
      },
    }),
  ]);
  const items = [fqn('b', 'signal', 'x'), 'nonsense', fqn('a', 'signal', 's'), fqn('z', 'signal', 's')];
  const answer = await ask('discrete', { items, ...RANGE });
  expect(answer.status).toBe('partial');
  const outcome = ({ error, values }: Record<string, unknown>) =>
    (error as { code: string } | undefined)?.code ?? values;
  const byIndex = Object.fromEntries(answer.items.map((item) => [String(item.index), outcome(item)]));
  expect(byIndex).toEqual({ 0: 'internal', 1: 'badRequest', 2: [1], 3: 'unknownHost' });
});

it.each([
  ['backwards', { start: '*', end: '*-1h' }, '"end" (2026-03-15T11:00:00Z) must not be before "start"'],
  ['from no time', { start: 'noon', end: '*' }, 'Parameter "start" must be a time'],
  ['in no time zone', { start: 't', end: '*', timeZone: 'Mars' }, 'IANA'],
])('a range %s is refused', async (_what, params, text) => {
  const { error } = await testDriver([source('a')]).ask('discrete', { items: ['x'], ...params });
  expect(error?.code).toBe('badRequest');
  expect(error?.message).toContain(text);
});
