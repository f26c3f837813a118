/** The look at the stream for readings, on a real server. */
import { RetentionPolicy, StorageType, type StreamConfig } from 'nats';
import { onTestFinished, describe, expect, it } from 'vitest';
import {
  covers,
  checkConfig,
  StreamMonitor,
  type StreamRequirements,
} from '../../../../src/bus/jetstream/stream-monitor.ts';
import type { NatsServer } from '../../../support/nats/index.ts';
import { busForTest, callerForTest, callerKey, driverKey, serverForTest } from '../support.ts';

const requirements: StreamRequirements = {
  name: 'READINGS',
  subjects: ['iota.readings.>', 'iota.deadletters.>'],
  duplicateWindowMs: 600_000,
  create: false,
};
const good = { name: 'READINGS', subjects: ['iota.>'], duplicate_window: 600_000 * 1e6 };

function monitorFor(server: NatsServer, changes: Partial<StreamRequirements> = {}) {
  const bus = busForTest(server);
  const monitor = new StreamMonitor(bus, { ...requirements, ...changes }, bus.log, 500);
  onTestFinished(() => {
    monitor.stop();
  });
  return { bus, monitor };
}

async function stateWith(config: object): Promise<StreamMonitor> {
  const server = await serverForTest({ jetstream: true });
  const manager = await (await callerForTest(server)).jetstreamManager();
  await manager.streams.add({ ...good, ...config });
  const { monitor } = monitorFor(server);
  await expect.poll(() => monitor.status.state).not.toBe('unknown');
  return monitor;
}

describe('a stream that exists', () => {
  it('is good when it takes the subjects and recognizes repeats long enough', async () => {
    const monitor = await stateWith({});
    expect(monitor.status).toEqual({ state: 'ok' });
    expect(monitor.blocked).toBeUndefined();
  });

  it('is degraded when its duplicate window is short; readings pass all the same', async () => {
    const monitor = await stateWith({ duplicate_window: 120_000 * 1e6 });
    expect(monitor.status).toMatchObject({
      state: 'degraded',
      message: expect.stringMatching(/120000 ms only/) as string,
    });
    expect(monitor.blocked).toBeUndefined();
  });

  it('is degraded when it acknowledges before it has written, as later servers can', () => {
    const config = { ...good, retention: RetentionPolicy.Limits, persist_mode: 'async' } as unknown as StreamConfig;
    const message = expect.stringMatching(/before it has written.*persist_mode "async"/) as string;
    expect(checkConfig(config, requirements)).toEqual({ state: 'degraded', message });
  });

  it.each([
    ['does not take the dead letters', { subjects: ['iota.readings.>'] }, /does not accept iota\.deadletters\.>/],
    ['is a mirror', { subjects: undefined, mirror: { name: 'ORIGIN' } }, /does not accept iota\.readings\.>/],
    ['acknowledges nothing', { no_ack: true }, /no_ack/],
    ['keeps only what somebody waits for', { retention: 'interest' }, /retention "interest"/],
    ['forgets what one reader has taken', { retention: 'workqueue' }, /retention "workqueue"/],
  ])('is unavailable when it %s', async (_what, config, reason) => {
    const monitor = await stateWith(config);
    expect(monitor.status.state).toBe('unavailable');
    expect(monitor.blocked).toMatch(reason);
  });
});

describe('a stream that throws readings away', () => {
  it('is found out though it acknowledges them, when it is made so while the driver runs', async () => {
    const server = await serverForTest({ jetstream: true });
    const manager = await (await callerForTest(server)).jetstreamManager();
    await manager.streams.add(good);
    const { monitor } = monitorFor(server);
    await expect.poll(() => monitor.status).toEqual({ state: 'ok' });
    await manager.streams.delete('READINGS');
    await manager.streams.add({ ...good, retention: RetentionPolicy.Interest });
    await expect.poll(() => monitor.blocked).toMatch(/retention "interest"/);
  });

  it('gets no reading before it was looked at', async () => {
    const server = await serverForTest({ jetstream: true });
    const manager = await (await callerForTest(server)).jetstreamManager();
    await manager.streams.add(good);
    const { bus, monitor } = monitorFor(server);
    let told = 0;
    monitor.onAvailable(() => told++);
    await bus.connected();
    expect(monitor.blocked).toMatch(/not checked yet/);
    await expect.poll(() => monitor.blocked).toBeUndefined();
    expect(told).toBe(1);
    // Where the connection leads the next time, another stream may be.
    await manager.streams.delete('READINGS');
    await manager.streams.add({ ...good, retention: RetentionPolicy.Interest });
    await server.halt();
    await expect.poll(() => bus.state).toBe('connecting');
    await server.restart();
    await bus.connected();
    expect(monitor.blocked).toMatch(/not checked yet|retention/);
    await expect.poll(() => monitor.blocked).toMatch(/retention "interest"/);
    expect(told).toBe(1);
  });

  it('is not taken for a good one because a look remains without an answer', async () => {
    const server = await serverForTest({ jetstream: true });
    const manager = await (await callerForTest(server)).jetstreamManager();
    await manager.streams.add({ ...good, retention: RetentionPolicy.Interest });
    const { monitor } = monitorFor(server);
    await expect.poll(() => monitor.blocked).toMatch(/retention/);
    server.freeze();
    onTestFinished(() => {
      server.thaw();
    });
    monitor.check();
    await new Promise(setImmediate);
    // The same question, asked later, is given up later.
    await expect(manager.streams.info('READINGS')).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(monitor.blocked).toMatch(/retention/);
  });
});

