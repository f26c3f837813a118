/**
 * Cases that are attested of a real server, each over plain HTTP and by its number. What the vendor's clients show of
 * them is the answer; everything else about the answer is checked elsewhere.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { MEDIA_TYPE } from './http/description.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { call, caller, CONDITIONS, headersWith, idOf, login, NOW, SIGNALS, USER, type Caller } from './testing.ts';

type Samples = Models['GetSamplesOutputV1'];
type Capsules = Models['CapsulesOutputV1'];

const samplesOf = (signal: string): string => `/signals/${idOf(`${SIGNALS} >> ${signal}`)}/samples`;
const capsulesOf = (condition: string): string => `/conditions/${idOf(`${CONDITIONS} >> ${condition}`)}/capsules`;

describe('golden cases of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  it('1: samples at 0, 1, 2 min and the window [0:50, 1:50] give all three', async () => {
    const query = { start: '2020-01-01T00:00:50Z', end: '2020-01-01T00:01:50Z' };
    const { samples } = (await get(samplesOf('Three Samples'), { query })).body as Samples;
    expect(samples?.map(({ value }) => value)).toEqual([1, 2, 3]);
    const formula = { formula: '$signal', parameters: [`signal=${idOf(`${SIGNALS} >> Three Samples`)}`] };
    const nanos = { start: '1577836850000000000 ns', end: '1577836910000000000 ns' };
    const run = await get('/formulas/run', { query: { ...formula, ...nanos, limit: 1_000_000 } });
    expect([...run.text.matchAll(/"key":(\d+)/g)].map(([, key]) => key)).toEqual([
      '1577836800000000000',
      '1577836860000000000',
      '1577836920000000000',
    ]);
  });

  it('2: one sample at 2020-04-05 in a window of three days is exactly one', async () => {
    const query = { start: '2020-04-04T00:00:00Z', end: '2020-04-07T00:00:00Z' };
    const { samples, continuationToken } = (await get(samplesOf('One Sample'), { query })).body as Samples;
    expect(samples).toMatchObject([{ key: '2020-04-05T00:00:00Z', value: 1 }]);
    expect(continuationToken ?? '').toBe('');
  });

  it('3: a limit of 10000 over a long range gives exactly 10000 samples and a token', async () => {
    const query = { start: '2020-01-01T00:00:00Z', end: '2026-01-01T00:00:00Z', limit: 10_000 };
    const { samples, continuationToken } = (await get(samplesOf('Fast'), { query })).body as Samples;
    expect(samples).toHaveLength(10_000);
    expect(continuationToken).toEqual(expect.stringMatching(/./));
  });

  it('4: 215 capsules by 100 are three pages; three equal starts by two cannot be paginated', async () => {
    const range = { start: '2019-12-31T00:00:00Z', end: '2020-12-31T00:00:00Z', limit: 100 };
    const sizes: number[] = [];
    let token = '';
    do {
      const answer = await get(capsulesOf('215 Capsules'), { query: { ...range, continuationToken: token } });
      const page = answer.body as Capsules;
      sizes.push(page.capsules.length);
      token = page.continuationToken ?? '';
    } while (token !== '');
    expect(sizes).toEqual([100, 100, 15]);
    const two = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z', limit: 2 };
    expect(await get(capsulesOf('Equal Starts'), { query: two })).toMatchObject({
      status: 400,
      body: { statusMessage: expect.stringContaining('Cannot paginate this window. Submit larger limit') as string },
    });
  });

  it('5: a capsule has neither start nor end, or lacks one of them', async () => {
    const query = { start: '2020-01-01T06:00:00Z', end: '2020-01-01T07:00:00Z' };
    const one = async (condition: string) =>
      ((await get(capsulesOf(condition), { query })).body as Capsules).capsules[0];
    const [always, begun, open] = [await one('Always'), await one('Open Start'), await one('Open End')];
    expect(Object.keys(always ?? {})).not.toEqual(expect.arrayContaining(['start']));
    expect(always).toMatchObject({ isUncertain: false });
    expect([always?.start, always?.end]).toEqual([undefined, undefined]);
    expect([begun?.start, begun?.end]).toEqual([undefined, '2020-01-02T00:00:00Z']);
    expect([open?.start, open?.end]).toEqual(['2020-01-01T00:00:00Z', undefined]);
    const run = await get('/formulas/run', { query: { ...query, formula: '1.toSignal() > 0' } });
    const [evaluated] = (run.body as Models['FormulaRunOutputV1']).capsules?.capsules ?? [];
    expect(evaluated).toMatchObject({ isUncertain: false });
    expect([evaluated?.start, evaluated?.end]).toEqual([undefined, undefined]);
  });

  it('6: invalid samples of numbers and of text have a key and no value, as has an invalid scalar', async () => {
    const query = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z' };
    for (const signal of ['Bad and Uncertain', 'Bad Text']) {
      const { samples } = (await get(samplesOf(signal), { query })).body as Samples;
      const invalid = samples?.filter((sample) => !Object.hasOwn(sample, 'value')) ?? [];
      expect(invalid.length).toBeGreaterThan(0);
      for (const { key } of invalid) expect(key).toEqual(expect.any(String));
    }
    const run = await get('/formulas/run', { query: { formula: 'SCALAR.INVALID' } });
    expect((run.body as Models['FormulaRunOutputV1']).scalar).not.toHaveProperty('value');
  });

  it('7: digital states are ENUM{{number|name}}', async () => {
    const query = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T04:00:00Z' };
    const { samples } = (await get(samplesOf('Enumeration'), { query })).body as Samples;
    expect(samples?.map(({ value }) => value)).toContain('ENUM{{1|ON}}');
  });

  it('8: an empty continuation token asks for the first page', async () => {
    const query = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z', limit: 10 };
    const [empty, none] = [
      await get(samplesOf('Fast'), { query: { ...query, continuationToken: '' } }),
      await get(samplesOf('Fast'), { query }),
    ];
    expect(empty.body).toEqual(none.body);
    expect(empty.status).toBe(200);
  });

  it('9: a token outlives a second log-in, a wrong password is 401, and a restart voids all tokens', async () => {
    const own = await startSeeqSimulator({ port: 0 }, () => NOW);
    const me = async (token: string) => (await call(own.url, '/users/me', { headers: headersWith(token) })).status;
    const [first, second] = [await login(own.url), await login(own.url)];
    expect([await me(first), await me(second)]).toEqual([200, 200]);
    const wrong = await call(own.url, '/auth/login', { method: 'POST', body: { username: USER.name, password: 'no' } });
    expect(wrong).toMatchObject({ status: 401, body: { statusMessage: expect.any(String) as string } });
    await own.control.voidTokens();
    expect([await me(first), await me(second)]).toEqual([401, 401]);
    await own.stop();
    const restarted = await startSeeqSimulator({ port: 0 }, () => NOW);
    expect((await call(restarted.url, '/users/me', { headers: headersWith(first) })).status).toBe(401);
    await restarted.stop();
  });

  it('10: Accept: application/json is 406, Content-Type: application/json is 415', async () => {
    const token = await login(simulator.url);
    const status = async (headers: Record<string, string>) =>
      (await call(simulator.url, '/users/me', { headers: { ...headersWith(token), ...headers } })).status;
    expect(await status({ accept: 'application/json' })).toBe(406);
    expect(await status({ 'content-type': 'application/json' })).toBe(415);
    expect(await status({ accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE })).toBe(200);
  });

  it('11: an id that is no GUID is an error, but not of the server', async () => {
    for (const path of ['/items/BAD!', '/signals/BAD!', '/trees/assets/BAD!', '/signals/BAD!/sample/now']) {
      const { status, body } = await get(path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(body).toMatchObject({ statusMessage: expect.any(String) as string });
    }
    const run = await get('/formulas/run', { query: { formula: '$x', parameters: ['x=BAD!'] } });
    expect(run).toMatchObject({ status: 400, body: { statusMessage: expect.stringContaining('BAD!') as string } });
  });
});
