import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, SIGNALS, type Caller } from './testing.ts';

const RANGE = { start: '2026-01-01T07:00:00Z', end: '2026-01-01T08:00:00Z' };
const SHIFTS = idOf('Packaging >> Shifts');

describe('forms of answers of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const starts = (text: string) => [...text.matchAll(/"(?:start|key)":("[^"]*"|\d+)/g)].map(([, start]) => start);

  it('writes the times of formulas as whole nanoseconds by default and on request, or as ISO 8601', async () => {
    for (const [formula, id] of [
      ['$c', SHIFTS],
      ['$c', idOf(`${SIGNALS} >> Slow`)],
    ] as const) {
      const run = async (timeFormat?: string) => {
        const query = {
          formula,
          parameters: [`c=${id}`],
          ...RANGE,
          ...(timeFormat === undefined ? {} : { timeFormat }),
        };
        return starts((await get('/formulas/run', { query })).text);
      };
      const plain = await run();
      expect(plain[0]).toMatch(/^\d{19}$/);
      expect(await run('Legacy')).toEqual(plain);
      expect(await run('Nanoseconds')).toEqual(plain);
      const iso = await run('ISO8601');
      expect(iso.map((text) => `${String(Date.parse(JSON.parse(text ?? '') as string))}000000`)).toEqual(plain);
    }
  });

  it('writes the times of capsules of a condition as ISO 8601 by default, as whole nanoseconds on request', async () => {
    const ask = async (query: Record<string, string>) =>
      starts((await get(`/conditions/${SHIFTS}/capsules`, { query: { ...RANGE, ...query } })).text);
    const iso = await ask({});
    expect(iso[0]).toBe('"2026-01-01T06:00:00Z"');
    expect(await ask({ timeFormat: 'ISO8601' })).toEqual(iso);
    expect(await ask({ timeFormat: 'Legacy' })).toEqual(iso);
    expect(await ask({ timeFormat: 'Nanoseconds' })).toEqual(['1767247200000000000']);
    expect(await ask({ unitOfMeasure: 'ns' })).toEqual(['1767247200000000000']);
    const other = { query: { ...RANGE, unitOfMeasure: 'fortnight' } };
    expect((await get(`/conditions/${SHIFTS}/capsules`, other)).status).toBe(400);
  });

  it('reports in every answer to a caller what it has cost', async () => {
    for (const path of ['/users/me', '/items', `/scalars/${idOf('Special Cases >> Scalars >> Setpoint')}/getValue`]) {
      const { headers } = await get(path);
      expect(headers['server-timing'], path).toMatch(
        /^0;dur=0\.00;desc="Datasource",.*;desc="Request Queue",.*;dur=\d+\.\d\d;desc="Total"$/,
      );
      expect(headers['server-meters'], path).toMatch(
        /^0;dur=0;desc="Datasource Samples Read",.*;desc="Cache In-Memory Samples Read",/,
      );
    }
  });

  it('finds every operation of a signal also by the identifiers of its source, percent-encoded', async () => {
    const path = `/signals/${encodeURIComponent('Simulated Cases')}/special-cases/Fast`;
    const id = idOf(`${SIGNALS} >> Fast`);
    for (const tail of ['', '/samples', '/sample/2026-01-01T00:00:00Z']) {
      const query = tail === '/samples' ? RANGE : {};
      const [byId, bySource] = [await get(`/signals/${id}${tail}`, { query }), await get(`${path}${tail}`, { query })];
      const { continuationToken: _a, ...one } = byId.body as Record<string, unknown>;
      const { continuationToken: _b, ...other } = bySource.body as Record<string, unknown>;
      expect(other, tail).toEqual(one);
    }
    expect((await get('/signals/a/b/c')).status).toBe(404);
  });
});
