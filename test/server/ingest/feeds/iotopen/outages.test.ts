import { describe, expect, it } from 'vitest';
import { PUMPS, SCHOOL } from '../../../../../simulators/iotopen/plant.ts';
import type { IotOpenSimulator } from '../../../../../simulators/iotopen/simulator.ts';
import { feedForTest, nowSeconds, readingsOf, simulatorForTest } from './support.ts';

const AT = 'obj/lora/647fda000000a1b2';
const values = (readings: { value: unknown }[]) => readings.map(({ value }) => Number(value)).toSorted((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
/** How often reading the log was begun, of both installations. */
const fills = ({ seen }: IotOpenSimulator): number =>
  seen.filter(({ path, search }) => path.includes('/log/') && search.includes('offset=0&')).length;

describe('a gap', () => {
  it.each([
    ['with the session of before', {}],
    ['where the broker has kept nothing', { sessionExpirySeconds: 0 }],
  ])('of MQTT is filled from the log exactly, %s', async (_what, mqtt) => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, ...mqtt },
      backfill: { pageRows: 7 },
    });
    await harness.becomes('up');
    const start = nowSeconds() - 60;
    const publish = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at++) {
        // A clock that is an hour behind, and one that is right.
        await simulator.publish(SCHOOL, `${AT}/temperature`, { value: at, timestamp: start - 3600 + at });
        await simulator.publish(SCHOOL, `${AT}/humidity`, { value: at, timestamp: start + at + 0.5 });
      }
    };
    await publish(0, 10);
    await readingsOf(harness, 20);
    await expect.poll(() => fills(simulator)).toBe(2);
    const outage = await simulator.mqttOutage();
    await harness.becomes('down');
    await publish(10, 30);
    await outage.end();
    await publish(30, 40);
    await readingsOf(harness, 80);
    await harness.becomes('up');
    await expect.poll(() => fills(simulator)).toBe(4);
    await publish(40, 45);
    await readingsOf(harness, 90);
    const readings = await harness.readings();
    expect(readings).toHaveLength(90);
    for (const name of ['Temperature', 'Humidity']) {
      const of = readings.filter((reading) => reading.name.endsWith(name));
      expect(values(of)).toEqual(upTo(45));
      expect(of.every(({ status }) => status === 'Good')).toBe(true);
    }
  });

  it('of values without a time is filled with the time that the platform has noted, and nothing comes twice', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, sessionExpirySeconds: 0 },
    });
    await harness.becomes('up');
    for (let at = 0; at < 5; at++) await simulator.publish(SCHOOL, `${AT}/temperature`, { value: at });
    await readingsOf(harness, 5);
    // The platform may note the last value a moment after it has come here; only what comes later makes sure of it.
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 100, timestamp: nowSeconds() });
    await readingsOf(harness, 6);
    await expect.poll(() => fills(simulator)).toBe(2);
    const outage = await simulator.mqttOutage();
    await harness.becomes('down');
    for (let at = 5; at < 10; at++) await simulator.publish(SCHOOL, `${AT}/temperature`, { value: at });
    await outage.end();
    await harness.becomes('up');
    await readingsOf(harness, 11);
    for (let at = 10; at < 15; at++) await simulator.publish(SCHOOL, `${AT}/temperature`, { value: at });
    await readingsOf(harness, 16);
    await expect.poll(() => fills(simulator)).toBe(4);
    expect(values(await harness.readings())).toEqual([...upTo(15), 100]);
  });

  it('that begins again while it is filled is filled all the same', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, sessionExpirySeconds: 0 },
    });
    await harness.becomes('up');
    await expect.poll(() => fills(simulator)).toBe(2);
    let next = 0;
    const publish = async (count: number): Promise<void> => {
      for (const end = next + count; next < end; next++) {
        await simulator.publish(SCHOOL, `${AT}/humidity`, { value: next, timestamp: Date.now() / 1000 });
      }
    };
    const logs = () => simulator.seen.filter(({ path }) => path.includes('/log/5034')).length;
    for (let round = 0; round < 3; round++) {
      const outage = await simulator.mqttOutage();
      await publish(15);
      simulator.behaviour.latencyMs = 200;
      const before = logs();
      await outage.end();
      // The next outage begins while an answer of the log is under way, which was made before it.
      await expect.poll(logs, { interval: 10 }).toBeGreaterThan(before);
    }
    simulator.behaviour.latencyMs = 0;
    await readingsOf(harness, next);
    expect(values(await harness.readings())).toEqual(upTo(next));
  });

  it('of an installation that was taken from the account for a while is filled when it is back', async () => {
    const account = {
      ...{ user: 'integration', password: 'no-log-in-with-this', keys: ['key-of-the-driver'] },
      installations: [SCHOOL, PUMPS],
    };
    const simulator = await simulatorForTest({ accounts: [account] });
    // Nothing is read back at start, and no newest values: what comes was missed.
    const harness = await feedForTest(simulator, {
      backfill: { atStartMinutes: 0, overlapSeconds: 0 },
      snapshot: false,
    });
    await harness.becomes('up');
    const publish = (value: number): Promise<void> =>
      simulator.publish(SCHOOL, `${AT}/temperature`, { value, timestamp: Date.now() / 1000 });
    await publish(0);
    await readingsOf(harness, 1);
    account.installations = [PUMPS];
    const reads = (): number => simulator.seen.filter(({ path }) => path.includes('/functionx/')).length;
    // The second time the catalogue is read, the first has had its effect.
    for (const clientId of [SCHOOL, PUMPS]) {
      const before = reads();
      await simulator.announce(clientId);
      await expect.poll(reads).toBeGreaterThan(before);
    }
    for (const value of [1, 2]) await publish(value);
    account.installations = [SCHOOL, PUMPS];
    await simulator.announce(PUMPS);
    expect(values(await readingsOf(harness, 3))).toEqual([0, 1, 2]);
  });

  it('that begins while the newest values are read has them read again', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, sessionExpirySeconds: 0 },
      installations: [SCHOOL],
      backfill: { maxHours: 0 },
    });
    await harness.becomes('up');
    const asked = () => simulator.seen.filter(({ path }) => path.includes('/status/')).length;
    await expect.poll(asked).toBe(1);
    const first = await simulator.mqttOutage();
    await harness.becomes('down');
    simulator.behaviour.latencyMs = 500;
    await first.end();
    await expect.poll(asked, { interval: 10 }).toBe(2);
    // The answer under way was made before this.
    const second = await simulator.mqttOutage();
    await harness.becomes('down');
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 42, timestamp: nowSeconds() });
    simulator.behaviour.latencyMs = 0;
    await second.end();
    await readingsOf(harness, 1, ({ value }) => value === 42);
  });
});

