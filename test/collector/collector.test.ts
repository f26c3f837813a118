/** Traces of the driver in the real OpenTelemetry collector, which is compiled from its Go modules. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { headers } from 'nats';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../simulators/support/free-port.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { startDriver } from '../support/driver-process.ts';

const run = promisify(execFile);
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

let folder: string;
let program: string;
let cluster: Cluster;
beforeAll(async () => {
  await run('go', ['version']).catch(() => {
    throw new Error('Go is missing: apt-get install --no-install-recommends golang-go (1.26 or later)');
  });
  folder = await mkdtemp(join(tmpdir(), 'iota-collector-'));
  program = join(folder, 'otelcol');
  await run('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'otelcol') });
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

/** Starts a collector that prints each span. */
async function startCollector(): Promise<{ url: string; output: () => string }> {
  const port = await freePort();
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { debug: { verbosity: 'detailed' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['debug'] } },
    },
  };
  const file = join(folder, `${port}.yaml`);
  await writeFile(file, JSON.stringify(config));
  const child: ChildProcess = spawn(program, ['--config', `file:${file}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      output += text.toString();
    });
  }
  await expect.poll(() => output, { timeout: 60_000 }).toContain('Everything is ready');
  return { url: `http://127.0.0.1:${port}`, output: () => output };
}

it.each([{}, { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }])('takes the spans of a request, with %j', async (more) => {
  const collector = await startCollector();
  await cluster.driver.stop('SIGKILL');
  cluster.driver = startDriver({
    ...cluster.driverOptions,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50', ...more },
  });
  await cluster.ready();
  const block = headers();
  block.set('traceparent', `00-${TRACE}-${PARENT}-01`);
  const body = JSON.stringify({ function: 'tagsearch', id: 'collected', params: { limit: 1 } });
  await cluster.connection.request(REQUEST_TOPIC, body, { timeout: 60_000, headers: block });
  // One export can follow another, so each part is awaited.
  for (const text of [
    `Trace ID       : ${TRACE}`,
    `Parent ID      : ${PARENT}`,
    'Name           : tagsearch',
    'Kind           : Server',
    'messaging.message.conversation_id: Str(collected)',
    'service.name: Str(iota-seeqdrv)',
    'Kind           : Client',
    'http.response.status_code: Int(200)',
  ]) {
    await expect.poll(collector.output, { timeout: 60_000 }).toContain(text);
  }
  expect(cluster.driver.output()).not.toContain('Traces cannot be exported');
});
