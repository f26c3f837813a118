/** Pages of timeframes of a real server: each once, in either direction, and read about as many as were asked for. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatInstant } from '../../../src/contract/time/instant.ts';
import { SeeqSource } from '../../../src/sources/seeq/source.ts';
import type { ConditionData } from '../../../simulators/seeq/plant/item.ts';
import { plantItemId } from '../../../simulators/seeq/plant/plant.ts';
import { type Capsule, listCapsules } from '../../../simulators/seeq/series/capsules.ts';
import { type SeeqSimulator, startSeeqSimulator } from '../../../simulators/seeq/simulator.ts';
import { accessKey, NOW } from '../sources/seeq/support.ts';
import { allPages, fqn, testDriver, violations } from '../../support/driver.ts';

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;
const END = 1_773_446_400n * SECOND;
const START = END - 400n * DAY;

interface Plant {
  simulator: SeeqSimulator;
  source: SeeqSource;
  ask: ReturnType<typeof testDriver>['ask'];
  /** Gives the condition that the tests ask for these capsules, in order of their start. */
  hold: (capsules: Capsule[]) => void;
}

async function open(release: number): Promise<Plant> {
  const simulator = await startSeeqSimulator({ port: 0, release }, () => NOW);
  const source = new SeeqSource({
    name: 'a',
    url: simulator.url,
    credentials: accessKey,
    tls: { insecureSkipVerify: false },
    connections: 4,
    connectTimeoutMs: 5000,
    requestTimeoutMs: 30_000,
    userAgent: 'test',
    pageSamples: 1000,
  });
  const item = simulator.plant.items.get(CONDITION);
  const hold = (capsules: Capsule[]): void => {
    const before = (a: bigint | undefined, b: bigint | undefined) => (a ?? -1n) < (b ?? -1n);
    const sorted = capsules.toSorted((a, b) => (before(a.start, b.start) ? -1 : before(b.start, a.start) ? 1 : 0));
    Object.assign(item?.condition ?? {}, { capsules: listCapsules(sorted) } satisfies Partial<ConditionData>);
  };
  return { simulator, source, ask: testDriver([source]).ask, hold };
}

const CONDITION = plantItemId('Example', 'Special Cases >> Conditions >> 215 Capsules');
const ALARMS = plantItemId('Example', 'Special Cases >> Conditions >> Alarms');
let plants: Record<'new' | 'old', Plant>;
beforeAll(async () => {
  plants = { new: await open(66), old: await open(62) };
});
afterAll(async () => {
  for (const { simulator, source } of Object.values(plants)) {
    await source.close();
    await simulator.stop();
  }
});
afterEach(() => {
  expect(violations).toEqual([]);
});

/** Starts far before the range, at its borders, often equal, at random, or none at all; ends close by, far away or none. */
const start = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(START - 1000n * DAY, START, END, END - 1n, START + 200n * DAY),
  fc.nat(400).map((days) => START + BigInt(days) * DAY),
  fc.bigInt(START - 30n * DAY, END),
  fc.nat(5000).map((ns) => END - 3n * DAY + BigInt(ns)),
);
const length = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(0n, 1n, SECOND, 20n * DAY, 1000n * DAY),
  fc.bigInt(0n, 3n * DAY),
);
const capsules = fc.array(fc.tuple(start, length), { maxLength: 60 }).map((list) =>
  list.map(([from, long], n): Capsule => {
    const end = long === undefined ? undefined : (from ?? START - DAY) + long;
    return {
      id: `c${String(n)}`,
      ...(from === undefined ? {} : { start: from }),
      ...(end === undefined ? {} : { end }),
      properties: [{ name: 'Even', value: n % 2 === 0 }],
    };
  }),
);

/** By the definition: begins before the end and ends after the start; without duration, from the start on. */
const overlaps = ({ start: from, end: to }: Capsule): boolean =>
  (from === undefined || from < END) &&
  (to === undefined || to > START || (from !== undefined && from === to && from >= START));

