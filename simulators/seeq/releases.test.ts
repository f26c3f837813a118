import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { call, caller, CONDITIONS, idOf, NOW, SIGNALS, type Caller } from './testing.ts';

type Run = Models['FormulaRunOutputV1'];

const RANGE = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:05:00Z' };
const FAST = idOf(`${SIGNALS} >> Fast`);
const SAMPLES = `/signals/${FAST}/samples`;
const CAPSULES = `/conditions/${idOf(`${CONDITIONS} >> 215 Capsules`)}/capsules`;
const FORMULA = { formula: '$s', parameters: [`s=${FAST}`], ...RANGE, timeFormat: 'ISO8601' };

describe('releases of the Seeq simulator', () => {
  const simulators = new Map<number, { simulator: SeeqSimulator; get: Caller }>();
  beforeAll(async () => {
    for (const release of [61, 63, 66]) {
      const simulator = await startSeeqSimulator({ port: 0, release }, () => NOW);
      simulators.set(release, { simulator, get: await caller(simulator.url) });
    }
  });
  afterAll(async () => {
    for (const { simulator } of simulators.values()) await simulator.stop();
  });
  const of = (release: number): Caller => {
    const found = simulators.get(release);
    if (found === undefined) throw new Error(`no simulator of R${release}`);
    return found.get;
  };

  it('says its version in the way of the release', async () => {
    const version = async (release: number) =>
      ((await of(release)('/system/server-status')).body as Models['ServerStatusOutputV1']).version;
    expect(await version(61)).toMatch(/^R61\.\d+\.\d+-v\d+/);
    expect(await version(63)).toMatch(/^R?63\.\d+\.\d+-v\d+/);
    expect(await version(66)).toMatch(/^66\.\d+\.\d+-v\d+/);
  });

  it('pages samples, formulas by GET and by POST, and capsules by offset before R63, to the same as at once', async () => {
    const get = of(61);
    const all = async (limit: number, ask: (offset: number) => Promise<{ body: unknown; text: string }>) => {
      const keys: unknown[] = [];
      for (let offset = 0; ; offset += limit) {
        const answer = await ask(offset);
        expect(answer.text).not.toContain('continuationToken');
        const { samples, capsules } = answer.body as Run & { samples?: { samples?: unknown[] } };
        const page = ((samples as { samples?: unknown[] } | undefined)?.samples ?? samples ?? capsules) as {
          key?: unknown;
          id?: unknown;
        }[];
        keys.push(...page.map(({ key, id }) => key ?? id));
        if (page.length < limit) return keys;
      }
    };
    const samples = async (limit: number) =>
      all(limit, async (offset) => get(SAMPLES, { query: { ...RANGE, limit, offset } }));
    const whole = await samples(10_000);
    expect(whole).toHaveLength(301);
    expect(await samples(100)).toEqual(whole);
    const byGet = await all(100, async (offset) => get('/formulas/run', { query: { ...FORMULA, limit: 100, offset } }));
    const byPost = await all(100, async (offset) =>
      get('/formulas/run', { method: 'POST', body: { ...FORMULA, limit: 100, offset } }),
    );
    expect(byGet).toEqual(whole);
    expect(byPost).toEqual(whole);
    const range = { start: '2019-12-31T00:00:00Z', end: '2020-12-31T00:00:00Z' };
    const capsules = async (limit: number) =>
      all(limit, async (offset) => get(CAPSULES, { query: { ...range, limit, offset } }));
    expect(await capsules(100)).toEqual(await capsules(1000));
  });

  it('refuses the paging of the other age, by name', async () => {
    for (const release of [61, 63, 66]) {
      const refused = release < 63 ? 'continuationToken' : 'offset';
      const taken = release < 63 ? 'offset' : 'continuationToken';
      const value = (name: string): number | string => (name === 'offset' ? 1 : '');
      const status = async (path: string, query: Record<string, string | number | string[]>, name: string) =>
        (await of(release)(path, { query: { ...query, [name]: value(name) } })).status;
      for (const [path, query] of [
        [SAMPLES, RANGE],
        [CAPSULES, RANGE],
        ['/formulas/run', FORMULA],
      ] as const) {
        expect(await status(path, query as Record<string, string>, refused), `${release} ${path}`).toBe(400);
        expect(await status(path, query as Record<string, string>, taken), `${release} ${path}`).toBe(200);
      }
      const post = async (name: string) =>
        of(release)('/formulas/run', { method: 'POST', body: { ...FORMULA, [name]: value(name) } });
      expect(await post(refused)).toMatchObject({
        status: 400,
        body: { statusMessage: expect.stringContaining(`'${refused}'`) as string },
      });
      expect((await post(taken)).status).toBe(200);
    }
  });

  it('ignores the paging of the other release where it is configured to be lenient', async () => {
    const { simulator, get } = simulators.get(61) ?? {};
    if (simulator === undefined || get === undefined) throw new Error('no simulator of R61');
    await simulator.control.set({ refuseUnknownParameters: false });
    const answer = await get(SAMPLES, { query: { ...RANGE, limit: 10, continuationToken: 'anything' } });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.text).not.toContain('continuationToken');
    await simulator.control.set({ refuseUnknownParameters: true });
  });

  it('takes times as whole nanoseconds in formulas of every release', async () => {
    for (const release of [61, 66]) {
      const times = { start: '1767225600000000000 ns', end: '1767225900000000000 ns' };
      const answer = await of(release)('/formulas/run', { query: { ...FORMULA, ...times } });
      expect((answer.body as Run).samples?.samples).toHaveLength(301);
    }
  });

  it('has the same log-in, media type and paths in every release', async () => {
    for (const { simulator } of simulators.values()) {
      expect((await call(simulator.url, '/auth/providers')).status).toBe(200);
      expect((await call(simulator.url, '/users/me')).status).toBe(401);
    }
  });
});
