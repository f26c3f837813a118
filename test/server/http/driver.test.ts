/** Probes and metrics of a driver that runs as its own process, on a real bus. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { metricsSchema } from '../../../src/contract/telemetry.ts';
import { type Cluster, startCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { samplesOf } from '../../support/exposition.ts';
import { get, type Got } from './support.ts';

const METRICS = 'region.site.metrics';

let cluster: Cluster;
let port: number;
beforeAll(async () => {
  cluster = await startCluster({
    config: { debug: 2, metricstopic: METRICS, metricsmsec: 100 },
    settings: { http: { port: 0 } },
  });
  const line = await cluster.driver.line(({ msg }) => msg?.startsWith('The HTTP server listens') === true);
  port = line.port as number;
});
afterAll(() => cluster.stop());

const scrape = async (): Promise<Map<string, number>> => samplesOf((await get(port, '/metrics')).text);

/** The next message of the metrics topic. */
async function nextMetrics() {
  for await (const message of cluster.connection.subscribe(METRICS, { max: 1 })) {
    return metricsSchema.parse(message.json());
  }
  return expect.fail('no metrics');
}

it('the metrics have the values of the topic', async () => {
  await cluster.ask({ function: 'tagsearch', params: { limit: 1 } });
  await cluster.ask({ function: 'snapshot', params: { items: ['rubbish'] } });
  const published = await nextMetrics();
  const samples = await scrape();
  const topic = `reqtopic="${published.reqtopic}"`;
  for (const { function: name, results, totalMs, durations } of published.requests) {
    const of = `{${topic},function="${name}"`;
    for (const [code, count] of Object.entries(results)) {
      expect(samples.get(`iota_seeqdrv_requests_total${of},code="${code}"}`)).toBe(count);
    }
    expect(samples.get(`iota_seeqdrv_request_duration_seconds_sum${of}}`)).toBe(totalMs / 1000);
    const count = durations.reduce((sum, one) => sum + one, 0);
    expect(samples.get(`iota_seeqdrv_request_duration_seconds_count${of}}`)).toBe(count);
    expect(count).toBe(Object.values(results).reduce((sum, one) => sum + one, 0));
  }
  expect(published.requests.map(({ function: name }) => name)).toEqual(
    expect.arrayContaining(['tagsearch', 'snapshot']),
  );
});

it('names that callers invent add no series', async () => {
  const keys = async () => [...(await scrape()).keys()].filter((key) => key.startsWith('iota_'));
  await cluster.ask({ function: 'no-such-function' });
  await cluster.ask({ function: 'snapshot', params: { items: ['seeq:nowhere/signal/x'] } });
  const before = await keys();
  for (let n = 0; n < 50; n++) {
    await cluster.ask({ function: `invented-${n}"}`, user: { name: `user-${n}` } });
    await cluster.ask({ function: 'snapshot', params: { items: [`seeq:nowhere-${n}/signal/x`] } });
  }
  expect(await keys()).toEqual(before);
  expect(before.length).toBeLessThan(500);
});

it('it is ready while the bus is there, alive in any case, and ready again', async () => {
  const statuses = async (): Promise<(number | undefined)[]> =>
    Promise.all(['/livez', '/readyz', '/startupz'].map(async (path) => (await get(port, path)).status));
  expect(await statuses()).toEqual([200, 200, 200]);
  const { caller, driverUser, nats } = cluster;
  await nats.reload({ users: [caller] });
  let ready: Got | undefined;
  await eventually(async () => {
    ready = await get(port, '/readyz');
    expect(ready.status).toBe(503);
  });
  expect(JSON.parse(ready?.text ?? '')).toMatchObject({
    ...{ ok: false, state: 'down' },
    problems: [expect.stringContaining('There is no connection to the bus.')],
  });
  expect(await statuses()).toEqual([200, 503, 200]);
  await nats.reload({ users: [caller, driverUser] });
  await eventually(async () => {
    expect(await statuses()).toEqual([200, 200, 200]);
  });
});
