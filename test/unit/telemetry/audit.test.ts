/** The audit trail while the bus or the disk does not accept records. */
import { expect, it, onTestFinished } from 'vitest';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BusConnection } from '../../../src/bus/connection/connection.ts';
import { type AuditedResult, auditSchema, type AuditRecord } from '../../../src/contract/audit.ts';
import { Audit } from '../../../src/telemetry/audit.ts';
import { TestLog } from '../../support/driver.ts';

const identity = { driverid: 'seeq-a', instance: 'host-1', version: '1', reqtopic: 'a.b' };
const request = { function: 'snapshot', id: '1', caller: 'c', items: 1, names: ['seeq:a/signal/b'], bytes: 10 };
const result: AuditedResult = {
  ...{ status: 'ok', elapsedMs: 1, sourceMs: 1, sourceRequests: 1, hosts: [], items: 1, bytes: 10 },
};

/** A connection that a test makes and breaks; it has what the publisher uses of one. */
function testBus(maxPayload = 1024 * 1024) {
  const published: AuditRecord[] = [];
  const watchers = new Set<(state: string) => void>();
  const nats = {
    info: { max_payload: maxPayload },
    publish: (_subject: string, body: Uint8Array) => {
      published.push(auditSchema.parse(JSON.parse(Buffer.from(body).toString())));
    },
    flush: async () => undefined,
    closed: () => new Promise(() => undefined),
  };
  const bus = {
    nats: undefined as unknown,
    onState: (watcher: (state: string) => void) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
  const connect = (): void => {
    bus.nats = nats;
    for (const watcher of watchers) watcher('connected');
  };
  return { bus: bus as unknown as BusConnection, connect, published };
}

it('records from before the first connection are published with it, in order', () => {
  const { bus, connect, published } = testBus();
  const audit = new Audit({ topic: 'x.audit', names: 10, identity, bus, logger: new TestLog() });
  audit.process('start', 'version 1');
  audit.lease(request);
  audit.request(request, result);
  expect(published).toEqual([]);
  connect();
  audit.process('stop', 'SIGTERM');
  expect(published.map(({ seq, event }) => [seq, event])).toEqual([
    [1, 'start'],
    [2, 'lease'],
    [3, 'request'],
    [4, 'stop'],
  ]);
  expect(audit.numbers).toEqual({ records: 4, lost: 0 });
});

it('records beyond the limit are counted and reported while there is no bus, and their numbers are missing', () => {
  const { bus, connect, published } = testBus();
  const logger = new TestLog();
  const audit = new Audit({ topic: 'x.audit', names: 10, identity, bus, logger });
  for (let n = 0; n < 5000; n++) audit.request(request, result);
  expect(audit.numbers).toEqual({ records: 5000, lost: 3000 });
  // As many lines as any other kind has.
  expect(logger.lines).toHaveLength(10);
  expect(logger.lines[0]).toMatchObject({
    level: 'error',
    message: expect.stringMatching(/^Audit records are lost/) as string,
  });
  connect();
  audit.request(request, result);
  const numbers = published.map(({ seq }) => seq);
  expect(numbers).toEqual([...Array.from({ length: 2000 }, (_, n) => n + 1), 5001]);
});

it('large records wait in limited memory, and room is found again when they are sent', async () => {
  const { bus, connect, published } = testBus();
  const audit = new Audit({ topic: 'x.audit', names: 100, identity, bus, logger: new TestLog() });
  const large = { ...request, names: Array(100).fill(`seeq:a/signal/${'b'.repeat(250)}`) as string[] };
  for (let n = 0; n < 1000; n++) audit.request(large, result);
  const { records, lost } = audit.numbers;
  const kept = records - lost;
  const bytes = Buffer.byteLength(JSON.stringify(large));
  expect(kept * bytes).toBeLessThan(4 * 1024 * 1024);
  expect((kept + 2) * (bytes + 2000)).toBeGreaterThan(4 * 1024 * 1024);
  connect();
  await expect.poll(() => published.length).toBe(kept);
  for (let n = 0; n < kept; n++) audit.request(large, result);
  await expect.poll(() => published.length).toBe(2 * kept);
  expect(audit.numbers).toEqual({ records: 1000 + kept, lost });
});

it('a record that is too large for the server is published without names', () => {
  const { bus, connect, published } = testBus(1024);
  const audit = new Audit({ topic: 'x.audit', names: 100, identity, bus, logger: new TestLog() });
  connect();
  audit.request(
    { ...request, items: 100, names: Array(100).fill('seeq:a/signal/b') as string[], hosts: ['a'] },
    result,
  );
  expect(published).toMatchObject([{ seq: 1, request: { items: 100, names: [] }, result: { status: 'ok' } }]);
});

it('the file has every record, whether there is a bus or not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iota-audit-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'audit.jsonl');
  const file = { path, maxBytes: 0, keep: 1, scanMs: 0 };
  const audit = new Audit({ file, topic: 'x.audit', names: 10, identity, bus: testBus().bus, logger: new TestLog() });
  audit.process('start', 'version 1');
  audit.request(request, result);
  await audit.leaveBus(0);
  await audit.close(60_000);
  const records = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => auditSchema.parse(JSON.parse(line)));
  expect(records.map(({ seq, event }) => [seq, event])).toEqual([
    [1, 'start'],
    [2, 'request'],
  ]);
});
