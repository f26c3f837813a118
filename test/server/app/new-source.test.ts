/**
 * A new source is one folder and one line, with its configuration. The folder is `./toy`, which knows the interface, the
 * contract and the parts of a configuration alone; the line is its entry in `kinds`. Everything else is the product as
 * it is, beside a real Seeq source: if another room had to be changed for the toy, this is red.
 */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configSchemaOf, type FileOf, type SourceKinds } from '../../../src/app/configuration.ts';
import { openHosts } from '../../../src/app/endpoints.ts';
import { sourceKinds } from '../../../src/app/source-kinds.ts';
import type { Config } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problems.ts';
import { functionTable } from '../../../src/contract/functions/table.ts';
import { healthSchema } from '../../../src/contract/health.ts';
import { problemText } from '../../../src/lib/wording/problem.ts';
import type { SourceKind } from '../../../src/sources/kind.ts';
import { serverHealth } from '../../../src/telemetry/health.ts';
import { sourceMetrics } from '../../../src/telemetry/metrics.ts';
import { plantItemId } from '../../../simulators/seeq/plant/plant.ts';
import { type SeeqSimulator, startSeeqSimulator } from '../../../simulators/seeq/simulator.ts';
import { good, loadWith, server } from '../../support/config.ts';
import { type Answer, fqn, source, TestLog, testDriver, violations } from '../../support/driver.ts';
import { NOW } from '../sources/seeq/support.ts';
import { toy } from './toy/kind.ts';

const kinds = { ...sourceKinds, toys: toy };
const schema = configSchemaOf(kinds);
const box = { name: 'box', values: { duck: 3, 'Area A ball': 7 } };

let simulator: SeeqSimulator;
let config: Config<FileOf<typeof kinds>>;

/** A file with these toy boxes beside a Seeq server. */
const fileOf = (...toys: object[]) => good({}, { servers: [server({ url: simulator.url })], toys });
const loadToys = (...toys: object[]) =>
  loadWith(schema, fileOf(...toys), {
    env: { SEEQ_KEY: 'simulator-access-key', BOX_KEY: 'key of the box' },
    files: { '/etc/driver/seeq.password': 'simulator-access-secret' },
  });

beforeAll(async () => {
  simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
  ({ config } = await loadToys(box));
  return () => simulator.stop();
});

afterEach(() => {
  expect(violations).toEqual([]);
});

const hostsOf = (used: object, of: SourceKinds = kinds) =>
  openHosts({ limits: config.limits, ...used }, { userAgent: 'test', log: new TestLog() }, of);
const withToy = () => testDriver(hostsOf(config));
/** With nothing but the toy. */
const toyAlone = () => testDriver(hostsOf({ toys: config.toys }));

const DUCK = 'toy:box/signal/duck';
const seeqSignal = () =>
  fqn('plant-a', 'signal', plantItemId('Example', 'Example >> Cooling Tower 1 >> Area A >> Temperature'));
const day = { start: '2026-03-14T00:00:00Z', end: '2026-03-15T00:00:00Z' };

const ofToy = ({ items }: Answer) => items.filter((item) => JSON.stringify(item).includes('box'));
const failure = (ability: string) => ({
  error: { code: 'unsupported', retryable: false, details: { host: 'box', ability } },
});

it('knows the interface and the contract, and no other room', async () => {
  const text = await readFile(new URL('toy/source.ts', import.meta.url), 'utf8');
  const imported = Array.from(text.matchAll(/from '(?:\.\.\/)*src\/([^']+)'/g), ([, path = '']) => path);
  expect(imported.length).toBeGreaterThan(3);
  expect(imported.filter((path) => !/^(sources\/source\.ts$|contract\/)/.test(path))).toEqual([]);
});

it('is searched together with all others', async () => {
  const { ask } = withToy();
  const answer = await ask('tagsearch', { query: 'Area A*', kinds: ['signal', 'scalar'] });
  expect(answer.status).toBe('ok');
  expect(answer.meta.hosts).toEqual(['plant-a', 'box']);
  expect(answer.items.map(({ fqn: name }) => String(name).split('/')[0])).toContain('seeq:plant-a');
  expect(ofToy(answer)).toMatchObject([
    { fqn: 'toy:box/signal/Area%20A%20ball', displayName: 'box: Area A ball', kind: 'signal' },
    { fqn: DUCK, displayName: 'box: duck', kind: 'signal' },
  ]);
});

