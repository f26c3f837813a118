/** A real Prometheus scrapes a real driver; promtool judges the names and the format. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { metricsSchema } from '../../src/contract/telemetry.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';

const TOKEN = 'a-token-that-no-one-guesses';
const METRICS = 'region.site.metrics';

let cluster: Cluster;
let url: string;
beforeAll(async () => {
  for (const tool of ['prometheus', 'promtool']) {
    if (spawnSync(tool, ['--version']).error === undefined) continue;
    throw new Error(`${tool} is missing. Install the package "prometheus" (Debian), or add the tool to PATH.`);
  }
  cluster = await startCluster({
    config: { debug: 2, metricstopic: METRICS, metricsmsec: 100 },
    settings: { http: { port: 0, token: { file: 'http.token' } } },
    files: { 'http.token': TOKEN },
  });
  const { port } = (await cluster.driver.line(({ msg }) => msg?.startsWith('The HTTP server listens') === true)) as {
    port?: number;
  };
  url = `http://127.0.0.1:${port ?? 0}`;
  await cluster.ask({ function: 'tagsearch', params: { limit: 1 } });
  await cluster.ask({ function: 'version' });
});
afterAll(() => cluster.stop());

const scrape = async (accept: string): Promise<string> => {
  const response = await fetch(`${url}/metrics`, { headers: { accept, authorization: `Bearer ${TOKEN}` } });
  expect(response.status).toBe(200);
  return response.text();
};

it('promtool accepts the names and the format', async () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await scrape('text/plain') });
  expect([status, String(stdout), String(stderr)]).toEqual([0, '', '']);
});

it('Prometheus has the values of the metrics topic', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'seeqdrv-prometheus-'));
  const port = await freePort();
  let prometheus: ChildProcess | undefined;
  try {
    await writeFile(join(folder, 'token'), TOKEN);
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      scrape_configs: [
        {
          job_name: 'seeqdrv',
          authorization: { credentials_file: join(folder, 'token') },
          static_configs: [{ targets: [new URL(url).host] }],
        },
      ],
    };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
    prometheus = spawn('prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    const published = metricsSchema.parse(await nextMetrics());
    const query = async (text: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`);
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result.map(({ value: [, value] }) => Number(value));
    };
    await eventually(async () => {
      expect(await query('up')).toEqual([1]);
    });
    for (const { function: name, results, durations } of published.requests) {
      const label = `function="${name === '' ? 'unknown' : name}"`;
      for (const [code, count] of Object.entries(results)) {
        expect(await query(`iota_seeqdrv_requests_total{${label},code="${code}"}`)).toEqual([count]);
      }
      const total = durations.reduce((sum, count) => sum + count, 0);
      expect(await query(`iota_seeqdrv_request_duration_seconds_count{${label}}`)).toEqual([total]);
    }
    expect(await query('iota_seeqdrv_state{state="ok"}')).toEqual([1]);
    expect(await query('iota_seeqdrv_bus_connections_total')).toEqual([published.bus.connections]);
  } finally {
    prometheus?.kill('SIGKILL');
    if (prometheus?.exitCode === null) await once(prometheus, 'exit');
    await rm(folder, { recursive: true });
  }
});

/** The next message of the metrics topic. No request is under way. */
async function nextMetrics(): Promise<unknown> {
  for await (const message of cluster.connection.subscribe(METRICS, { max: 1 })) return message.json();
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
