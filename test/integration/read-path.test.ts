/** Every function over the real bus, from a second identity, on two plants. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { functionTable } from '../../src/contract/functions/table.ts';
import { answerSchema } from '../../src/contract/answer.ts';
import type { Answer } from '../../src/client/answer.ts';
import { formatInstant } from '../../src/contract/time/instant.ts';
import type { Request } from '../../src/contract/request.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { type PlainSeeq, plainSeeq } from '../support/plain-seeq.ts';

let cluster: Cluster;
let plain: PlainSeeq;
const ids: Record<string, string> = {};

beforeAll(async () => {
  cluster = await startCluster({ plants: { 'plant-a': {}, 'plant-b': {} } });
  const plant = cluster.plants['plant-a'];
  if (!plant) throw new Error('no plant');
  plain = await plainSeeq(plant.url);
  for (const { path, id } of await plant.control.plant()) ids[path] = id;
});
afterAll(() => cluster.stop());

const fqn = (kind: string, path: string, host = 'plant-a') => `seeq:${host}/${kind}/${ids[path] ?? expect.fail(path)}`;
const SIGNALS = 'Special Cases >> Signals';
const AREA = 'Example >> Cooling Tower 1 >> Area A';

/** Asks, and holds every answer against the published schema of its items. */
async function ask(request: Request): Promise<Answer> {
  const answer = await cluster.ask(request);
  const declaration = functionTable.find(({ name }) => name === request.function);
  const items = z.array(declaration?.item ?? z.never()).safeParse(answer.items);
  expect(items.error?.issues ?? []).toEqual([]);
  return answer;
}

describe('functions about the driver', () => {
  it('version', async () => {
    const { items, status } = await ask({ function: 'version' });
    expect(status).toBe('ok');
    expect(items).toMatchObject([
      {
        driver: 'iota-seeqdrv',
        type: 'seeq',
        contract: 1,
        hosts: [
          { name: 'plant-a', version: expect.stringMatching(/^66\./) as string },
          { name: 'plant-b', version: expect.stringMatching(/^66\./) as string },
        ],
      },
    ]);
  });

  it('hosts', async () => {
    const { items } = await ask({ function: 'hosts' });
    expect(items).toMatchObject([
      { name: 'plant-a', state: 'up', url: cluster.plants['plant-a']?.url },
      { name: 'plant-b', state: 'up', url: cluster.plants['plant-b']?.url },
    ]);
  });

  it('functions says of each function whether it is served', async () => {
    const { items } = await ask({ function: 'functions' });
    const supported = (items as { name: string; supported: boolean }[]).filter((item) => item.supported);
    // Seeq is only read: this one will never be served, and every other one is.
    const refused = (items as { name: string }[]).filter((item) => !supported.some(({ name }) => name === item.name));
    expect(refused.map(({ name }) => name)).toEqual(['writedata']);
    for (const { name } of items as { name: string }[]) {
      const { error } = await cluster.ask({ function: name, params: { surely: 'unknown' } });
      const served = supported.some((item) => item.name === name);
      expect([name, error?.code]).toEqual([name, served ? 'badRequest' : 'unsupported']);
    }
  });
});

describe('tagsearch', () => {
  it('finds a tag on both plants, with all that a dashboard shows', async () => {
    const { items, meta } = await ask({ function: 'tagsearch', params: { query: 'Compressor Power', limit: 1000 } });
    const hit = (items as { fqn: string }[]).find((item) => item.fqn === fqn('signal', `${AREA} >> Compressor Power`));
    expect(hit).toMatchObject({
      name: 'Compressor Power',
      displayName: 'plant-a: Compressor Power',
      kind: 'signal',
      path: ['Example', 'Cooling Tower 1', 'Area A'],
      unit: 'kW',
      datasource: 'Example Data',
    });
    expect(meta.hosts).toEqual(['plant-a', 'plant-b']);
    expect(meta.total).toBe(items.length);
    expect(new Set((items as { fqn: string }[]).map((item) => item.fqn.split('/')[0]))).toEqual(
      new Set(['seeq:plant-a', 'seeq:plant-b']),
    );
  });

  it('finds names with special characters literally', async () => {
    for (const query of [
      'A && B',
      'Quote " and \' mark',
      'Back\\slash',
      'For/ward',
      '[Square] (round) {curly}',
      'Grüße 温度 🌡',
      'GRÜSSE'.slice(0, 3),
    ]) {
      const { items } = await ask({
        function: 'tagsearch',
        host: 'plant-a',
        params: { query, asset: fqn('asset', 'Special Cases >> Names') },
      });
      expect([query, items.length]).toEqual([query, 1]);
    }
  });
});

