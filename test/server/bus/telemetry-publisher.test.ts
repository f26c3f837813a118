/** Telemetry on its way to the bus: bounded while the server is slow, and counted over all connections. */
import { describe, expect, test } from 'vitest';
import { telemetryPublisher } from '../../../src/bus/telemetry-publisher.ts';
import { countConnectionStats } from '../../../src/bus/connection/connection-stats.ts';
import { busForTest, callerForTest, serverForTest, until } from './support.ts';

const KiB = 1024;

describe('a topic', () => {
  test('holds about a mebibyte for a server that takes nothing, drops the rest, and goes on when it is back', async () => {
    const server = await serverForTest();
    const bus = busForTest(server);
    await bus.connected();
    const topic = telemetryPublisher(bus, 'north.mill.logs');
    const line = { text: 'x'.repeat(64 * KiB) };
    server.freeze();
    for (let n = 0; n < 200; n++) topic.publish(line);
    expect(topic.published).toBe(15);
    expect(topic.dropped).toBe(185);
    server.thaw();
    await until(() => topic.publish(line));
    expect(bus.log.messages('error')).toEqual([]);
  });

  test('lets small and large messages follow each other indefinitely', async () => {
    const server = await serverForTest();
    const bus = busForTest(server);
    await bus.connected();
    const topic = telemetryPublisher(bus, 'north.mill.logs');
    for (let round = 0; round < 5; round++) {
      await until(() => topic.publish({ text: 'x'.repeat(200 * KiB) }));
      await until(() => topic.publish({ text: 'x'.repeat(900 * KiB) }));
    }
    expect(topic.published).toBe(10);
  });
});

test('traffic is counted over all connections', async () => {
  const server = await serverForTest();
  const bus = busForTest(server);
  const traffic = countConnectionStats(bus);
  expect(traffic()).toEqual({ connections: 0, bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 });
  await bus.connected();
  const caller = await callerForTest(server);
  let heard = 0;
  caller.subscribe('north.mill.stats', { callback: () => heard++ });
  await caller.flush();
  const topic = telemetryPublisher(bus, 'north.mill.stats');
  topic.publish({ n: 1 });
  await until(() => heard === 1);
  expect(traffic()).toEqual({ connections: 1, bytesIn: 0, bytesOut: '{"n":1}'.length, messagesIn: 0, messagesOut: 1 });

  await server.restart();
  await until(() => bus.state === 'connected' && traffic().connections === 2);
  topic.publish({ n: 2 });
  expect(traffic()).toMatchObject({ messagesOut: 2, bytesOut: 14 });
});
