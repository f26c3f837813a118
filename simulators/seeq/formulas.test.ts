import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, CONDITIONS, idOf, NOW, SIGNALS, type Caller, type CallOptions } from './testing.ts';

describe('formulas of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const run = async (query: CallOptions['query']) => get('/formulas/run', { query: query ?? {} });
  const bind = (name: string, path: string) => ({ formula: `$${name}`, parameters: [`${name}=${idOf(path)}`] });

  it('returns a signal with one sample outside each border, keys as whole nanoseconds, on an empty first token', async () => {
    const range = {
      start: '1577836850000000000 ns',
      end: '1577836910000000000 ns',
      continuationToken: '',
      limit: 1_000_000,
    };
    const answer = await run({ ...bind('signal', `${SIGNALS} >> Three Samples`), ...range });
    expect([...answer.text.matchAll(/"key":(\d+)/g)].map(([, key]) => key)).toEqual([
      '1577836800000000000',
      '1577836860000000000',
      '1577836920000000000',
    ]);
    expect(answer.body).toMatchObject({
      returnType: 'Signal',
      samples: { samples: [{ value: 1 }, { value: 2 }, { value: 3 }] },
    });
  });

  it('pages by 1000 by default, by GET and by POST, to the same samples', async () => {
    const question = {
      ...bind('s', `${SIGNALS} >> Fast`),
      start: '2026-01-01T00:00:00Z',
      end: '2026-01-01T01:00:00Z',
      timeFormat: 'ISO8601',
    };
    const samples = (answer: { body: unknown }) => (answer.body as Models['FormulaRunOutputV1']).samples;
    const first = samples(await run(question));
    expect(first?.samples).toHaveLength(1000);
    const post = async (body: object) => samples(await get('/formulas/run', { method: 'POST', body }));
    const again = await post(question);
    expect(again?.samples).toEqual(first?.samples);
    const second = await post({ ...question, continuationToken: again?.continuationToken });
    expect(String(second?.samples?.[0]?.key) > String(first?.samples?.at(-1)?.key)).toBe(true);
  });

  it('returns a condition with every capsule having properties, times as whole nanoseconds', async () => {
    const answer = await run({
      ...bind('condition', `${CONDITIONS} >> Moments`),
      start: '2026-01-01T00:00:00Z',
      end: '2026-01-01T02:30:00Z',
    });
    expect(answer.text).toContain('"start":1767225600000000000');
    const { capsules } = (answer.body as Models['FormulaRunOutputV1']).capsules ?? { capsules: [] };
    expect(capsules).toHaveLength(3);
    for (const capsule of capsules) expect(capsule.properties).toEqual([]);
  });

  it('returns a scalar without a range, and an invalid one without value', async () => {
    expect((await run(bind('scalar', 'Special Cases >> Scalars >> Setpoint'))).body).toMatchObject({
      scalar: { value: 21.5, uom: '°C' },
    });
    const invalid = (await run(bind('scalar', 'Special Cases >> Scalars >> Invalid')))
      .body as Models['FormulaRunOutputV1'];
    expect(invalid.scalar).not.toHaveProperty('value');
  });

  it('refuses what it cannot run with a place in the text', async () => {
    expect((await run({ formula: '$missing', parameters: [] })).body).toMatchObject({
      statusMessage: expect.stringContaining('$missing') as string,
      _embedded: { errors: [{ line: 1, column: 1 }] },
    });
    expect((await run({})).status).toBe(400);
    expect((await run(bind('signal', `${SIGNALS} >> Fast`))).status).toBe(400);
  });
});