describe('elementsearch', () => {
  it('browses from the roots down', async () => {
    const { items } = await ask({
      function: 'elementsearch',
      host: 'plant-a',
      params: { parent: '', depth: 2, limit: 1000 },
    });
    const names = (items as { name: string; depth: number; path: string[] }[]).map(({ name, depth, path }) =>
      [depth, ...path, name].join(' > '),
    );
    expect(names).toContain('1 > Example');
    expect(names).toContain('2 > Example > Cooling Tower 1');
  });

  it('gives attributes of every kind, each readable by its FQN', async () => {
    const { items } = await ask({
      function: 'elementsearch',
      params: {
        query: 'Chiller 1',
        asset: fqn('asset', 'Utilities'),
        include: ['attributes', 'properties'],
      },
    });
    const [{ attributes }] = items as [
      { attributes: { name: string; type: string; fqn: string; attributeFqn?: string; value?: unknown }[] },
    ];
    expect(new Set(attributes.map(({ type }) => type))).toEqual(new Set(['tag', 'scalar', 'timeframes', 'property']));
    const readable = attributes.filter(({ type }) => type !== 'timeframes');
    const direct = await ask({
      function: 'snapshot',
      params: { items: readable.map((a) => a.fqn), time: '2026-01-31T08:00:00Z' },
    });
    const byName = await ask({
      function: 'snapshot',
      params: { items: readable.map((a) => a.attributeFqn ?? a.fqn), time: '2026-01-31T08:00:00Z' },
    });
    expect(direct.status).toBe('ok');
    const values = (answer: Answer) =>
      (answer.items as { index: number; value: unknown }[]).sort((a, b) => a.index - b.index).map(({ value }) => value);
    expect(values(byName)).toEqual(values(direct));
  });
});

describe('timeframesearch', () => {
  it('finds conditions, and their timeframes with attributes, one still open', async () => {
    const definitions = await ask({
      function: 'timeframesearch',
      params: { definitions: true, query: 'Campaigns', asset: fqn('asset', 'Packaging >> Line 1') },
    });
    const [condition] = definitions.items as [{ fqn: string }];
    const { items, status } = await ask({
      function: 'timeframesearch',
      params: { conditions: [condition.fqn], start: '*-3d', end: '*' },
    });
    expect(status).toBe('ok');
    const timeframes = items as {
      start: string;
      end: string | null;
      open: boolean;
      attributes: Record<string, unknown>;
    }[];
    expect(timeframes.length).toBeGreaterThan(1);
    expect(timeframes.map(({ start }) => start)).toEqual(timeframes.map(({ start }) => start).sort());
    expect(timeframes.at(-1)).toMatchObject({
      open: true,
      end: null,
      durationMs: null,
      attributes: { Campaign: { value: expect.stringContaining('Line 1') as string } },
    });
    const open = await ask({
      function: 'timeframesearch',
      params: { conditions: [condition.fqn], start: '*-3d', end: '*', open: true },
    });
    expect(open.items).toEqual([timeframes.at(-1)]);
  });
});

