/** Where every call that would bring an item fails, the request has failed: "partial" promises that something is there. */
import { afterEach, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import { functionTable } from '../../../src/contract/functions/table.ts';
import type { Source } from '../../../src/sources/source.ts';
import { fqn, source, testDriver, violations } from '../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const broken = async (): Promise<never> => {
  throw new DriverError('sourceError', 'broken');
};

/** Finds two of everything, and can read nothing of it. */
const unreadable = (name: string): Source =>
  source(name, {
    search: async () => ({
      found: ['x', 'y'].map((id) => ({ id, name: id, path: [], hasChildren: true })),
      total: 2,
      more: false,
    }),
    describe: broken,
    children: async (assetId) =>
      assetId === undefined
        ? { assets: [{ id: 'x', name: 'x', path: [], hasChildren: true }], attributes: [] }
        : broken(),
    properties: broken,
    snapshot: broken,
    // eslint-disable-next-line require-yield -- it fails before its first page
    async *samples() {
      throw new DriverError('sourceError', 'broken');
    },
    shape: broken,
    reduced: broken,
    // eslint-disable-next-line require-yield -- it fails before its first page
    async *timeframes() {
      throw new DriverError('sourceError', 'broken');
    },
  });

const items = ['a', 'b'].map((host) => fqn(host, 'signal', 'x'));
const range = { items, start: '*-1h', end: '*' };
const REQUESTS: [name: string, params: object][] = [
  ['elementsearch', { include: ['attributes'] }],
  ['elementsearch', { include: ['properties'] }],
  ['elementsearch', { parent: '', include: ['attributes'] }],
  ['timeframesearch', {}],
  ['timeframesearch', { conditions: ['a', 'b'].map((host) => fqn(host, 'condition', 'x')) }],
  ['describe', { items }],
  ['snapshot', { items }],
  ['plotted', range],
  ['interpolated', { ...range, count: 3 }],
  ['discrete', range],
  ['aggregated', { ...range, intervalMs: 60_000 }],
];

it.each(REQUESTS)('%s %j', async (name, params) => {
  const answer = await testDriver([unreadable('a'), unreadable('b')]).ask(name, params);
  expect(answer).toMatchObject({ status: 'error', error: { code: 'sourceError' } });
  expect(answer.items.length).toBeGreaterThan(0);
  expect(answer.items.every((item) => 'error' in item)).toBe(true);
});

it.each([
  ['tagsearch', {}],
  ['elementsearch', {}],
  ['timeframesearch', { definitions: true }],
  ['datasources', {}],
  ['workbooks', {}],
])('%s of hits that need no further call is answered', async (name, params) => {
  const { status } = await testDriver([unreadable('a'), unreadable('b')]).ask(name, params);
  expect(status).toBe('ok');
});

it('every function that reads items is among them', () => {
  const asked = new Set(REQUESTS.map(([name]) => name));
  const general = ['version', 'functions', 'hosts', 'health', 'datasources', 'workbooks'];
  const others = [...general, 'tagsearch', 'eventpipepoll', 'cancel'];
  expect(functionTable.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([...others, 'writedata']);
});
