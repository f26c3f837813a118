import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, CONDITIONS, idOf, NOW, type Caller, type CallOptions } from './testing.ts';

type Page = Models['CapsulesOutputV1'];

describe('capsules of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const page = async (
    condition: string,
    start: string,
    end: string,
    query: CallOptions['query'] = {},
  ): Promise<Page> => {
    const answer = await get(`/conditions/${idOf(condition)}/capsules`, { query: { start, end, ...query } });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as Page;
  };

  it('gives 215 capsules at a limit of 100 in exactly 3 pages', async () => {
    const range = [`${CONDITIONS} >> 215 Capsules`, '2019-12-31T00:00:00Z', '2020-12-31T00:00:00Z'] as const;
    const sizes: number[] = [];
    const numbers: unknown[] = [];
    let continuationToken: string | null | undefined = '';
    do {
      const part: Page = await page(...range, { limit: 100, continuationToken });
      sizes.push(part.capsules.length);
      numbers.push(...part.capsules.map(({ properties }) => properties?.[0]?.value));
      continuationToken = part.continuationToken;
    } while (continuationToken);
    expect(sizes).toEqual([100, 100, 15]);
    expect(numbers).toEqual(Array.from({ length: 215 }, (_unused, n) => n));
  });

  it('refuses to page through three equal starts by two', async () => {
    const range = [`${CONDITIONS} >> Equal Starts`, '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'] as const;
    await expect(page(...range, { limit: 2 })).rejects.toThrow('Cannot paginate this window. Submit larger limit');
    expect((await page(...range, { limit: 4 })).capsules).toHaveLength(3);
  });

  it('gives a capsule with neither start nor end, and ones that lack one of them', async () => {
    const range = ['2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'] as const;
    const [always] = (await page(`${CONDITIONS} >> Always`, ...range)).capsules;
    expect(always).toMatchObject({ isUncertain: false });
    expect(always).not.toHaveProperty('start');
    expect(always).not.toHaveProperty('end');
    const [open] = (await page(`${CONDITIONS} >> Open End`, ...range)).capsules;
    expect(open).toMatchObject({ start: '2020-01-01T00:00:00Z', isUncertain: true });
    expect(open).not.toHaveProperty('end');
    const [begun] = (await page(`${CONDITIONS} >> Open Start`, '2020-01-01T00:00:00Z', '2020-01-01T01:00:00Z'))
      .capsules;
    expect(begun).toMatchObject({ end: '2020-01-02T00:00:00Z' });
    expect(begun).not.toHaveProperty('start');
    expect((await page(`${CONDITIONS} >> Open Start`, ...range)).capsules).toEqual([]);
    expect((await page(`${CONDITIONS} >> No Capsules`, ...range)).capsules).toEqual([]);
  });

  it('gives every capsule that overlaps the range, ascending by start', async () => {
    const { capsules, keyUnitOfMeasure } = await page(
      'Packaging >> Shifts',
      '2026-01-01T07:00:00Z',
      '2026-01-01T23:00:00Z',
    );
    expect(capsules.map(({ start }) => start)).toEqual([
      '2026-01-01T06:00:00Z',
      '2026-01-01T14:00:00Z',
      '2026-01-01T22:00:00Z',
    ]);
    expect(capsules.map(({ properties }) => properties?.[0])).toMatchObject([
      { value: 'Early' },
      { value: 'Late' },
      { value: 'Night' },
    ]);
    expect(keyUnitOfMeasure).toBe('');
  });

  it('has one campaign that is still open, whenever it is asked', async () => {
    const { capsules } = await page('Packaging >> Line 1 >> Campaigns', '2026-05-10T00:00:00Z', '2026-05-20T10:30:00Z');
    expect(capsules.filter(({ end }) => end === undefined)).toHaveLength(1);
    expect(capsules.at(-1)).toMatchObject({ isUncertain: true, cursorKey: '2026-05-20T10:30:00Z' });
  });

  it('gives properties of every kind, also without value', async () => {
    const { capsules } = await page(`${CONDITIONS} >> Alarms`, '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z');
    const [text, level, acknowledged, nothing] = capsules[0]?.properties ?? [];
    expect(typeof text?.value).toBe('string');
    expect(level).toMatchObject({ unitOfMeasure: '°C', value: expect.any(Number) as number });
    expect(typeof acknowledged?.value).toBe('boolean');
    expect(nothing).toEqual({ name: 'Nothing' });
  });

  it('marks everything after the cursor as uncertain', async () => {
    const { capsules } = await page(`${CONDITIONS} >> Days`, '2026-05-18T00:00:00Z', '2026-05-23T00:00:00Z');
    expect(capsules.map(({ isUncertain }) => isUncertain)).toEqual([false, false, true, true, true]);
  });

  it('writes times as whole nanoseconds when asked', async () => {
    const query = { start: '2026-01-01T07:00:00Z', end: '2026-01-01T08:00:00Z', timeFormat: 'Nanoseconds' };
    const answer = await get(`/conditions/${idOf('Packaging >> Shifts')}/capsules`, { query });
    expect(answer.text).toContain('"start":1767247200000000000');
  });

  it('pages by offset and without tokens in releases before R63', async () => {
    const old = await startSeeqSimulator({ port: 0, release: 61 }, () => NOW);
    const ask = await caller(old.url);
    const path = `/conditions/${idOf(`${CONDITIONS} >> 215 Capsules`)}/capsules`;
    const range = { start: '2019-12-31T00:00:00Z', end: '2020-12-31T00:00:00Z', limit: 100 };
    const sizes: number[] = [];
    for (const offset of [0, 100, 200]) {
      const part = (await ask(path, { query: { ...range, offset } })).body as Page;
      expect(part.continuationToken).toBeUndefined();
      sizes.push(part.capsules.length);
    }
    expect(sizes).toEqual([100, 100, 15]);
    expect((await ask(path, { query: { ...range, continuationToken: '' } })).status).toBe(400);
    expect((await ask('/system/server-status')).body).toMatchObject({
      version: expect.stringMatching(/^R61\./) as string,
    });
    await old.stop();
  });
});
