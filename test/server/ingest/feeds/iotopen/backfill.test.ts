import { describe, expect, it } from 'vitest';
import { SCHOOL } from '../../../../../simulators/iotopen/plant.ts';
import type { IotOpenSimulator } from '../../../../../simulators/iotopen/simulator.ts';
import { kindly, scriptedBroker } from '../../../mqtt/scripted-broker.ts';
import { STREAM, type IngestHarness } from '../../support.ts';
import { feedForTest, nowSeconds, PATIENT, readingsOf, simulatorForTest } from './support.ts';

const AT = 'obj/lora/647fda000000a1b2';
const TOPICS = ['temperature', 'humidity', 'movement'].map((name) => `${AT}/${name}`);
const HOUR_S = 3600;

/** The log of a day begins; each topic has the values from 0 on, seven of them at one time, of all topics together. */
function keep({ inventory }: IotOpenSimulator, each: number): void {
  const start = nowSeconds() - 20 * HOUR_S;
  for (let at = 0; at < each * TOPICS.length; at++) {
    const topic = TOPICS[at % TOPICS.length] ?? '';
    const value = Math.floor(at / TOPICS.length);
    inventory.keep(SCHOOL, { topic, value, timestamp: start + Math.floor(at / 7), msg: '' });
  }
}

const settings = (backfill: object) => ({
  ...{ installations: [SCHOOL], snapshot: false, backfill: { atStartMinutes: 24 * 60, ...backfill } },
});
const logs = ({ seen }: IotOpenSimulator): number =>
  seen.filter(({ path, status }) => path.includes('/log/') && status === 200).length;

/** Of each topic the values, in order of time. */
async function valuesByName(harness: IngestHarness): Promise<number[][]> {
  const readings = await harness.readings();
  return ['Temperature', 'Humidity', 'Movement'].map((name) =>
    readings
      .filter((reading) => reading.name.endsWith(name))
      .map(({ value }) => Number(value))
      .toSorted((a, b) => a - b),
  );
}

describe('reading a log that fails half-way', () => {
  it(
    'continues at its position: of more values than are remembered, none is in the stream twice',
    { timeout: 120_000 },
    async () => {
      const simulator = await simulatorForTest({ behaviour: { logPages: 23 } });
      const each = 8200;
      keep(simulator, each);
      const harness = await feedForTest(simulator, settings({ pageRows: 1000 }), {}, PATIENT);
      const { message } = await harness.becomes('up');
      expect(message ?? '').not.toContain('maxHours');
      await expect.poll(() => harness.health().message, { timeout: 90_000 }).toMatch(/refused the call \(500\)/);
      simulator.behaviour.logPages = Infinity;
      await expect.poll(() => harness.health(), { timeout: 60_000 }).not.toHaveProperty('message');
      await expect.poll(() => harness.metrics().readings, { timeout: 60_000 }).toBe(3 * each);
      expect(harness.metrics().duplicates).toBe(0);
      const { state } = await harness.manager.streams.info(STREAM, { subjects_filter: '>' });
      expect(Object.values(state.subjects ?? {})).toEqual([each, each, each]);
    },
  );

  const nasty: [what: string, behaviour: Partial<IotOpenSimulator['behaviour']>, rounds: number[]][] = [
    ['in one list', {}, [4, 5, 6]],
    ['in parts, of a platform that takes only some topics at once', { longestUrl: 160, old: true }, [4, 5, 6]],
    ['in another order than asked for', { logOrder: 'arrival' }, [4, 5, 6]],
  ];
  it.each(nasty)('skips no value, %s', { timeout: 60_000 }, async (_what, behaviour, rounds) => {
    const simulator = await simulatorForTest({ behaviour: { logPages: 0, ...behaviour } });
    keep(simulator, 60);
    if (behaviour.logOrder === 'arrival') simulator.inventory.values(SCHOOL).reverse();
    // Each page ends where rows of one time go on in the next.
    const harness = await feedForTest(simulator, settings({ pageRows: 9 }));
    for (const pages of rounds) {
      simulator.behaviour.logPages = pages;
      await expect.poll(() => simulator.behaviour.logPages).toBeLessThan(0);
    }
    simulator.behaviour.logPages = Infinity;
    const all = Array.from({ length: 60 }, (_, index) => index);
    await expect.poll(() => valuesByName(harness)).toEqual([all, all, all]);
  });

  it('does not take what came later for what it has read, where the link was lost once more', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {
      ...{ installations: [SCHOOL], snapshot: false, backfill: { pageRows: 5 } },
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, sessionExpirySeconds: 0 },
    });
    await harness.becomes('up');
    await expect.poll(() => logs(simulator)).toBe(1);
    let next = 0;
    const publish = async (count: number): Promise<void> => {
      for (const end = next + count; next < end; next++) {
        const now = Date.now() / 1000;
        // A clock that is right, and one that is an hour behind.
        await simulator.publish(SCHOOL, `${AT}/temperature`, { value: next, timestamp: now });
        await simulator.publish(SCHOOL, `${AT}/humidity`, { value: next, timestamp: now - HOUR_S });
      }
    };
    const outage = async (): Promise<void> => {
      const begun = await simulator.mqttOutage();
      await harness.becomes('down');
      await publish(10);
      await begun.end();
    };
    await publish(3);
    await readingsOf(harness, 6);
    simulator.behaviour.logPages = 4;
    await outage();
    await expect.poll(() => simulator.behaviour.logPages).toBeLessThan(0);
    await outage();
    await harness.becomes('up');
    simulator.behaviour.logPages = Infinity;
    const all = Array.from({ length: next }, (_, index) => index);
    await expect.poll(() => valuesByName(harness)).toEqual([all, all, []]);
  });
});

