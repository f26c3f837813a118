/** The audit trail and the log file of a driver that runs as its own process, with the rights of its configuration. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuditRecord, auditSchema } from '../../../src/contract/audit.ts';
import { type Cluster, startCluster } from '../../support/cluster.ts';

const TOPIC = 'region.site.seeq.audit';
const folder = mkdtempSync(join(tmpdir(), 'iota-audit-'));
const file = join(folder, 'audit.jsonl');
const logFile = join(folder, 'driver.log');

let cluster: Cluster;
const heard: AuditRecord[] = [];
beforeAll(async () => {
  cluster = await startCluster({ settings: { audit: { topic: TOPIC, file }, log: { file: logFile } } });
  cluster.connection.subscribe(TOPIC, {
    callback: (_error, message) => {
      heard.push(auditSchema.parse(message.json()));
    },
  });
  await cluster.connection.flush();
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

const inFile = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);

it('no record has a secret, a value or a search text', async () => {
  const { items } = await cluster.ask({
    function: 'tagsearch',
    id: 'search',
    params: { query: '*Temperature*', limit: 3 },
  });
  const names = (items as { fqn: string }[]).map(({ fqn }) => fqn);
  const answer = await cluster.ask({
    function: 'snapshot',
    id: 'values',
    user: { name: 'anna' },
    params: { items: names },
  });
  expect(answer.status).toBe('ok');

  await expect
    .poll(() => heard.find(({ request }) => request?.id === 'values'))
    .toMatchObject({
      event: 'request',
      driverid: 'test-driver',
      request: {
        function: 'snapshot',
        user: 'anna',
        caller: expect.stringMatching(/^_INBOX\./) as string,
        items: 3,
        names,
      },
      result: { status: 'ok', items: 3, hosts: ['plant-a'], sourceRequests: expect.any(Number) as number },
    });
  const record = heard.find(({ request }) => request?.id === 'values');
  expect(record?.result?.bytes).toBeGreaterThan(100);
  const text = JSON.stringify(heard);
  for (const secret of ['simulator-access-secret', cluster.driverKey.seed, '*Temperature*'])
    expect(text).not.toContain(secret);
  for (const { value } of answer.items as { value: number }[]) expect(text).not.toContain(String(value));
});

it('a reload has a record', async () => {
  process.kill(cluster.driver.pid, 'SIGHUP');
  await expect
    .poll(() => heard.find(({ event }) => event === 'reload'))
    .toMatchObject({
      detail: 'secrets, certificates and the key',
    });
});

it('the file has every record from start to stop, and the log file every line of standard output', async () => {
  const { driver } = cluster;
  await driver.stop();
  await expect.poll(() => heard.at(-1)).toMatchObject({ event: 'stop', detail: 'SIGTERM' });
  const records = inFile(file).map((record) => auditSchema.parse(record));
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_, at) => at + 1));
  expect(records[0]).toMatchObject({ event: 'start' });
  expect(records.slice(-heard.length)).toEqual(heard);
  expect(inFile(logFile)).toEqual(driver.log);
});

it('a crash does not lose the records before it', async () => {
  const url = (path: string) => JSON.stringify(new URL(`../../../src/telemetry/${path}`, import.meta.url).href);
  const path = join(folder, 'crash.jsonl');
  const program = `
    const { Audit } = await import(${url('audit.ts')});
    const file = { path: ${JSON.stringify(path)}, maxBytes: 0, keep: 1, scanMs: 0 };
    const identity = { driverid: undefined, instance: 'i', version: '1', reqtopic: 'a' };
    const audit = new Audit({ file, names: 1, identity, bus: {}, logger: {} });
    for (let n = 0; n < 100; n++) audit.process('reload', 'number ' + n);
    throw new Error('crash');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(inFile(path)).toHaveLength(100);
});