describe('REST', () => {
  it('being away at start is reported; the feed begins when it is there', async () => {
    const simulator = await simulatorForTest({ behaviour: { fault: 'page' } });
    const harness = await feedForTest(simulator);
    expect((await harness.becomes('down')).message).toMatch(/not available \(502\)/);
    simulator.behaviour.fault = 'none';
    await harness.becomes('up');
  });

  it('being away later is reported, live values continue, and what was missed follows', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    simulator.behaviour.fault = 'down';
    simulator.behaviour.faultPath = '/api/';
    await simulator.announce(SCHOOL);
    await expect.poll(() => harness.health().message).toMatch(/cannot be reached.*Live values continue/);
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 1, timestamp: nowSeconds() });
    await readingsOf(harness, 1);
    const outage = await simulator.mqttOutage();
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 2, timestamp: nowSeconds() });
    await outage.end();
    simulator.behaviour.fault = 'none';
    await readingsOf(harness, 2);
    await expect.poll(() => harness.health()).not.toHaveProperty('message');
    expect(harness.health().state).toBe('up');
  });

  it('being hidden by a proxy that knows no way to it is no answer of the platform: what was missed follows', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, sessionExpirySeconds: 0 },
      snapshot: false,
    });
    await harness.becomes('up');
    await expect.poll(() => fills(simulator)).toBe(2);
    const outage = await simulator.mqttOutage();
    await harness.becomes('down');
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 1, timestamp: nowSeconds() });
    simulator.behaviour.fault = 'noRoute';
    simulator.behaviour.faultPath = '/log/';
    await outage.end();
    await expect.poll(() => harness.health().message).toMatch(/is a proxy in between/);
    simulator.behaviour.fault = 'none';
    expect(values(await readingsOf(harness, 1))).toEqual([1]);
  });

  it('taking no log leaves the gap, reports it, and continues', async () => {
    const simulator = await simulatorForTest();
    const now = nowSeconds();
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 1, timestamp: now - 7200 });
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 2, timestamp: now - 3600 });
    const harness = await feedForTest(simulator, { backfill: { maxHours: 0 } });
    await readingsOf(harness, 1);
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 3, timestamp: now });
    await readingsOf(harness, 2);
    expect(values(await harness.readings())).toEqual([2, 3]);
    expect(simulator.seen.filter(({ path }) => path.includes('/log/'))).toEqual([]);
  });
});