describe('a stream that is missing', () => {
  it('is reported with the command that makes it, and found as soon as it is there', async () => {
    const server = await serverForTest({ jetstream: true });
    const { bus, monitor } = monitorFor(server);
    await expect.poll(() => monitor.blocked).toMatch(/does not exist.*nats stream add READINGS/);
    let told = 0;
    monitor.onAvailable(() => told++);
    const manager = await (await callerForTest(server)).jetstreamManager();
    await manager.streams.add(good);
    monitor.check();
    await expect.poll(() => monitor.status).toEqual({ state: 'ok' });
    expect(told).toBe(1);
    expect(bus.log.messages('error')).toHaveLength(1);
  });

  it('is made if that is allowed, and never changed again', async () => {
    const server = await serverForTest({ jetstream: true });
    const create = { maxAgeMs: 86_400_000, maxBytes: 10_000_000, replicas: 1, storage: 'memory' } as const;
    const { monitor } = monitorFor(server, { create });
    await expect.poll(() => monitor.status).toEqual({ state: 'ok' });
    const manager = await (await callerForTest(server)).jetstreamManager();
    expect((await manager.streams.info('READINGS')).config).toMatchObject({
      subjects: requirements.subjects,
      duplicate_window: 600_000 * 1e6,
      max_age: 86_400_000 * 1e6,
      max_bytes: 10_000_000,
      storage: 'memory',
      retention: 'limits',
    });
    // With another requirements, the stream is judged and left alone.
    const { monitor: other } = monitorFor(server, { create, duplicateWindowMs: 3_600_000 });
    await expect.poll(() => other.status.state).toBe('degraded');
    expect((await manager.streams.info('READINGS')).config.duplicate_window).toBe(600_000 * 1e6);
  });

  it('cannot be made where its subjects belong to another', async () => {
    const server = await serverForTest({ jetstream: true });
    const manager = await (await callerForTest(server)).jetstreamManager();
    await manager.streams.add({ name: 'OTHER', subjects: ['iota.readings.>'] });
    const create = { maxAgeMs: 0, maxBytes: -1, replicas: 1, storage: 'file' } as const;
    const { monitor } = monitorFor(server, { create });
    await expect.poll(() => monitor.blocked).toMatch(/could not be created: .*overlap/);
  });
});

describe('a server', () => {
  it('without JetStream makes the stream unavailable', async () => {
    const { monitor } = monitorFor(await serverForTest());
    await expect.poll(() => monitor.blocked).toMatch(/no JetStream/);
  });

  it('that does not let the driver look leaves the stream unknown, and readings pass', async () => {
    const server = await serverForTest({
      jetstream: true,
      users: [callerKey, { ...driverKey, permissions: { publish: { deny: ['$JS.API.>'] } } }],
    });
    const { monitor } = monitorFor(server);
    await expect.poll(() => monitor.status.message).toMatch(/right to \$JS\.API\.STREAM\.INFO\.READINGS/);
    expect(monitor.blocked).toBeUndefined();
  });

  it('that comes back without the stream is looked at again', async () => {
    const server = await serverForTest({ jetstream: true });
    const manager = await (await callerForTest(server)).jetstreamManager();
    await manager.streams.add({ ...good, storage: StorageType.Memory });
    const { monitor } = monitorFor(server);
    await expect.poll(() => monitor.status).toEqual({ state: 'ok' });
    await server.restart();
    await expect.poll(() => monitor.status.state).toBe('unavailable');
  });
});

describe('covers', () => {
  it.each([
    ['iota.>', 'iota.readings.>', true],
    ['>', 'iota.readings.>', true],
    ['iota.readings.>', 'iota.readings.>', true],
    ['*.readings.>', 'iota.readings.>', true],
    ['iota.*', 'iota.readings.>', false],
    ['iota.readings.mqtt.>', 'iota.readings.>', false],
    ['iota.readings', 'iota.readings.>', false],
    ['iota.readings.>', 'iota.readings', false],
    ['iota.readings.*.>', 'iota.readings.>', false],
    ['other.>', 'iota.readings.>', false],
  ])('%s covers %s: %s', (pattern, wanted, answer) => {
    expect(covers(pattern, wanted)).toBe(answer);
  });
});