describe('a clock that is wrong', () => {
  const hourBehind = (): number => Date.now() / 1000 - HOUR_S;
  it.each([
    ['once was right', () => Date.now() / 1000],
    ['once told no time', () => undefined],
  ])('and %s: what was missed is read by the clock as it is', async (_what, first) => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, sessionExpirySeconds: 0 },
    });
    await harness.becomes('up');
    await expect.poll(() => logs(simulator)).toBe(2);
    let next = 0;
    const publish = async (count: number, time: () => number | undefined): Promise<void> => {
      for (const end = next + count; next < end; next++) {
        await simulator.publish(SCHOOL, `${AT}/humidity`, { value: next, timestamp: time() });
      }
    };
    await publish(1, first);
    await publish(5, hourBehind);
    await readingsOf(harness, 6);
    const outage = await simulator.mqttOutage();
    await harness.becomes('down');
    await publish(10, hourBehind);
    await outage.end();
    await readingsOf(harness, 15, ({ value }) => value !== 0);
    // One without a time may stand there twice, with that of arrival and that of the platform.
    expect(new Set((await valuesByName(harness))[1])).toEqual(new Set(Array.from({ length: 16 }, (_, index) => index)));
  });
});

describe('the clock of the platform', () => {
  it.each([60_000, -60_000])('being ahead by %d ms hides nothing of what it has timed itself', async (clockAheadMs) => {
    const simulator = await simulatorForTest({ behaviour: { clockAheadMs } });
    const harness = await feedForTest(simulator, {
      mqtt: { clientId: 'driver', keepAliveSeconds: 5, sessionExpirySeconds: 0 },
      snapshot: false,
      backfill: { overlapSeconds: 0 },
    });
    await harness.becomes('up');
    await expect.poll(() => logs(simulator)).toBe(2);
    const publish = (value: number): Promise<void> => simulator.publish(SCHOOL, `${AT}/humidity`, { value });
    await publish(0);
    await readingsOf(harness, 1);
    const outage = await simulator.mqttOutage();
    await harness.becomes('down');
    for (const value of [1, 2]) await publish(value);
    await outage.end();
    await expect.poll(() => logs(simulator)).toBe(4);
    await publish(3);
    await readingsOf(harness, 1, ({ value }) => value === 3);
    // Clocks are compared to the second, so that one next to the outage may come twice.
    expect(new Set((await valuesByName(harness))[1])).toEqual(new Set([0, 1, 2, 3]));
  });

  it('being behind hides nothing of a function that is new', async () => {
    const simulator = await simulatorForTest({ behaviour: { clockAheadMs: -60_000 } });
    const harness = await feedForTest(simulator, {
      snapshot: false,
      backfill: { overlapSeconds: 0, atStartMinutes: 0 },
    });
    await harness.becomes('up');
    await expect.poll(() => logs(simulator)).toBe(2);
    await simulator.publish(SCHOOL, 'obj/new', { value: 1, timestamp: Date.now() / 1000 - 60 });
    await simulator.addFunction(SCHOOL, 'new', { name: 'New', topic_read: 'obj/new' });
    await readingsOf(harness, 1);
  });
});

