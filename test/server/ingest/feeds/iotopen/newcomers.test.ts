import { describe, expect, it } from 'vitest';
import { PUMPS, SCHOOL } from '../../../../../simulators/iotopen/plant.ts';
import type { IotOpenSimulator } from '../../../../../simulators/iotopen/simulator.ts';
import { feedForTest, nowSeconds, PATIENT, readingsOf, simulatorForTest } from './support.ts';

const AT = 'obj/lora/647fda000000a1b2';
/** Nothing is read back at start, and no newest values: what comes was missed, or came live. */
const ONLY_MISSED = { backfill: { atStartMinutes: 0, overlapSeconds: 0 }, snapshot: false };
const values = (readings: { value: unknown }[]) => readings.map(({ value }) => Number(value)).toSorted((a, b) => a - b);
const calls = ({ seen }: IotOpenSimulator, place: string): number =>
  seen.filter(({ path }) => path.endsWith(place)).length;

/** Resolves when the catalogue has been read twice more: then what the first time brought has had its effect. */
async function catalogueIsReadTwice(simulator: IotOpenSimulator): Promise<void> {
  for (const what of ['functionx', 'devicex'] as const) {
    const before = calls(simulator, '/functionx/5035');
    await simulator.announce(PUMPS, what);
    await expect.poll(() => calls(simulator, '/functionx/5035')).toBeGreaterThan(before);
  }
}

describe('what is new in the catalogue while the link is up', () => {
  it('an installation: what comes before the broker has granted its subscription is read from the log', async () => {
    const account = {
      ...{ user: 'integration', password: 'no-log-in-with-this', keys: ['key-of-the-driver'] },
      installations: [SCHOOL, PUMPS],
    };
    const simulator = await simulatorForTest({ accounts: [account] });
    account.installations = [PUMPS];
    const harness = await feedForTest(simulator, ONLY_MISSED);
    await harness.becomes('up');
    await expect.poll(() => calls(simulator, '/log/5035')).toBe(1);
    const hold = simulator.mqttHold();
    account.installations = [SCHOOL, PUMPS];
    await catalogueIsReadTwice(simulator);
    await catalogueIsReadTwice(simulator);
    await simulator.publish(SCHOOL, `${AT}/temperature`, { value: 1, timestamp: Date.now() / 1000 });
    hold.release();
    await readingsOf(harness, 1);
    await simulator.publish(SCHOOL, `${AT}/temperature`, { value: 2, timestamp: Date.now() / 1000 });
    expect(values(await readingsOf(harness, 2))).toEqual([1, 2]);
  });

  it('a topic that is subscribed to by itself: the same', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, ONLY_MISSED);
    await harness.becomes('up');
    await expect.poll(() => calls(simulator, '/log/5034')).toBe(1);
    const hold = simulator.mqttHold();
    await simulator.addFunction(SCHOOL, 'bell', { name: 'Bell', topic_read: 'set/lora/bell' });
    await catalogueIsReadTwice(simulator);
    await catalogueIsReadTwice(simulator);
    await simulator.publish(SCHOOL, 'set/lora/bell', { value: 1, timestamp: Date.now() / 1000 });
    hold.release();
    await readingsOf(harness, 1);
    await simulator.publish(SCHOOL, 'set/lora/bell', { value: 2, timestamp: Date.now() / 1000 });
    expect(values(await readingsOf(harness, 2))).toEqual([1, 2]);
  });

  it('a function: its log is read only when the platform has had the time to note what was not received', async () => {
    const simulator = await simulatorForTest({ behaviour: { logDelayMs: 600 } });
    const harness = await feedForTest(simulator, { ...ONLY_MISSED, refreshDelayMs: 1200 });
    await harness.becomes('up');
    await expect.poll(() => calls(simulator, '/log/5034')).toBe(1);
    simulator.behaviour.latencyMs = 300;
    const before = calls(simulator, '/functionx/5034');
    await simulator.addFunction(SCHOOL, 'new', { name: 'New', topic_read: 'obj/new' });
    await expect.poll(() => calls(simulator, '/functionx/5034'), { interval: 10 }).toBeGreaterThan(before);
    // The answer is under way, so that the driver does not know the function yet.
    await simulator.publish(SCHOOL, 'obj/new', { value: 1, timestamp: Date.now() / 1000 });
    expect(values(await readingsOf(harness, 1))).toEqual([1]);
  });

  it('a function on a topic that others read already has the newest value and what came before it was known', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, {}, {}, PATIENT);
    await harness.becomes('up');
    await expect.poll(() => calls(simulator, '/log/5034')).toBe(1);
    const second = nowSeconds();
    for (const value of [1, 2]) {
      await simulator.publish(SCHOOL, `${AT}/humidity`, { value, timestamp: second + value - 2 });
    }
    await readingsOf(harness, 2);
    await simulator.addFunction(SCHOOL, 'comfort', { name: 'Comfort', topic_read: `${AT}/humidity` });
    const readings = await readingsOf(harness, 2, ({ name }) => name.endsWith('Comfort'));
    expect(values(readings)).toEqual([1, 2]);
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 3, timestamp: second + 1 });
    const all = await readingsOf(harness, 6);
    expect(values(all)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(harness.metrics().duplicates).toBe(0);
  });

  it('a function that was left out for a while is read from where it left', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, ONLY_MISSED);
    await harness.becomes('up');
    await expect.poll(() => calls(simulator, '/log/5034')).toBe(1);
    const functions = simulator.inventory.ofClientId(SCHOOL)?.functions ?? [];
    const [temperature] = functions.splice(0, 1);
    if (temperature === undefined) throw new Error('There is no function.');
    const publish = (value: number): Promise<void> =>
      simulator.publish(SCHOOL, `${AT}/temperature`, { value, timestamp: Date.now() / 1000 });
    await catalogueIsReadTwice(simulator);
    await publish(1);
    // Read several times without it: the last time is not the one from which it was missed.
    await catalogueIsReadTwice(simulator);
    await publish(2);
    functions.push(temperature);
    await catalogueIsReadTwice(simulator);
    await readingsOf(harness, 2);
    await publish(3);
    expect(values(await readingsOf(harness, 3))).toEqual([1, 2, 3]);
  });

  it('a topic that MQTT does not allow is reported, and disturbs nothing', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    for (const topic_read of ['set/a\u0007b', 'set/a\ufffeb', `set/${'x'.repeat(70_000)}`, `set${'/x'.repeat(200)}`]) {
      await simulator.addFunction(SCHOOL, 'odd', { topic_read });
    }
    await simulator.addFunction(SCHOOL, 'good', { name: 'Good', topic_read: 'set/å b/' });
    await expect.poll(() => harness.log.messages().join('\n')).toContain('Functions with an invalid topic: 4.');
    await simulator.publish(SCHOOL, 'set/å b/', { value: 1, timestamp: nowSeconds() });
    await readingsOf(harness, 1);
    expect(harness.metrics().connections).toBe(1);
    expect(harness.health().state).toBe('up');
  });
});