it('gives the values of its items, alone and with those of others', async () => {
  const { ask } = withToy();
  const answer = await ask('snapshot', { items: [DUCK, seeqSignal()] });
  expect(answer).toMatchObject({ status: 'ok', meta: { sourceRequests: 2 } });
  expect(answer.items.find(({ index }) => index === 0)).toMatchObject({ fqn: DUCK, value: 3, status: 'Good' });
  expect(await ask('snapshot', { items: ['toy:box/signal/doll'] })).toMatchObject({ error: { code: 'notFound' } });
});

it.each([
  ['elementsearch', {}],
  ['elementsearch', { parent: '' }],
  ['timeframesearch', { definitions: true }],
  ['timeframesearch', day],
  ['datasources', {}],
  ['workbooks', {}],
])('is left out of %s %j over all, which is no failure', async (name, params) => {
  const answer = await withToy().ask(name, params);
  expect(answer.status).toBe('ok');
  expect(answer.items.length).toBeGreaterThan(0);
  expect(answer.meta.hosts).toEqual(['plant-a']);
  expect(ofToy(answer)).toEqual([]);
});

it.each([
  ['elementsearch', {}, 'assets'],
  ['elementsearch', { parent: '' }, 'assets'],
  ['timeframesearch', { definitions: true }, 'timeframes'],
  ['timeframesearch', day, 'timeframes'],
  ['datasources', {}, 'lists'],
  ['workbooks', {}, 'lists'],
  ['tagsearch', { workbook: 'Example' }, 'lists'],
])('fails in %s %j where a request names it, and where there is no other source', async (name, params, ability) => {
  const { ask } = withToy();
  const both = await ask(name, params, { host: ['plant-a', 'box'] });
  expect(ofToy(both)).toMatchObject([{ host: 'box', ...failure(ability) }]);
  const alone = await ask(name, params, { host: 'box' });
  expect(alone).toMatchObject({ status: 'error', items: [{ host: 'box' }], ...failure(ability) });
  expect(await toyAlone().ask(name, params)).toMatchObject({ status: 'error', ...failure(ability) });
});

it.each([
  ['discrete', day, 'history'],
  ['plotted', day, 'history'],
  ['interpolated', { ...day, count: 3 }, 'history'],
  ['aggregated', { ...day, count: 1, methods: ['average'] }, 'history'],
  ['describe', {}, 'describe'],
])(
  'says in %s that its items are not to be had, and why, and leaves those of others alone',
  async (name, range, ability) => {
    const { ask } = withToy();
    const alone = await ask(name, { items: [DUCK], ...range });
    expect(alone).toMatchObject({ status: 'error', items: [{ index: 0, fqn: DUCK }], ...failure(ability) });
    expect(alone.error?.message).toContain('"box"');
    expect(alone.meta.sourceRequests).toBe(0);
    const both = await ask(name, { items: [seeqSignal(), DUCK], ...range });
    expect(both.status).toBe('partial');
    expect(both.items.filter(({ error }) => error)).toMatchObject([{ index: 1, ...failure(ability) }]);
    expect(both.items.some(({ index, error }) => index === 0 && error === undefined)).toBe(true);
  },
);

it.each([
  ['elementsearch', { parent: 'toy:box/asset/x' }],
  ['elementsearch', { asset: 'toy:box/asset/x' }],
  ['tagsearch', { asset: 'toy:box/asset/x' }],
])('has no asset to begin %s %j at', async (name, params) => {
  expect(await withToy().ask(name, params)).toMatchObject({ status: 'error', ...failure('assets') });
});

it('is not leased where it has no values of now', async () => {
  const mute: SourceKind = {
    ...(toy as SourceKind),
    open: () => ({ source: { ...source('box'), scheme: 'toy', abilities: {} }, concurrency: 2, queueLimit: 10 }),
  };
  const { ask } = testDriver(hostsOf(config, { ...kinds, toys: mute }));
  expect(await ask('eventpipepoll', { items: [DUCK] })).toMatchObject({ status: 'error', ...failure('snapshot') });
});

it('has no condition by name', async () => {
  const conditions = ['toy:box/condition/x'];
  expect(await withToy().ask('timeframesearch', { conditions, ...day })).toMatchObject(failure('timeframes'));
});

it('is left out where a search is narrowed by what it does not have', async () => {
  const answer = await withToy().ask('tagsearch', { datasource: 'Example Data' });
  expect(answer.meta.hosts).toEqual(['plant-a']);
  expect(ofToy(answer)).toEqual([]);
});

