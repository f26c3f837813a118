/** Functions about items over the real bus: datasources, workbooks, describe; and one call for many viewers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatFqn, parseFqn } from '../../src/contract/fqn.ts';
import { z } from 'zod';
import { functionTable } from '../../src/contract/functions/table.ts';
import type { Request } from '../../src/contract/request.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { plantItemId } from '../../simulators/seeq/plant/plant.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ plants: { 'plant-a': {}, 'plant-b': {} } });
});
afterAll(() => cluster.stop());

const fqn = (kind: string, path: string, host = 'plant-a') => `seeq:${host}/${kind}/${plantItemId(host, path)}`;
const AREA = 'Example >> Cooling Tower 1 >> Area A';
const CHILLER = 'Utilities >> Chiller 1';

/** Asks, and holds the items against their published schema. */
async function ask(request: Request) {
  const answer = await cluster.ask(request);
  const declaration = functionTable.find(({ name }) => name === request.function);
  expect(z.array(declaration?.item ?? z.never()).safeParse(answer.items).error?.issues ?? []).toEqual([]);
  return answer;
}

describe('datasources and workbooks', () => {
  it('are listed for every server, merged and paged', async () => {
    const whole = await ask({ function: 'datasources' });
    expect(whole.items).toMatchObject([
      { host: 'plant-a', name: 'Example Data', datasourceClass: 'Time Series CSV Files', datasourceId: 'Example Data' },
      { host: 'plant-b', name: 'Example Data' },
      { host: 'plant-a', name: 'Plant Historian', datasourceId: 'historian-1' },
      { host: 'plant-b', name: 'Plant Historian' },
      { host: 'plant-a', name: 'Special Cases', datasourceClass: 'Simulated Cases', datasourceId: 'special-cases' },
      { host: 'plant-b', name: 'Special Cases' },
    ]);
    const first = await ask({ function: 'datasources', params: { limit: 3 } });
    const second = await ask({ function: 'datasources', params: { limit: 3, cursor: first.meta.cursor } });
    expect([...first.items, ...second.items]).toEqual(whole.items);
    expect(second.meta.cursor).toBeUndefined();
  });

  it('narrow a search by what they give', async () => {
    const [workbook] = (await ask({ function: 'workbooks', host: 'plant-a', params: { query: 'shift' } })).items as {
      id: string;
      name: string;
    }[];
    expect(workbook?.name).toBe('Shift Report');
    const [datasource] = (await ask({ function: 'datasources', host: 'plant-a', params: { query: 'Plant*' } }))
      .items as { id: string }[];
    for (const params of [{ datasource: datasource?.id }, { workbook: workbook?.id }]) {
      const all = await ask({ function: 'tagsearch', host: 'plant-a', params: { limit: 1 } });
      const fewer = await ask({ function: 'tagsearch', host: 'plant-a', params: { ...params, limit: 1 } });
      expect(fewer.status).toBe('ok');
      expect(fewer.meta.total).toBeGreaterThan(0);
      expect(fewer.meta.total).toBeLessThan(all.meta.total ?? 0);
    }
  });

  it('refuse what they do not know', async () => {
    expect(await ask({ function: 'workbooks', params: { asset: 'x' } })).toMatchObject({
      error: { code: 'badRequest' },
    });
  });
});

describe('browsing with a workbook', () => {
  it('shows its asset groups too, and their attributes', async () => {
    const names = async (params: Record<string, unknown>) =>
      ((await ask({ function: 'elementsearch', host: 'plant-a', params })).items as { name: string }[]).map(
        ({ name }) => name,
      );
    const group = 'Critical Compressors';
    expect(await names({ parent: '', workbook: 'Energy Review' })).toContain(group);
    expect(await names({ parent: '', workbook: 'Shift Report' })).not.toContain(group);
    const params = { parent: '', workbook: 'Energy Review', depth: 2, limit: 1000, include: ['attributes'] };
    const { items, status } = await ask({ function: 'elementsearch', host: 'plant-a', params });
    expect(status).toBe('ok');
    const assets = items as { fqn: string; name: string; parent: string; attributes: object[] }[];
    const below = assets.filter(({ parent }) => parent === assets.find(({ name }) => name === group)?.fqn);
    expect(below.length).toBeGreaterThan(0);
    expect(below.every(({ attributes }) => attributes.length > 0)).toBe(true);
  });
});

