/** One server that accepts and never answers beside a healthy one: it costs its own items in every function, no more. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/client/answer.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { plantItemId } from '../../simulators/seeq/plant/plant.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';

/** In the order of the configuration the slow one comes first, so that nothing may wait for it. */
const SLOW = 'a-slow';
const WELL = 'b-well';
const BUDGET_MS = 3000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    plants: { [SLOW]: {}, [WELL]: {} },
    server: { concurrency: 8, requestTimeoutMs: 600_000 },
  });
  // Both logged in, so that the calls themselves are what hangs.
  expect((await cluster.ask({ function: 'hosts' })).status).toBe('ok');
});
afterEach(async () => {
  await cluster.plants[SLOW]?.control.heal();
});
afterAll(() => cluster.stop());

const hang = () => cluster.plants[SLOW]?.control.fail({ kind: 'hang' });

const AREA = 'Example >> Cooling Tower 1 >> Area A';
const signal = (host: string) => `seeq:${host}/signal/${plantItemId(host, `${AREA} >> Temperature`)}`;
const both = [signal(SLOW), signal(WELL)];
const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z' };

/** What every function asks of both servers; null where it asks none. */
type Params = Record<string, unknown>;
const params: Record<string, Params | null> = {
  version: {},
  functions: null,
  health: null,
  hosts: {},
  datasources: {},
  workbooks: {},
  tagsearch: { query: 'Temperature', limit: 5 },
  elementsearch: { query: 'Area A', limit: 5, include: ['attributes'] },
  timeframesearch: { query: '*', start: '*-1d', end: '*', limit: 5 },
  describe: { items: both },
  snapshot: { items: both },
  eventpipepoll: null,
  plotted: { items: both, ...range, count: 10 },
  interpolated: { items: both, ...range, count: 5 },
  discrete: { items: both, ...range, limit: 5 },
  aggregated: { items: both, ...range, intervalMs: 600_000, methods: ['average'] },
  cancel: null,
  writedata: null,
};
const further: [string, string, Params][] = [
  ['elementsearch', 'browsing', { parent: '', depth: 2, limit: 50 }],
  ['elementsearch', 'browsing with attributes', { parent: '', depth: 1, limit: 50, include: ['attributes'] }],
  ['timeframesearch', 'for definitions', { definitions: true }],
];

const cases = [
  ...functionTable.flatMap(({ name }): [string, string, Params][] => {
    const asked = params[name];
    expect(asked, `what ${name} asks`).not.toBeUndefined();
    return asked ? [[name, 'as such', asked]] : [];
  }),
  ...further,
];

/** The server that an item belongs to. */
function hostOf(item: Record<string, unknown>): string | undefined {
  const { host, name, fqn } = item as Record<string, string | undefined>;
  return fqn?.split('/')[0]?.slice('seeq:'.length) ?? host ?? name;
}

describe('every function', () => {
  /** What each gives of the healthy server alone, in the order of the cases. */
  let wholes: Answer[];
  /** What each gives while the other server hangs. All are asked at once, so that their budgets pass together. */
  let answers: Answer[];
  beforeAll(async () => {
    wholes = await Promise.all(
      cases.map(([name, , asked]) => cluster.ask({ function: name, host: WELL, params: asked, timeoutMs: 60_000 })),
    );
    await hang();
    answers = await Promise.all(
      cases.map(([name, , asked]) => cluster.ask({ function: name, params: asked, timeoutMs: BUDGET_MS })),
    );
  });

  it.each(cases.map(([name, how], at) => [name, how, at] as const))(
    '%s, %s, gives everything of the healthy server, and says what is missing',
    (name, _how, at) => {
      const [whole, answer] = [wholes[at], answers[at]];
      if (answer === undefined) expect.fail('not asked');
      if (name === 'version') {
        // It tells what was found last.
        expect(answer.status).toBe('ok');
        expect(answer.items[0]).toMatchObject({
          hosts: [{ name: SLOW, version: expect.any(String) as string }, { name: WELL }],
        });
        return;
      }
      const items = answer.items as Record<string, unknown>[];
      expect(answer.status).toBe('partial');
      const well = items.filter((item) => hostOf(item) === WELL);
      expect(well.length).toBeGreaterThan(0);
      expect(well.filter(({ error }) => error !== undefined)).toEqual([]);
      if (whole?.status === 'ok') expect(well.length).toBe(whole.items.length);
      const slow = items.filter((item) => hostOf(item) === SLOW);
      expect(slow.length).toBeGreaterThan(0);
      for (const item of slow)
        expect(item).toMatchObject({ error: { code: expect.stringMatching(/timeout|sourceUnavailable/) as string } });
    },
  );
});

it('a lease gives the values of the healthy server while the other one hangs', async () => {
  await hang();
  for await (const change of cluster.client.follow({ items: both, intervalMs: 1000 })) {
    if (JSON.stringify(change).includes(signal(WELL))) break;
  }
});

describe('many requests to the server that hangs', () => {
  it('take nothing from those to another, nor from those about the driver', async () => {
    await hang();
    const ask = (items: string[], timeoutMs: number) =>
      cluster.ask({ function: 'snapshot', timeoutMs, params: { items } });
    const hung = Array.from({ length: 300 }, () => ask([signal(SLOW)], 8000));
    const mixed = Array.from({ length: 60 }, () => ask(both, 8000));
    const well = await Promise.all(Array.from({ length: 60 }, () => ask([signal(WELL)], 60_000)));
    expect(well.map(({ status }) => status)).toEqual(Array(60).fill('ok'));
    for (const name of ['version', 'functions']) expect((await cluster.ask({ function: name })).status).toBe('ok');
    for (const { items } of await Promise.all(mixed)) {
      expect(items.find((item) => hostOf(item as Record<string, unknown>) === WELL)).not.toHaveProperty('error');
    }
    for (const { error } of await Promise.all(hung)) {
      expect(error?.code).toMatch(/^(?:timeout|sourceUnavailable|overloaded)$/);
    }
  });
});