describe('the bus being away', () => {
  it('holds values back at the broker, and none is lost', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {}, {}, { window: { messages: 10, inFlight: 4 } });
    await harness.becomes('up');
    const timestamp = nowSeconds() - 300;
    await harness.nats.halt();
    for (let at = 0; at < 60; at++) {
      await simulator.publish(SCHOOL, `${AT}/humidity`, { value: at, timestamp: timestamp + at });
    }
    await harness.becomes('waiting');
    expect(harness.metrics().waiting).toBeLessThanOrEqual(10);
    await harness.nats.restart();
    await expect.poll(() => harness.metrics().readings).toBeGreaterThanOrEqual(60);
    await harness.becomes('up');
    await expect.poll(() => harness.metrics().waiting).toBe(0);
    await readingsOf(harness, 60);
    expect(values(await harness.readings())).toEqual(upTo(60));
  });

  it('leaves what is not safe with the broker when the driver ends', async () => {
    const simulator = await simulatorForTest();
    // Neither status nor log: only the broker can give it again.
    const only = { snapshot: false, backfill: { maxHours: 0 } };
    const first = await feedForTest(simulator, only);
    await first.becomes('up');
    await first.nats.halt();
    const timestamp = nowSeconds() - 300;
    for (let at = 0; at < 20; at++) {
      await simulator.publish(SCHOOL, `${AT}/humidity`, { value: at, timestamp: timestamp + at });
    }
    await expect.poll(() => first.metrics().received).toBe(20);
    await first.ingest.stop(0);
    await first.nats.restart();
    const second = await feedForTest(simulator, only, { nats: first.nats });
    await readingsOf(second, 20);
    expect(values(await second.readings())).toEqual(upTo(20));
  });

  it('lets the driver end in the middle of the log, without a word', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {}, {}, { window: { messages: 6, inFlight: 2 } });
    await harness.becomes('up');
    await expect.poll(() => fills(simulator)).toBe(2);
    const outage = await simulator.mqttOutage();
    await harness.becomes('down');
    const row = { topic: `${AT}/humidity`, msg: '', timestamp: nowSeconds() };
    for (let at = 0; at < 50; at++) simulator.inventory.keep(SCHOOL, { ...row, value: at });
    await harness.nats.halt();
    await outage.end();
    await expect.poll(() => harness.metrics().waiting).toBeGreaterThanOrEqual(1);
    await harness.ingest.stop(0);
    expect(harness.metrics()).toMatchObject({ readings: 0, waiting: 0 });
    expect(harness.health().state).toBe('stopped');
  });

  it.each([
    ['user and password', { user: 'åsa@example.com', password: { env: 'PASSWORD' } }, '/auth'],
    [
      'OAuth 2',
      { clientId: 'driver/1', clientSecret: { env: 'CLIENT_SECRET' }, refreshToken: { env: 'REFRESH_TOKEN' } },
      '/oauth2/token',
    ],
  ])(
    'lets the driver end in the middle of a log-in by %s that gets no answer',
    { timeout: 20_000 },
    async (_way, credentials, path) => {
      const simulator = await simulatorForTest({ behaviour: { fault: 'hang', faultPath: path } });
      const env = { PASSWORD: 'pass:wörd', CLIENT_SECRET: 's3cr+t %', REFRESH_TOKEN: 'first-refresh-token' };
      const harness = await feedForTest(simulator, { credentials, requestTimeoutMs: 600_000 }, { env });
      await expect.poll(() => simulator.seen.some((one) => one.path.endsWith(path))).toBe(true);
      await harness.ingest.stop(0);
      expect(harness.health().state).toBe('stopped');
      // It was not that the log-in had ended by itself.
      expect(harness.log.messages()).toEqual([]);
    },
  );
});