describe('describe', () => {
  it('takes the ids of Seeq in either letter case, also both at once', async () => {
    const { scheme, host, kind, id } = parseFqn(fqn('signal', `${AREA} >> Temperature`));
    const items = [id, id.toLowerCase()].map((one) => formatFqn({ scheme, host, kind, id: one }));
    const answer = await ask({ function: 'describe', params: { items } });
    expect(answer.items).toMatchObject(items.map((item) => ({ fqn: item, name: 'Temperature' })));
  });

  it('reports everything about each item, and what is wrong with the others', async () => {
    const items = [
      fqn('signal', `${AREA} >> Temperature`),
      fqn('asset', AREA, 'plant-b'),
      fqn('condition', 'Packaging >> Shifts'),
      fqn('scalar', `${CHILLER} >> Temperature Limit`),
      fqn('asset', `${AREA} >> Temperature`),
      'seeq:plant-a/signal/00000000-0000-0000-0000-000000000001',
      `${fqn('asset', AREA)}/property/Name`,
      'nonsense',
    ];
    const answer = await ask({ function: 'describe', params: { items } });
    expect(answer.status).toBe('partial');
    expect((answer.items as { index: number }[]).sort((a, b) => a.index - b.index)).toMatchObject([
      {
        fqn: items[0],
        kind: 'signal',
        name: 'Temperature',
        displayName: 'plant-a: Temperature',
        unit: '°F',
        interpolation: 'Linear',
        path: ['Example', 'Cooling Tower 1', 'Area A'],
        properties: { 'Data ID': { value: '[Tree] Example >> Cooling Tower 1 >> Area A >> Temperature' } },
      },
      { kind: 'asset', displayName: 'plant-b: Area A', hasChildren: true },
      { kind: 'condition', name: 'Shifts' },
      { kind: 'scalar', name: 'Temperature Limit' },
      { error: { code: 'notFound' } },
      { error: { code: 'notFound' } },
      { error: { code: 'unsupported' } },
      { error: { code: 'badRequest' } },
    ]);
    // Both servers once: many items cost one call.
    expect(answer.meta.sourceRequests).toBe(2);
  });
});

describe('snapshot of a condition', () => {
  it('gives an attribute of its latest timeframe', async () => {
    const condition = fqn('condition', 'Special Cases >> Conditions >> 215 Capsules');
    const items = [`${condition}/attribute/Number`, `${condition}/attribute/Nonsense`, condition];
    const time = '2020-01-03T01:30:00Z';
    const answer = await ask({ function: 'snapshot', params: { items, time } });
    const search = { conditions: [condition], start: '2020-01-02', end: time, order: 'desc', limit: 1 };
    const [latest] = (await ask({ function: 'timeframesearch', params: search })).items as {
      start: string;
      attributes: { Number: { value: number } };
    }[];
    expect((answer.items as { index: number }[]).sort((a, b) => a.index - b.index)).toMatchObject([
      { value: latest?.attributes.Number.value, time: latest?.start, status: 'Good' },
      { error: { code: 'notFound' } },
      { error: { code: 'unsupported' } },
    ]);
  });
});

it('a hundred identical requests at once are one call to the server', async () => {
  const control = cluster.plants['plant-a']?.control;
  const params = { items: [fqn('signal', `${AREA} >> Temperature`)], start: '2026-01-01', end: '2026-01-02' };
  await cluster.ask({ function: 'discrete', params });
  await control?.clearRequests();
  // The server holds the first call until all hundred requests have come to the driver.
  await control?.fail({ kind: 'hang', operation: 'get_samples' });
  const answers = Array.from({ length: 100 }, () => cluster.ask({ function: 'discrete', timeoutMs: 60_000, params }));
  const calls = async () => (await control?.requests())?.filter(({ operation }) => operation === 'get_samples').length;
  await expect.poll(calls).toBe(1);
  const counted = await cluster.connect();
  await expect
    .poll(async () => {
      const stats = await counted.request('$SRV.STATS.iota-seeqdrv', '', { timeout: 10_000 });
      return stats.json<{ endpoints: { num_requests: number }[] }>().endpoints[0]?.num_requests;
    })
    .toBeGreaterThanOrEqual(100);
  await control?.heal();
  const first = await answers[0];
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatchObject({ status: first?.status, items: first?.items });
  }
  expect(await calls()).toBe(1);
});