describe.each(['asc', 'desc'] as const)('all pages, %s', (order) => {
  it.each(['new', 'old'] as const)('give every timeframe once and in order (%s server)', async (age) => {
    const { ask, hold } = plants[age];
    await fc.assert(
      fc.asyncProperty(capsules, fc.integer({ min: 1, max: 12 }), fc.boolean(), async (all, limit, evenOnly) => {
        hold(all);
        const where = evenOnly ? [{ attribute: 'Even', equals: true }] : [];
        const conditions = [fqn('a', 'condition', CONDITION)];
        const range = { start: formatInstant(START), end: formatInstant(END) };
        const pages = await allPages((cursor) =>
          ask('timeframesearch', {
            ...{ conditions, ...range, order, limit, where },
            ...(cursor === undefined ? {} : { cursor }),
          }),
        );
        for (const { status, items } of pages) {
          expect(status).toBe('ok');
          expect(items.length).toBeLessThanOrEqual(limit);
        }
        const items = pages.flatMap((page) => page.items);
        const wanted = all.filter((one, n) => overlaps(one) && (!evenOnly || n % 2 === 0)).map(({ id = '' }) => id);
        expect(items.map(({ fqn: name }) => (name as string).split('/').at(-1)).sort()).toEqual(wanted.sort());
        const starts = items.map(({ start: from }) => (from === null ? -1 : Date.parse(from as string)));
        expect(starts).toEqual(starts.toSorted((a, b) => (order === 'asc' ? a - b : b - a)));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a page of 100 over 100,000 timeframes', () => {
  it.each(['asc', 'desc'] as const)('reads about what was asked for, %s', async (order) => {
    const { ask, simulator } = plants.new;
    const params = { conditions: [fqn('a', 'condition', ALARMS)], start: '2024-03-14', end: '2026-03-14', order };
    let cursor: string | undefined;
    const seen = new Set<unknown>();
    for (let page = 0; page < 5; page++) {
      await simulator.control.clearRequests();
      const { items, meta } = await ask('timeframesearch', { ...params, ...(cursor === undefined ? {} : { cursor }) });
      for (const item of items) seen.add(item.fqn);
      cursor = meta.cursor;
      const calls = (await simulator.control.requests()).filter(({ operation }) => operation === 'get_capsules');
      const asked = calls.map(({ query }) => Number(new URLSearchParams(query).get('limit')));
      expect(calls.length).toBeLessThanOrEqual(4);
      expect(asked.reduce((sum, limit) => sum + limit, 0)).toBeLessThanOrEqual(1000);
    }
    expect(seen.size).toBe(500);
  });

  it('needs few calls where few of them pass the tests', async () => {
    const { ask, simulator } = plants.new;
    await simulator.control.clearRequests();
    const params = { conditions: [fqn('a', 'condition', ALARMS)], start: '2025-12-04', end: '2026-03-14' };
    const where = [{ attribute: 'Level', above: 1000 }];
    for (const order of ['asc', 'desc']) {
      await simulator.control.clearRequests();
      expect((await ask('timeframesearch', { ...params, where, order })).items).toEqual([]);
      const calls = (await simulator.control.requests()).filter(({ operation }) => operation === 'get_capsules');
      // 14,400 at up to 5,000 a call.
      expect(calls.length).toBeLessThanOrEqual(16);
    }
  });
});

describe('the latest timeframe', () => {
  const attribute = `seeq:a/condition/${CONDITION}/attribute/Name`;
  const named = (name: string, from: bigint | undefined, to: bigint | undefined): Capsule => ({
    id: name,
    ...(from === undefined ? {} : { start: from }),
    ...(to === undefined ? {} : { end: to }),
    properties: [{ name: 'Name', value: name }],
  });
  const latest = async (all: Capsule[]) => {
    const { hold, ask } = plants.new;
    hold(all);
    const { items } = await ask('snapshot', { items: [attribute], time: formatInstant(END) });
    return items[0]?.value;
  };

  it('is the one that began last, however old, also beside one that never ended', async () => {
    for (const ageDays of [0n, 1n, 2n, 9n, 100n, 3000n]) {
      const began = END - ageDays * DAY;
      const last = named('last', began, began + SECOND);
      expect(await latest([named('open', began - DAY, undefined), last])).toBe('last');
      expect(await latest([named('never began', undefined, undefined), last])).toBe('last');
      expect(await latest([last, named('later', END + 1n, undefined)])).toBe('last');
    }
    expect(await latest([named('never began', undefined, undefined)])).toBe('never began');
  });
});

it('timeframes with one start, more than a page holds, are read all the same', async () => {
  const { hold, ask } = plants.new;
  hold(Array.from({ length: 1200 }, (_, n) => ({ id: `c${String(n)}`, start: END - DAY, properties: [] })));
  for (const order of ['asc', 'desc']) {
    const params = { conditions: [fqn('a', 'condition', CONDITION)], order, limit: 500 };
    const range = { start: formatInstant(START), end: formatInstant(END) };
    const pages = await allPages((cursor) =>
      ask('timeframesearch', { ...params, ...range, ...(cursor === undefined ? {} : { cursor }) }),
    );
    expect(pages.map(({ items }) => items.length)).toEqual([500, 500, 200]);
    expect(new Set(pages.flatMap(({ items }) => items.map((item) => item.fqn))).size).toBe(1200);
  }
});
