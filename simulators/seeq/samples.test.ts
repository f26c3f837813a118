import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { plantItemId } from './plant/plant.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, SIGNALS, type Caller, type CallOptions } from './testing.ts';

type Samples = Models['GetSamplesOutputV1'];
type Sample = Models['SampleOutputV1'];

describe('samples of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const page = async (
    signal: string,
    start: string,
    end: string,
    query: CallOptions['query'] = {},
  ): Promise<Samples> => {
    const answer = await get(`/signals/${idOf(`${SIGNALS} >> ${signal}`)}/samples`, {
      query: { start, end, ...query },
    });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as Samples;
  };
  const samples = async (...of: Parameters<typeof page>): Promise<Sample[]> => (await page(...of)).samples ?? [];
  const single = async (signal: string, key: string, lookup: string): Promise<Sample | null | undefined> => {
    const answer = await get(`/signals/${idOf(`${SIGNALS} >> ${signal}`)}/sample/${encodeURIComponent(key)}`, {
      query: { lookup },
    });
    return (answer.body as Models['GetSampleOutputV1']).sample;
  };

  it('gives one sample outside each border', async () => {
    expect(await samples('Three Samples', '2020-01-01T00:00:50Z', '2020-01-01T00:01:50Z')).toEqual([
      { key: '2020-01-01T00:00:00Z', value: 1, isUncertain: false },
      { key: '2020-01-01T00:01:00Z', value: 2, isUncertain: false },
      { key: '2020-01-01T00:02:00Z', value: 3, isUncertain: false },
    ]);
  });

  it('gives only what lies inside, or interpolates at the borders, when asked', async () => {
    const range = ['Three Samples', '2020-01-01T00:00:30Z', '2020-01-01T00:01:30Z'] as const;
    const values = async (boundaryValues: string) =>
      (await samples(...range, { boundaryValues })).map(({ value }) => value);
    expect(await values('Inclusive')).toEqual([2]);
    expect(await values('Interpolate')).toEqual([1.5, 2, 2.5]);
    expect(await values('Outside')).toEqual([1, 2, 3]);
  });

  it('gives exactly one sample of a signal that has one, with a key without fraction', async () => {
    const all = await page('One Sample', '2020-04-04T00:00:00Z', '2020-04-07T00:00:00Z');
    expect(all.samples).toEqual([{ key: '2020-04-05T00:00:00Z', value: 1, isUncertain: false }]);
    expect(all.continuationToken).toBeUndefined();
    expect(await samples('Empty', '2020-04-04T00:00:00Z', '2020-04-07T00:00:00Z')).toEqual([]);
  });

  it('gives exactly as many as the limit and a token, and the same samples page by page as at once', async () => {
    const range = ['Fast', '2026-01-01T00:00:00Z', '2026-01-01T08:00:00Z'] as const;
    const whole = await page(...range, { limit: 100_000 });
    expect(whole.samples).toHaveLength(28_801);
    const parts: Sample[] = [];
    let continuationToken = '';
    const sizes: number[] = [];
    do {
      const part = await page(...range, { limit: 10_000, continuationToken });
      sizes.push(part.samples?.length ?? 0);
      parts.push(...(part.samples ?? []));
      continuationToken = part.continuationToken ?? '';
    } while (continuationToken !== '');
    expect(sizes).toEqual([10_000, 10_000, 8_801]);
    expect(parts).toEqual(whole.samples);
  });

  it('never ends a page between samples of equal keys, and refuses when a page is too small for them', async () => {
    const range = ['Equal Keys', '2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z'] as const;
    const first = await page(...range, { limit: 5 });
    expect(first.samples?.map(({ value }) => value)).toEqual([0]);
    const second = await page(...range, { limit: 5, continuationToken: first.continuationToken ?? '' });
    expect(second.samples?.map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
    await expect(page(...range, { limit: 3, continuationToken: first.continuationToken ?? '' })).rejects.toThrow(
      'Cannot paginate this window. Submit larger limit',
    );
  });

  it('refuses a token of another question', async () => {
    const { continuationToken } = await page('Fast', '2026-01-01T00:00:00Z', '2026-01-01T08:00:00Z', { limit: 10 });
    const token = { continuationToken: continuationToken ?? '' };
    await expect(page('Fast', '2026-01-01T00:00:00Z', '2026-01-01T09:00:00Z', token)).rejects.toThrow('token');
    await expect(
      page('Fast', '2026-01-01T00:00:00Z', '2026-01-01T08:00:00Z', { continuationToken: 'x' }),
    ).rejects.toThrow('token');
  });

  it('gives invalid samples as keys without value, for numbers and for text', async () => {
    for (const signal of ['Bad and Uncertain', 'Bad Text']) {
      const all = await samples(signal, '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z');
      const bad = all.filter((sample) => sample.value === undefined);
      expect(bad.length).toBeGreaterThan(5);
      expect(bad.every((sample) => typeof sample.key === 'string')).toBe(true);
    }
    const uncertain = await samples('Bad and Uncertain', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z');
    expect(uncertain.filter(({ isUncertain }) => isUncertain === true).length).toBeGreaterThan(5);
  });

  it('gives digital states as ENUM{{number|name}}', async () => {
    const all = await samples('Enumeration', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z');
    for (const { value } of all) expect(value).toMatch(/^ENUM\{\{-?\d+\|.+\}\}$/);
    expect(new Set(all.map(({ value }) => value)).size).toBe(4);
  });

  it('keeps all nine digits of a nanosecond key, as text and as a whole number', async () => {
    const all = await samples('Nanoseconds', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z');
    expect(all.filter(({ key }) => /\.\d{9}Z$/.test(String(key))).length).toBeGreaterThan(50);
    const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' };
    const id = idOf(`${SIGNALS} >> Nanoseconds`);
    const numbers = await get(`/signals/${id}/samples`, { query: { ...range, keyUnitOfMeasure: 'ns' } });
    const keys = [...numbers.text.matchAll(/"key":(\d+)/g)].map(([, key]) => BigInt(key ?? 0));
    expect(keys).toHaveLength(all.length);
    const seconds = BigInt(Date.UTC(2026, 0, 1) / 1000);
    const text = keys.map((key) => String(key - seconds * 1_000_000_000n).padStart(9, '0'));
    expect(all.slice(1, 20).map(({ key }) => String(key).slice(-10, -1))).toEqual(
      text.slice(1, 20).map((t) => t.slice(-9)),
    );
  });

  it('answers every lookup', async () => {
    const at = async (lookup: string, key = '2020-01-01T00:01:00Z') =>
      (await single('Three Samples', key, lookup))?.value;
    expect(await at('Before')).toBe(1);
    expect(await at('AtOrBefore')).toBe(2);
    expect(await at('At')).toBe(2);
    expect(await at('AtOrAfter')).toBe(2);
    expect(await at('After')).toBe(3);
    expect(await at('Interpolate', '2020-01-01T00:00:30Z')).toBe(1.5);
    expect(await at('At', '2020-01-01T00:00:30Z')).toBeUndefined();
    expect(await at('Before', '2020-01-01T00:00:00Z')).toBeUndefined();
  });

  it('has data until now: the newest sample is uncertain, the future empty, but for a forecast', async () => {
    expect(await single('Fast', '2027-01-01T00:00:00Z', 'AtOrBefore')).toMatchObject({
      key: '2026-05-20T10:30:00Z',
      isUncertain: true,
    });
    expect(
      await samples('Fast', '2027-01-01T00:00:00Z', '2027-01-02T00:00:00Z', { boundaryValues: 'Inclusive' }),
    ).toEqual([]);
    const forecast = await samples('Forecast', '2026-05-20T08:00:00Z', '2026-05-20T13:00:00Z');
    expect(forecast.map(({ isUncertain }) => isUncertain)).toEqual([false, false, false, true, true, true]);
  });

  it('has gaps, and no interpolation over a gap that is too long', async () => {
    const inside = await samples('Gappy', '2026-01-01T02:00:00Z', '2026-01-01T04:59:00Z', {
      boundaryValues: 'Inclusive',
    });
    expect(inside).toEqual([]);
    const grid = await samples('Gappy', '2026-01-01T01:00:00Z', '2026-01-01T06:00:00Z', { period: '1h' });
    expect(grid.find(({ key }) => key === '2026-01-01T03:00:00Z')).not.toHaveProperty('value');
  });

  it('resamples to an even grid and inflates steps', async () => {
    const grid = await samples('Fast', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', { period: '15min' });
    expect(grid.map(({ key }) => String(key).slice(11, 16))).toEqual(['00:00', '00:15', '00:30', '00:45', '01:00']);
    const plain = await samples('Step', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', { limit: 100_000 });
    const inflated = await samples('Step', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', {
      limit: 100_000,
      inflate: true,
    });
    const steps = plain.filter(({ value }, at) => at > 0 && value !== plain[at - 1]?.value).length;
    expect(inflated).toHaveLength(plain.length + steps);
  });

  it('converts units, and refuses what cannot be converted', async () => {
    const id = idOf('Example >> Cooling Tower 1 >> Area A >> Temperature');
    const read = async (valueUnitOfMeasure: string) =>
      get(`/signals/${id}/sample/2026-01-01T00:00:00Z`, { query: { valueUnitOfMeasure, lookup: 'At' } });
    const value = (answer: { body: unknown }) => Number((answer.body as Models['GetSampleOutputV1']).sample?.value);
    expect(value(await read('°C'))).toBeCloseTo(((value(await read('°F')) - 32) * 5) / 9, 9);
    expect((await read('bar')).status).toBe(400);
  });

  it('finds a signal by the identifiers of its source', async () => {
    const path = `/signals/${encodeURIComponent('Simulated Historian')}/historian-1/${encodeURIComponent('R-101.LEVEL')}`;
    expect((await get(path)).body).toMatchObject({ id: idOf('Packaging >> Line 1 >> Reactor 1 >> Level') });
    expect((await get(`${path}/sample/2026-01-01T00:00:00Z`)).status).toBe(200);
    const odd = `/signals/${encodeURIComponent('Simulated Cases')}/special-cases/${encodeURIComponent('names/For/ward')}`;
    expect((await get(odd)).body).toMatchObject({ name: 'For/ward' });
  });

  it('gives the same values in every process, and others in another plant', async () => {
    const other = await startSeeqSimulator({ port: 0, name: 'Other' }, () => NOW);
    const again = await startSeeqSimulator({ port: 0 }, () => NOW + 3_600_000);
    const read = async (url: string, plant: string) => {
      const id = plantItemId(plant, 'Example >> Cooling Tower 1 >> Area A >> Temperature');
      const query = { start: '2019-03-01T00:00:00Z', end: '2019-03-01T06:00:00Z' };
      return (await (await caller(url))(`/signals/${id}/samples`, { query })).text;
    };
    const here = await read(simulator.url, 'Example');
    expect(await read(again.url, 'Example')).toBe(here);
    expect(await read(other.url, 'Other')).not.toBe(here);
    await Promise.all([other.stop(), again.stop()]);
  });
});
