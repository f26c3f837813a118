/**
 * Nothing that was acknowledged is lost, and nothing is in the stream twice, whatever breaks: an oracle publishes
 * numbered readings over MQTT (QoS 1) and as seneye posts while every part of the way is broken in turn.
 *
 * `FAULT_SEED` repeats an order of faults; `FAULT_ROUNDS` goes through all of them more than once.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ledger, type Verdict } from './ledger.ts';
import { MqttOracle } from './mqtt-oracle.ts';
import { SeneyeOracle } from './seneye-oracle.ts';
import { faults } from './faults.ts';
import { SENEYE_SECRET, SENEYE_SOURCE, Harness } from './harness.ts';

const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.FAULT_ROUNDS ?? 1);
/** A fault lasts until the oracles have tried so much more. */
const MQTT_MESSAGES = 100;
const POSTS = 6;
const CLEAN: Verdict = { lost: [], repeated: [], foreign: [], altered: [] };

let harness: Harness;
const mqtt = new Ledger();
const seneye = new Ledger();
let mqttOracle: MqttOracle;
let seneyeOracle: SeneyeOracle;

beforeAll(async () => {
  harness = await Harness.start();
  await harness.driver.line(({ feed, state }) => feed === 'mqtt' && state === 'up');
  mqttOracle = await MqttOracle.start(harness.broker.url(), harness.brokerLogin, mqtt);
  seneyeOracle = new SeneyeOracle({
    url: harness.seneyeUrl,
    source: SENEYE_SOURCE,
    secret: SENEYE_SECRET,
    ledger: seneye,
  });
});

afterAll(async () => {
  await harness.stop();
});

/** The readings of each oracle. */
async function found() {
  const all = await harness.readings();
  const of = (prefix: string, end = '') => all.filter(({ fqn }) => fqn.startsWith(prefix) && fqn.endsWith(end));
  return { mqtt: of('mqtt:'), seneye: of('seneye:', '%23temperature'), all };
}

const both = async (): Promise<void> => {
  await Promise.all([mqttOracle.pace.more(MQTT_MESSAGES), seneyeOracle.pace.more(POSTS)]);
};

describe(`conservation of readings (FAULT_SEED=${seed})`, () => {
  it.each(shuffled(Array.from({ length: rounds }, () => faults).flat(), seed))(
    'oracles go on while $name',
    async (fault) => {
      await fault.run(harness, async () => {
        await Promise.all([mqttOracle.pace.moreTried(MQTT_MESSAGES), seneyeOracle.pace.moreTried(POSTS)]);
      });
      // Fresh readings pass: those that are handed in from now on are acknowledged, and reach the stream in the end.
      await both();
    },
  );

  it('every acknowledged reading is in the stream once, as it was, and nothing else is', async () => {
    await both();
    await Promise.all([mqttOracle.stop(), seneyeOracle.stop()]);
    // The broker still holds some for the driver.
    await expect.poll(async () => mqtt.compare((await found()).mqtt).lost, { interval: 500 }).toEqual([]);
    const { mqtt: fromMqtt, seneye: fromSeneye, all } = await found();
    expect(mqtt.compare(fromMqtt)).toEqual(CLEAN);
    expect(seneye.compare(fromSeneye)).toEqual(CLEAN);
    expect(all.filter(({ kind }) => kind === 'deadLetter')).toEqual([]);
    expect(mqtt.acknowledged).toBeGreaterThan(faults.length * MQTT_MESSAGES);
    expect(seneye.acknowledged).toBeGreaterThan(faults.length * POSTS);
  });
});

/** A fixed order for each seed. */
function shuffled<T>(things: readonly T[], seedOfOrder: number): T[] {
  const order = fc.shuffledSubarray([...things], { minLength: things.length });
  return fc.sample(order, { seed: seedOfOrder, numRuns: 1 })[0] ?? [];
}
