/**
 * The commands `run` and `call` within this process, so that what they do is measured, too: everywhere else the driver
 * is a process of its own.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { runProgram } from '../../../src/cli/program.ts';
import { healthSchema } from '../../../src/contract/health.ts';
import { logSchema, metricsSchema, statsSchema } from '../../../src/contract/telemetry.ts';
import { plantItemId } from '../../../simulators/seeq/plant/plant.ts';
import { type Cluster, startCluster } from '../../support/cluster.ts';
import { WAIT_MS } from '../../support/waiting.ts';

const topics = { healthtopic: 'iota.health', metricstopic: 'a.metrics', statstopic: 'a.stats', logstopic: 'a.logs' };
const schemas = {
  healthtopic: healthSchema,
  metricstopic: metricsSchema,
  statstopic: statsSchema,
  logstopic: logSchema,
};
type Topic = keyof typeof topics;

let cluster: Cluster;
let folder: string;
let driver: ReturnType<typeof command>;
/** The listener by which the driver is told to stop. */
let stop: (() => void) | undefined;
const heard: Record<Topic, unknown[]> = { healthtopic: [], metricstopic: [], statstopic: [], logstopic: [] };
/** Only ends a test that hangs. */
const PATIENCE = { timeout: WAIT_MS, interval: 20 };

/** The newest message of a topic, held against its schema. */
async function message<Name extends Topic>(topic: Name): Promise<z.infer<(typeof schemas)[Name]>> {
  await vi.waitUntil(() => heard[topic].length > 0, PATIENCE);
  return schemas[topic].parse(heard[topic].at(-1)) as z.infer<(typeof schemas)[Name]>;
}

beforeAll(async () => {
  cluster = await startCluster({ config: { ...topics, debug: 2, healthmsec: 100, metricsmsec: 100 } });
  await cluster.driver.stop();
  for (const topic of Object.keys(topics) as Topic[]) {
    cluster.connection.subscribe(topics[topic], {
      callback: (_error, { data }) => {
        heard[topic].push(JSON.parse(Buffer.from(data).toString()));
      },
    });
  }
  await cluster.connection.flush();
  folder = await mkdtemp(join(tmpdir(), 'seeqdrv-run-'));
  const { config, files, seed } = cluster.driverOptions;
  const all = {
    ...{ ...files, 'iota.seeqdrv.json': JSON.stringify(config), 'privatekey.nk': seed },
    'caller.nk': cluster.caller.seed,
  };
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const before = process.listeners('SIGTERM');
  driver = command('run');
  await vi.waitUntil(() => process.listenerCount('SIGTERM') > before.length, PATIENCE);
  const [added] = process.listeners('SIGTERM').filter((listener) => !before.includes(listener));
  stop = () => added?.('SIGTERM');
  await vi.waitUntil(async () => (await call('functions')).code === 0, PATIENCE);
});
afterAll(async () => {
  // Told twice it stops once; when it never started there is nothing to stop.
  stop?.();
  await driver;
  await cluster.stop();
  await rm(folder, { recursive: true });
});

/** Runs a command line with the driver's configuration, and keeps what it prints. */
async function command(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), env: {} };
  const code = await runProgram([...args, '--config', join(folder, 'iota.seeqdrv.json')], terminal);
  return { code, out, err: err.join('\n') };
}
const call = (...args: string[]) => command('call', '--nkey', join(folder, 'caller.nk'), ...args);
const params = JSON.stringify({
  items: [`seeq:plant-a/signal/${plantItemId('plant-a', 'Special Cases >> Signals >> Fast')}`],
});

describe('call', () => {
  it('prints the whole answer, or an item a line', async () => {
    const whole = await call('snapshot', params, '--host', 'plant-a', '--timeout', '20000');
    expect([whole.code, whole.err]).toEqual([0, '']);
    expect(JSON.parse(whole.out.join('\n'))).toMatchObject({ status: 'ok', items: [{ index: 0, unit: 'mm/s' }] });
    const compact = await call('snapshot', params, '--compact');
    expect(compact.out.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ index: 0 }]);
  });

  it('fails with the error of the answer, or without one', async () => {
    expect(await call('snapshot')).toMatchObject({ code: 1, err: expect.stringContaining('badRequest') as string });
    const nobody = await call('version', '--topic', 'no.such.topic');
    expect(nobody).toMatchObject({
      code: 1,
      err: expect.stringContaining('No driver receives requests on no.such.topic') as string,
    });
  });

  it.each([
    [['snapshot', '{'], 'not JSON'],
    [['snapshot', '[]'], 'JSON object'],
    [['snapshot', '{}', '--timeout', 'soon'], 'milliseconds'],
    [['snapshot', '{}', '--timeout', '0'], 'timeoutMs'],
    [['snapshot', '{}', '--nkey', '/nowhere/caller.nk'], '/nowhere/caller.nk does not exist'],
  ])('refuses %j', async (args, text) => {
    expect(await call(...args)).toMatchObject({ code: 2, err: expect.stringContaining(text) as string });
  });

  it('calls as another user', async () => {
    const key = join(folder, 'other.nk');
    await writeFile(key, cluster.caller.seed);
    expect(await call('version', '--nkey', key)).toMatchObject({ code: 0 });
    await writeFile(key, 'no seed');
    expect(await call('version', '--nkey', key)).toMatchObject({ code: 2 });
  });
});

describe('run', () => {
  it('publishes on every topic', async () => {
    await call('snapshot', params);
    await call('writedata');
    expect(await message('healthtopic')).toMatchObject({ state: 'ok', servers: [{ name: 'plant-a', state: 'up' }] });
    expect(await message('statstopic')).toMatchObject({ bus: { connections: 1 } });
    // A check of the server may be under way.
    const idle = [{ host: 'plant-a', running: 0, waiting: 0 }];
    await expect.poll(async () => (await message('metricstopic')).sources).toMatchObject(idle);
    const { requests, process: own } = await message('metricstopic');
    expect(requests.map(({ function: name }) => name)).toContain('snapshot');
    expect(own.memoryBytes.rss).toBeGreaterThan(0);
  });

  it('reports a server that is gone', async () => {
    await cluster.plants['plant-a']?.control.set({ down: true });
    await call('snapshot', params);
    await expect.poll(async () => (await message('healthtopic')).state, PATIENCE).toBe('down');
    expect((await message('healthtopic')).reasons.join()).toContain('plant-a');
    await cluster.plants['plant-a']?.control.set({ down: false });
  });

  it('ends on demand, after a last word', async () => {
    stop?.();
    await expect.poll(async () => (await message('logstopic')).message, PATIENCE).toMatch(/stopp/);
    expect(await driver).toMatchObject({ code: 0 });
    await expect.poll(async () => (await message('healthtopic')).state, PATIENCE).toBe('stopping');
  });

  it('refuses a configuration that is wrong', async () => {
    await writeFile(join(folder, 'iota.seeqdrv.json'), '{}');
    for (const name of ['run', 'check']) expect(await command(name)).toMatchObject({ code: 2 });
    expect(await call('version')).toMatchObject({ code: 2 });
  });
});