describe('a whole number beyond 2^53', () => {
  it('that came live does not come again as the platform has rounded it', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { installations: [SCHOOL] });
    await harness.becomes('up');
    await expect.poll(() => logs(simulator)).toBe(1);
    await simulator.publish(SCHOOL, `${AT}/humidity`, `{"value": 9007199254740993, "timestamp": ${nowSeconds()}}`);
    await readingsOf(harness, 1);
    const outage = await simulator.mqttOutage();
    await harness.becomes('down');
    await simulator.publish(SCHOOL, `${AT}/temperature`, { value: 1, timestamp: nowSeconds() });
    await outage.end();
    await readingsOf(harness, 2);
    await expect.poll(() => logs(simulator)).toBe(2);
    await expect.poll(() => harness.metrics().waiting).toBe(0);
    expect((await harness.readings()).map(({ value }) => value)).toEqual(['9007199254740993', 1]);
  });
});

describe('the newest value', () => {
  it('is brought where an older one has come since the connection was made', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { backfill: { maxHours: 0 }, refreshDelayMs: 2000 });
    const timestamp = nowSeconds();
    await harness.becomes('up');
    // One that had waited at the broker, whose queue was full when the next came.
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 1, timestamp });
    simulator.inventory.keep(SCHOOL, { topic: `${AT}/humidity`, value: 2, timestamp: timestamp + 1, msg: '' });
    await readingsOf(harness, 2);
    expect((await valuesByName(harness))[1]).toEqual([1, 2]);
  });
});

describe('a subscription that the broker refuses', () => {
  it('leaves the others live; its values come from the log meanwhile, and from then on when it is granted', async () => {
    const simulator = await simulatorForTest();
    const at = (topic: string, value: number): void => {
      simulator.inventory.keep(SCHOOL, { topic, value, timestamp: Date.now() / 1000, msg: '' });
    };
    let refuses = true;
    let say = (_topic: string, _said: object): void => undefined;
    const broker = await scriptedBroker(
      '5',
      kindly((packet, peer) => {
        if (packet.cmd !== 'subscribe') return false;
        const granted = packet.subscriptions.map(({ topic }) => (refuses && topic.endsWith('/bell') ? 135 : 1));
        peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
        say = (topic, said) => {
          const payload = JSON.stringify(said);
          peer.send({ cmd: 'publish', topic: `${SCHOOL}/${topic}`, payload, qos: 0, dup: false, retain: false });
        };
        return true;
      }),
    );
    const harness = await feedForTest(simulator, {
      ...{ installations: [SCHOOL], snapshot: false, mqtt: { clientId: 'driver', url: broker.url } },
      backfill: { atStartMinutes: 0, overlapSeconds: 0 },
    });
    await harness.becomes('up');
    await expect.poll(() => logs(simulator)).toBe(1);
    simulator.inventory.addThing('functions', SCHOOL, 'bell', { name: 'Bell', topic_read: 'set/bell' });
    at('set/bell', 1);
    say('evt/functionx/updated', {});
    await harness.becomes('refused');
    await readingsOf(harness, 1);
    // Of a topic that is granted, and has no time: nothing is wrong with it.
    say(`${AT}/humidity`, { value: 2 });
    expect((await readingsOf(harness, 2)).at(-1)).toMatchObject({ value: 2, status: 'Good' });
    at('set/bell', 3);
    refuses = false;
    say('evt/functionx/updated', {});
    await harness.becomes('up');
    await readingsOf(harness, 3);
    say('set/bell', { value: 4 });
    const readings = await readingsOf(harness, 4);
    expect(readings.map(({ value }) => value)).toEqual([1, 2, 3, 4]);
  });
});
