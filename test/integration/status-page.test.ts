/** The status page of a whole driver: its numbers are those of the telemetry topics, and it follows what happens. */
import { afterEach, describe, expect, it } from 'vitest';
import { spawnSeeqSimulator } from '../../simulators/seeq/spawn.ts';
import { freePort } from '../../simulators/support/free-port.ts';
import { healthSchema } from '../../src/contract/health.ts';
import { metricsSchema, type Metrics } from '../../src/contract/telemetry.ts';
import { count, duration } from '../../src/http/page/shown.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { get } from '../server/http/support.ts';

const TOPICS = { healthtopic: 'iota.health', healthmsec: 100, metricstopic: 'iota.metrics', metricsmsec: 100 };

let cluster: Cluster;
afterEach(() => cluster.stop());

async function start(): Promise<(path: string) => Promise<string>> {
  const port = await freePort();
  cluster = await startCluster({ plants: { north: {}, south: {} }, config: TOPICS, settings: { http: { port } } });
  await eventually(async () => {
    expect((await get(port, '/livez')).status).toBe(200);
  });
  return async (path) => (await get(port, path)).text;
}

/** The next message on a topic. */
async function next(topic: string): Promise<unknown> {
  const subscription = cluster.connection.subscribe(topic, { max: 1 });
  for await (const message of subscription) return message.json();
  throw new Error('The connection ended.');
}

/** The rows of a table, cell by cell, without markup. */
function rowsOf(page: string, caption: string): string[][] {
  const dense = page.replace(/>\s+/g, '>').replace(/\s+</g, '<');
  const table = dense.split(`<caption>${caption}</caption>`, 2)[1]?.split('</table>', 1)[0] ?? '';
  const rows = table.split(/<tr[^>]*>/).slice(2);
  return rows.map((row) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, '')),
  );
}

const sum = (results: object) => Object.values(results).reduce<number>((all, n) => all + (n as number), 0);

describe('the status page', () => {
  it('has the numbers and the words of the telemetry topics', async () => {
    const page = await start();
    for (const name of ['version', 'hosts', 'hosts']) await cluster.ask({ function: name });
    await cluster.ask({ function: 'tagsearch', params: { query: '*', limit: 5 } });
    await cluster.ask({ function: 'tagsearch', params: { nonsense: true } });
    await eventually(async () => {
      const before = metricsSchema.parse(await next(TOPICS.metricstopic));
      const text = await page('/');
      const after: Metrics = metricsSchema.parse(await next(TOPICS.metricstopic));
      // Nothing happened while the page was read.
      expect(before.requests).toEqual(after.requests);
      expect(sum(after.requests.find((one) => one.function === 'tagsearch')?.results ?? {})).toBe(2);
      const rows = after.requests.map(({ function: of, results, totalMs, longestMs }) => [
        ...[of, count(sum(results)), count(results.ok ?? 0), '0'],
        results.badRequest === undefined ? '–' : `${results.badRequest} badRequest`,
        ...[duration(totalMs / sum(results)), duration(longestMs)],
      ]);
      expect(rowsOf(text, 'Requests by function').toSorted()).toEqual(rows.toSorted());
      expect(rowsOf(text, 'Calls to sources').map(([host, all]) => [host, all])).toEqual(
        after.sources.map(({ host, results }) => [host, count(sum(results))]),
      );
    });
    const health = healthSchema.parse(await next(TOPICS.healthtopic));
    const text = await page('/');
    expect(text).toContain(`>${health.instance}</bdi>`);
    for (const { since } of health.servers) expect(text).toContain(`<time datetime="${since}">`);
    expect(text).toContain(`<time datetime="${health.bus.since}">`);
  });

  it('shows the outage of a source with its cause, and its recovery', async () => {
    const page = await start();
    await eventually(async () => {
      expect(await page('/')).toContain('All parts work.');
    });
    const { south } = cluster.plants;
    if (south === undefined) throw new Error('There is no plant.');
    const portOf = (url: string): number => Number(new URL(url).port);
    const ports = { port: portOf(south.url), controlPort: portOf(south.controlUrl) };
    await south.stop();
    await cluster.ask({ function: 'tagsearch', host: 'south', params: {} });
    await eventually(async () => {
      const health = healthSchema.parse(await next(TOPICS.healthtopic));
      expect(health.state).toBe('degraded');
      const [reason = ''] = health.reasons;
      expect((await page('/')).replaceAll('&quot;', '"').replaceAll('&#39;', "'")).toContain(reason);
    });
    cluster.plants.south = await spawnSeeqSimulator({ name: 'south', ...ports });
    await eventually(async () => {
      expect(await page('/')).toContain('All parts work.');
    });
  });

  it('has no secret, whatever fails', async () => {
    const secrets = {
      'http.token': 'token-of-this-page',
      'mqtt.password': 'password-of-hall',
      'seneye.secret': 'FGQEEESSA',
    };
    const [port, seneyePort, nobody] = [await freePort(), await freePort(), await freePort()];
    const mqtt = {
      ...{ name: 'hall', url: `mqtt://127.0.0.1:${nobody}`, clientId: 'driver' },
      credentials: { user: 'driver', password: { file: 'mqtt.password' } },
      topics: [{ filter: 'hall/#', payload: 'number' }],
    };
    const seneye = {
      ...{ host: '127.0.0.1', port: seneyePort },
      sources: [{ source: 'SWS_1', secret: { file: 'seneye.secret' } }],
    };
    cluster = await startCluster({
      ...{ plants: { north: {} }, files: secrets, jetstream: true, config: TOPICS },
      settings: {
        http: { port, token: { file: 'http.token' } },
        ingest: { stream: { create: true }, mqtt: [mqtt], seneye },
      },
    });
    const { north } = cluster.plants;
    await north?.stop();
    await cluster.ask({ function: 'tagsearch', params: {} });
    const headers = { authorization: `Bearer ${secrets['http.token']}` };
    const page = async (path: string): Promise<string> => (await get(port, path, { headers })).text;
    await eventually(async () => {
      const text = await page('/');
      for (const name of ['north', 'hall']) expect(text).toMatch(new RegExp(`class="card bad"[^]*${name}`));
    });
    const pages = await Promise.all(['/', '/readings', '/seneye', '/tags', '/tags?q=x', '/login'].map(page));
    const all = pages.join();
    const given = [
      ...Object.values(secrets),
      cluster.driverKey.seed,
      'simulator-access-secret',
      'simulator-access-key',
    ];
    expect(given.filter((secret) => all.includes(secret))).toEqual([]);
  });

  it('finds and plots any tag, as one caller of the driver among others', async () => {
    const page = await start();
    const found = await page('/tags?q=Temperature');
    const [, link = ''] = /<a href="(\/tags\?fqn=[^"]+)"/.exec(found) ?? [];
    const plot = await page(`${link}&range=1h`);
    const [, data = ''] = /data-plot="([^"]+)"/.exec(plot) ?? [];
    const { line } = JSON.parse(data.replaceAll('&quot;', '"')) as { line: [number, number | null][] };
    expect(line.filter(([, value]) => value !== null).length).toBeGreaterThan(5);
    const { requests } = metricsSchema.parse(await next(TOPICS.metricstopic));
    expect(requests.find((one) => one.function === 'plotted')?.results).toEqual({ ok: 1 });
    expect(await page('/tags?fqn=nonsense')).toContain('role="alert"');
  });
});
