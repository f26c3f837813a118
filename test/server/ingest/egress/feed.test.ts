/** Readings of the stream published to products of a marketplace, while everything breaks that can. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { callerForTest } from '../../bus/support.ts';
import { createDeviceKey } from '../../../../simulators/i3/example.ts';
import { brokerForTest, ingestForTest, key, keyProbe, ph, probe, temperature } from '../feeds/i3/harness.ts';
import { eventually } from '../../../support/eventually.ts';
import { asSeller, firsts, numbers, readingOf, store, textsOf } from './harness.ts';

/** A broker with somebody who listens to what is sold, and a driver that sells. */
async function shopForTest(more: object = {}) {
  const broker = await brokerForTest();
  const listener = await broker.listenAs(probe.username, temperature);
  const harness = await ingestForTest({ egress: [asSeller(broker, more)] });
  const nc = await callerForTest(harness.nats);
  return { broker, listener, harness, nc };
}

/** Stores numbers as readings, one after the other. */
async function storeNumbers(nc: Parameters<typeof store>[0], from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number++) await store(nc, readingOf(number));
}

describe('the way out', () => {
  it('publishes values, in order, as the device that sells', async () => {
    const { broker, listener, harness, nc } = await shopForTest();
    await harness.becomes('up');
    expect(broker.proxy.open).toMatchObject([{ username: keyProbe, clientId: keyProbe }]);
    await storeNumbers(nc, 1, 100);
    await store(nc, readingOf('ON'));
    await store(nc, readingOf(true));
    await eventually(() => {
      expect(textsOf(listener)).toEqual([...numbers(1, 100), 'ON', 'true']);
    });
    await eventually(() => {
      expect(harness.ingest.metrics()).toMatchObject([
        {
          kind: 'egress',
          name: 'shop',
          received: 102,
          readings: 102,
          rejected: {},
          retried: 0,
          waiting: 0,
          atMostOnce: 0,
        },
      ]);
    });
    expect(listener.heard.every(({ retained, qos }) => !retained && qos === 1)).toBe(true);
  });

  it('leaves out what has no value and what is no reading, and reports how many', async () => {
    const { listener, harness, nc } = await shopForTest();
    await store(nc, readingOf(null));
    await store(nc, 'no JSON');
    await store(nc, '{"no":"reading"}');
    await store(nc, readingOf(7));
    await eventually(() => {
      expect(textsOf(listener)).toEqual(['7']);
    });
    await eventually(() => {
      expect(harness.ingest.metrics()).toMatchObject([
        { received: 4, readings: 1, rejected: { missingValue: 1, notJson: 1, wrongShape: 1 } },
      ]);
    });
  });

  it('publishes whole readings as they stand on the bus, each entry to its topic', async () => {
    const broker = await brokerForTest();
    const whole = await broker.listenAs(probe.username, ph);
    const values = await broker.listenAs(probe.username, temperature);
    const publish = [
      { subject: 'iota.readings.mqtt.hall.ph', topic: ph, from: 'all' },
      { subject: 'iota.readings.mqtt.hall.*', topic: temperature, payload: 'value', qos: 0, from: 'all' },
    ];
    const harness = await ingestForTest({ egress: [asSeller(broker, { publish })] });
    const nc = await callerForTest(harness.nats);
    await store(nc, readingOf(1));
    await store(nc, readingOf(null), 'iota.readings.mqtt.hall.ph');
    await store(nc, readingOf(2), 'iota.readings.mqtt.other.ph');
    await store(nc, readingOf(3), 'iota.readings.mqtt.hall.ph');
    await eventually(() => {
      expect(textsOf(whole)).toEqual([JSON.stringify(readingOf(null)), JSON.stringify(readingOf(3))]);
      expect(textsOf(values)).toEqual(['1', '3']);
    });
    await eventually(() => {
      expect(harness.ingest.metrics()).toMatchObject([{ readings: 4, atMostOnce: 2 }]);
    });
  });

  it('loses nothing while the broker is cut off, away and restarted', async () => {
    const { broker, listener, harness, nc } = await shopForTest();
    await storeNumbers(nc, 1, 20);
    broker.proxy.cut();
    await storeNumbers(nc, 21, 40);
    await broker.proxy.refuse();
    broker.proxy.cut();
    await harness.becomes('down');
    // More than fit into the window.
    await storeNumbers(nc, 41, 100);
    await broker.proxy.accept();
    await harness.becomes('up');
    const storing = storeNumbers(nc, 101, 200);
    await broker.mosquitto.restart();
    await storing;
    await eventually(() => {
      expect(firsts(listener)).toEqual(numbers(1, 200));
    });
  });

  it('loses nothing while the broker is frozen', async () => {
    const { broker, listener, harness, nc } = await shopForTest({ keepAliveSeconds: 1 });
    await harness.becomes('up');
    broker.mosquitto.freeze();
    await storeNumbers(nc, 1, 50);
    await harness.becomes('down');
    broker.mosquitto.thaw();
    await eventually(() => {
      expect(firsts(listener)).toEqual(numbers(1, 50));
    });
  });

  it('loses nothing while nats-server is stopped and killed', async () => {
    const { listener, harness, nc } = await shopForTest();
    const storing = storeNumbers(nc, 1, 150);
    for (const [at, signal] of [
      [20, 'SIGTERM'],
      [60, 'SIGKILL'],
    ] as const) {
      await eventually(() => {
        expect(listener.heard.length).toBeGreaterThan(at);
      });
      await harness.nats.halt(signal);
      await harness.nats.restart();
    }
    await storing;
    await eventually(() => {
      expect(firsts(listener)).toEqual(numbers(1, 150));
    });
  });

  it('goes on where it was after a restart, in order, with nothing twice', async () => {
    const { broker, listener, harness, nc } = await shopForTest();
    await storeNumbers(nc, 1, 30);
    await eventually(() => {
      expect(listener.heard).toHaveLength(30);
    });
    await harness.ingest.stop(5000);
    await storeNumbers(nc, 31, 60);
    await ingestForTest({ egress: [asSeller(broker)] }, { nats: harness.nats });
    await eventually(() => {
      expect(textsOf(listener)).toEqual(numbers(1, 60));
    });
  });

  it('keeps what it could not publish when it stops, for the next start', async () => {
    const { broker, listener, harness, nc } = await shopForTest();
    await harness.becomes('up');
    await broker.proxy.refuse();
    broker.proxy.cut();
    await storeNumbers(nc, 1, 40);
    // Half of what may wait at least: where the stream is filled slowly, the rest stays in it.
    await eventually(() => {
      expect(harness.ingest.metrics()[0]?.waiting).toBeGreaterThanOrEqual(16);
    });
    await harness.ingest.stop(5000);
    await broker.proxy.accept();
    await ingestForTest({ egress: [asSeller(broker)] }, { nats: harness.nats });
    await eventually(() => {
      expect(textsOf(listener)).toEqual(numbers(1, 40));
    });
  });

  it('reports a refused log-in, and a stream that is away, and continues after both', async () => {
    const broker = await brokerForTest();
    const listener = await broker.listenAs(probe.username, temperature);
    const other = createDeviceKey().privatePem;
    const harness = await ingestForTest({ egress: [asSeller(broker)] }, { secrets: { KEY: other } });
    const nc = await callerForTest(harness.nats);
    await store(nc, readingOf(1));
    expect((await harness.becomes('refused')).message).toContain('refused the log-in');
    harness.secrets.KEY = key.privatePem;
    await harness.becomes('up');
    await eventually(() => {
      expect(textsOf(listener)).toEqual(['1']);
    });
    await harness.manager.streams.delete('READINGS');
    await eventually(() => {
      expect(harness.health()).toMatchObject({
        state: 'waiting',
        message: expect.stringContaining('"READINGS" does not exist') as string,
      });
    });
    await harness.manager.streams.add({ name: 'READINGS', subjects: ['iota.readings.>', 'iota.deadletters.>'] });
    await harness.becomes('up');
    await store(nc, readingOf(2));
    await eventually(() => {
      expect(textsOf(listener)).toEqual(['1', '2']);
    });
    const said = JSON.stringify([harness.log.text(), harness.ingest.health(), harness.ingest.metrics()]);
    for (const pem of [other, key.privatePem]) expect(said).not.toContain(pem.split('\n')[4] ?? '-');
  });

  it('cannot see that the broker drops what the seller may not publish', async () => {
    const { listener, harness, nc } = await shopForTest({
      publish: [{ subject: 'iota.readings.mqtt.hall.>', topic: 'carl/house/power', payload: 'value', from: 'all' }],
    });
    await store(nc, readingOf(1));
    await eventually(() => {
      expect(harness.ingest.metrics()).toMatchObject([{ readings: 1, dropped: 0 }]);
    });
    expect(harness.health().state).toBe('up');
    expect(listener.heard).toEqual([]);
    onTestFinished(() => listener.end());
  });
});
