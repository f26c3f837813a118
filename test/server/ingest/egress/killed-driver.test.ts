/** The driver as its own process, killed while it sells. */
import { expect, it, onTestFinished } from 'vitest';
import { authority, callerForTest, driverKey, serverForTest } from '../../bus/support.ts';
import { startDriver, type DriverProcess } from '../../../support/driver-process.ts';
import { brokerForTest, key, probe, temperature } from '../feeds/i3/harness.ts';
import { eventually } from '../../../support/eventually.ts';
import { asSeller, firsts, numbers, readingOf, store } from './harness.ts';

it('loses nothing and keeps the order when the driver is killed and started again', async () => {
  const broker = await brokerForTest();
  const listener = await broker.listenAs(probe.username, temperature);
  const nats = await serverForTest({ jetstream: true });
  const nc = await callerForTest(nats);
  const manager = await nc.jetstreamManager();
  await manager.streams.add({ name: 'READINGS', subjects: ['iota.readings.>', 'iota.deadletters.>'] });
  const seller = asSeller(broker, { credentials: { privateKey: { file: 'device.pem' } } });
  const start = (): DriverProcess => {
    const driver = startDriver({
      seed: driverKey.seed,
      files: { 'ca.pem': authority.caPem, 'device.pem': key.privatePem },
      config: {
        debug: 2,
        natsurl: `127.0.0.1:${nats.port}`,
        publickey: driverKey.publicKey,
        reqtopic: 'test.request',
        settings: { servers: [], bus: { tls: { caFile: 'ca.pem' } }, ingest: { egress: [seller] } },
      },
    });
    onTestFinished(async () => {
      await driver.stop('SIGKILL');
    });
    return driver;
  };
  let driver = start();
  const storing = (async () => {
    for (let number = 1; number <= 600; number++) await store(nc, readingOf(number));
  })();
  for (const reached of [50, 200]) {
    await eventually(() => {
      expect(firsts(listener).length).toBeGreaterThan(reached);
    });
    await driver.stop('SIGKILL');
    driver = start();
  }
  await storing;
  await eventually(() => {
    expect(firsts(listener)).toHaveLength(600);
  });
  expect(firsts(listener)).toEqual(numbers(1, 600));
  expect(driver.output()).not.toContain(key.privatePem.split('\n')[4] ?? '-');
  expect(await driver.stop()).toBe(0);
});