describe('snapshot', () => {
  it('answers a plain request of a plain NATS client in a single message', async () => {
    const request = {
      function: 'snapshot',
      id: 'plain-1',
      params: { items: [fqn('signal', `${AREA} >> Temperature`)], time: '2026-01-31T08:00:30Z' },
    };
    const nc = await cluster.connect();
    const reply = await nc.request(REQUEST_TOPIC, JSON.stringify(request), { timeout: 30_000 });
    const answer = answerSchema.parse(reply.json());
    const { sample } = await plain.get<{ sample: { key: string; value: number } }>(
      `/signals/${ids[`${AREA} >> Temperature`] ?? ''}/sample/2026-01-31T08:00:30Z?lookup=AtOrBefore`,
    );
    expect(answer).toMatchObject({ id: 'plain-1', seq: 0, last: true, status: 'ok' });
    expect(answer.items).toEqual([
      { index: 0, fqn: request.params.items[0], value: sample.value, time: sample.key, status: 'Good', unit: '°F' },
    ]);
  });

  it('distinguishes values, text, enumerations, bad and missing ones, each item alone', async () => {
    const items = [
      fqn('signal', `${SIGNALS} >> Enumeration`),
      fqn('signal', `${SIGNALS} >> Bad Text`),
      fqn('signal', `${SIGNALS} >> Empty`),
      'seeq:plant-a/signal/00000000-0000-0000-0000-000000000001',
      'seeq:nowhere/signal/00000000-0000-0000-0000-000000000001',
      'rubbish',
    ];
    const answer = await ask({ function: 'snapshot', params: { items, time: '2026-01-31T08:00:00Z' } });
    const byIndex = (answer.items as { index: number }[]).sort((a, b) => a.index - b.index);
    expect(answer.status).toBe('partial');
    expect(byIndex).toMatchObject([
      {
        value: expect.stringMatching(/^(OFF|ON|LOCAL \| REMOTE|Störung)$/) as string,
        state: expect.any(Number) as number,
      },
      { time: expect.stringContaining('2026-01-31T08:00:00') as string },
      { value: null, time: null, status: 'Bad Data' },
      { error: { code: 'notFound' } },
      { error: { code: 'unknownHost' } },
      { error: { code: 'badRequest' } },
    ]);
  });
});

describe('discrete', () => {
  it('gives just what the server has: bad, uncertain, text, enumerations, nanoseconds unchanged', async () => {
    const names = [
      'Nanoseconds',
      'Bad and Uncertain',
      'Bad Text',
      'Enumeration',
      'Extreme Numbers',
      'Equal Keys',
      'Gappy',
    ];
    const [start, end] = ['2020-01-01T10:00:00Z', '2020-01-01T14:00:00Z'];
    const items = names.map((name) => fqn('signal', `${SIGNALS} >> ${name}`));
    const answer = await cluster.ask({ function: 'discrete', params: { items, start, end } });
    expect(answer.status).toBe('ok');
    for (const [index, name] of names.entries()) {
      const wanted = await plain.samples(ids[`${SIGNALS} >> ${name}`] ?? '', start, end);
      const pieces = (answer.items as Piece[]).filter((piece) => piece.index === index);
      expect(pieces.flatMap(({ times }) => times)).toEqual(wanted.map(({ key }) => key));
      expect(pieces.flatMap(({ values }) => values)).toEqual(
        wanted.map(({ value = null }) =>
          typeof value === 'string' ? value.replace(/^ENUM\{\{-?\d+\|(.*)\}\}$/, '$1') : value,
        ),
      );
      expect(pieces.flatMap(statuses)).toEqual(
        wanted.map(({ value, isUncertain }) =>
          (value ?? null) === null ? 'Bad Data' : isUncertain ? 'Questionable' : 'Good',
        ),
      );
    }
    const nanoseconds = (answer.items as Piece[]).find(({ index }) => index === 0)?.times ?? [];
    expect(nanoseconds.filter((time) => /\.\d{9}Z$/.test(time)).length).toBeGreaterThan(1000);
  });

  it('reads both plants in one request', async () => {
    const b = await cluster.plants['plant-b']?.control.plant();
    const onB = b?.find(({ path }) => path === `${AREA} >> Temperature`)?.id ?? '';
    const items = [fqn('signal', `${AREA} >> Temperature`), `seeq:plant-b/signal/${onB}`];
    const answer = await ask({ function: 'discrete', params: { items, start: '2026-01-31', end: '2026-02-01' } });
    expect(answer).toMatchObject({ status: 'ok', meta: { hosts: ['plant-a', 'plant-b'] } });
    expect(new Set((answer.items as Piece[]).map(({ index }) => index))).toEqual(new Set([0, 1]));
  });
});

interface Piece {
  index: number;
  times: string[];
  values: unknown[];
  flags?: [number, number, string][];
}

function statuses({ times, flags = [] }: Piece): string[] {
  const all = times.map(() => 'Good');
  for (const [from, to, status] of flags) all.fill(status, from, to + 1);
  return all;
}

it('relative times refer to the moment of the request', async () => {
  const before = Date.now();
  const { items } = await ask({
    function: 'discrete',
    params: { items: [fqn('signal', `${SIGNALS} >> Fast`)], start: '*-10s', end: '*' },
  });
  const times = (items as Piece[]).flatMap((piece) => piece.times);
  expect(times[0] && times[0] >= formatInstant(BigInt(before - 12_000) * 1_000_000n)).toBe(true);
});