it('is described by hosts and functions', async () => {
  const { ask } = withToy();
  const { items } = await ask('hosts');
  const all = ['search', 'describe', 'assets', 'lists', 'snapshot', 'history', 'timeframes'];
  expect(items).toMatchObject([
    { name: 'plant-a', scheme: 'seeq', abilities: all, state: 'up' },
    { name: 'box', scheme: 'toy', abilities: ['search', 'snapshot'], state: 'up', version: '1' },
  ]);
  for (const name of ['hosts', 'functions', 'version'] as const) {
    const schema = functionTable.find((declaration) => declaration.name === name)?.item;
    for (const item of (await ask(name)).items) expect(schema?.safeParse(item).error).toBeUndefined();
  }
  const functions = new Map((await ask('functions')).items.map(({ name, ...rest }) => [name, rest]));
  for (const name of ['tagsearch', 'snapshot', 'eventpipepoll']) {
    expect(functions.get(name), name).toMatchObject({ hosts: ['plant-a', 'box'] });
  }
  expect(functions.get('discrete')).toMatchObject({ ability: 'history', hosts: ['plant-a'] });
  expect(functions.get('hosts')).not.toHaveProperty('hosts');
});

it('is in health and metrics', async () => {
  const hosts = hostsOf(config);
  await testDriver(hosts).ask('snapshot', { items: [DUCK] });
  expect(hosts.all.map(serverHealth).map((one) => healthSchema.shape.servers.element.parse(one))).toMatchObject([
    { name: 'plant-a', state: 'unknown' },
    { name: 'box', state: 'up' },
  ]);
  expect(sourceMetrics(hosts.all)).toMatchObject([{ host: 'plant-a' }, { host: 'box', results: { ok: 1 } }]);
});

it('is known by its scheme and its name', async () => {
  const { ask } = withToy();
  const wrong = await ask('snapshot', {
    items: ['seeq:box/signal/duck', 'toy:plant-a/signal/duck', 'toy:bix/signal/x'],
  });
  const messageAt = (at: number) =>
    (wrong.items.find(({ index }) => index === at)?.error as Error | undefined)?.message;
  expect(messageAt(0)).toBe('Names of host "box" start with "toy:".');
  expect(messageAt(1)).toBe('Names of host "plant-a" start with "seeq:".');
  expect(messageAt(2)).toContain('did you mean "box"');
});

it('must have a unique name', async () => {
  const failure = await loadToys({ ...box, name: 'PLANT-A' }).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    problems: [
      {
        path: 'settings.toys[0].name',
        message: 'is the same name as settings.servers[0].name (letter case does not count)',
      },
    ],
  });
  const toys = [{ ...config.toys[0], name: 'plant-a' }];
  expect(() => hostsOf({ ...config, toys })).toThrow('Sources seeq:plant-a and toy:plant-a have the same name.');
});

describe('its configuration', () => {
  it('has defaults, and secrets that are read again', async () => {
    const [toyBox] = (await loadToys({ ...box, key: { env: 'BOX_KEY' } })).config.toys;
    expect(toyBox).toMatchObject({ name: 'box', calls: 2, waiting: 10 });
    expect(await toyBox?.key?.reveal()).toBe('key of the box');
    expect(toyBox && toy.summary(toyBox)).toBe('a box of 2 signals');
  });

  it('is checked with everything else, by its own rules and in the words of the others', async () => {
    const toys = [
      { ...box, calls: 4, waiting: 3 },
      { name: 'BOX', valves: {} },
      { name: 'third', calls: 9, key: { env: 'NO_KEY' } },
      { name: 'fourth', key: 'hunter2' },
    ];
    const failure: unknown = await loadToys(...toys).catch((error: unknown) => error);
    if (!(failure instanceof ConfigError)) throw new Error(`no ConfigError but ${String(failure)}`);
    expect(failure.problems.map(problemText)).toEqual([
      'settings.toys[0].waiting: must be at least settings.toys[0].calls, which is 4 (found 3)',
      'settings.toys[1].valves: is not a known key; did you mean "values"?',
      'settings.toys[2].calls: must be at most 4 (found 9)',
      'settings.toys[3].key: must not be in this file as text; write { "file": "path" } or { "env": "NAME" } that contains it',
      'settings.toys[1].name: is the same name as settings.toys[0].name (letter case does not count) (found "BOX")',
      'settings.toys[2].key: the environment variable NO_KEY is not set',
    ]);
    expect((await loadToys({ ...box, waiting: 60 })).warnings).toEqual([
      { path: 'settings.toys[0].waiting', message: 'is high' },
    ]);
  });

  it('is enough for a driver without another source or a feed', async () => {
    const { config: alone } = await loadWith(schema, good({}, { servers: undefined, toys: [box] }));
    expect(alone.toys).toHaveLength(1);
    await expect(loadWith(schema, good({}, { servers: undefined }))).rejects.toThrow(
      'settings.servers: must not be empty',
    );
  });
});
