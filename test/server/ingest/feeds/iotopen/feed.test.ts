import { describe, expect, it } from 'vitest';
import { parseFqn } from '../../../../../src/contract/fqn.ts';
import { unescapeToken } from '../../../../../src/contract/reading-subject.ts';
import { PUMPS, SCHOOL } from '../../../../../simulators/iotopen/plant.ts';
import { feedForTest, nowSeconds, readingsOf, simulatorForTest } from './support.ts';

const AT = 'obj/lora/647fda000000a1b2';

/** Waits until the platform's log has been read so often: twice by the start of a driver, for two functions. */
const logReads = (simulator: Awaited<ReturnType<typeof simulatorForTest>>, times: number): Promise<void> =>
  expect.poll(() => simulator.seen.filter(({ path }) => path.includes('/log/')).length).toBeGreaterThanOrEqual(times);

describe('values', () => {
  it('become readings of their function, with name, unit and the digits of the time', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    const second = nowSeconds();
    await simulator.publish(SCHOOL, `${AT}/temperature`, `{"value": 21.5, "timestamp": ${second}.123456789}`);
    const [reading] = await readingsOf(harness, 1);
    const id = simulator.inventory.ofClientId(SCHOOL)?.functions[0]?.id ?? 0;
    expect(reading).toMatchObject({
      fqn: `iotopen:plant/signal/${SCHOOL}%2F${id}`,
      source: 'iotopen:plant',
      name: 'Fågelbacken School / Classroom 12 / Temperature',
      time: `${new Date(second * 1000).toISOString().slice(0, 19)}.123456789Z`,
      value: 21.5,
      unit: '°C',
      status: 'Good',
    });
    expect((await harness.stored())[0]?.subject).toBe(`iota.readings.iotopen.plant.${SCHOOL}.${id}`);
  });

  it('of a topic that several functions share are a reading of each', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    await simulator.publish(SCHOOL, `${AT}/co2`, { value: 1200, timestamp: nowSeconds() });
    const readings = await readingsOf(harness, 2);
    expect(readings.map(({ name, value, attributes }) => [name.split(' / ')[2], value, attributes])).toEqual([
      ['CO2', 1200, undefined],
      ['Air quality', 1200, { state: 'stale' }],
    ]);
    expect(harness.metrics()).toMatchObject({ received: 1, readings: 2 });
  });

  it('of further topics of a function have a part of their own in FQN and subject', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    await simulator.publish(SCHOOL, `${AT}/onoff`, { value: 1, timestamp: nowSeconds() });
    await simulator.publish(PUMPS, 'obj/plc/station 1/flow net', { value: 12, timestamp: nowSeconds() });
    await readingsOf(harness, 2);
    const stored = await harness.stored();
    const [lamp] = stored;
    expect(lamp?.subject.split('.').map(unescapeToken).at(-1)).toBe('#onoff');
    const { id } = parseFqn((lamp?.body as { fqn: string }).fqn);
    expect(id).toMatch(new RegExp(`^${SCHOOL}/\\d+#onoff$`));
    expect(stored[1]?.body).toMatchObject({ name: 'Pumping stations / Flow', unit: 'm3/h' });
  });

  it('that no function reads are nothing wrong', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    // The log at start would tell some of them again.
    await logReads(simulator, 2);
    await simulator.publish(SCHOOL, 'obj/somebody/elses', 'not even JSON');
    await simulator.publish(SCHOOL, 'set/lora/bell', { value: 1 });
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 45, timestamp: nowSeconds() });
    await readingsOf(harness, 1);
    expect(await harness.deadLetters()).toEqual([]);
    expect(harness.metrics()).toMatchObject({ received: 2, readings: 1, rejected: {}, waiting: 0 });
  });

  it('that cannot be understood become dead letters or bad data, and the rest goes on', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    // The log at start would tell some of them again, in the platform's words.
    await logReads(simulator, 2);
    const second = nowSeconds();
    const said: [payload: string, code: string][] = [
      ['{"value": 21', 'notJson'],
      ['21.5', 'wrongShape'],
      ['[{"value": 1}]', 'wrongShape'],
      ['null', 'wrongShape'],
      [`{"timestamp": ${second}}`, 'missingValue'],
      [`{"value": "21.5", "timestamp": ${second}}`, 'badValue'],
      [`{"value": true, "timestamp": ${second}}`, 'badValue'],
      [`{"value": {}, "timestamp": ${second}}`, 'badValue'],
    ];
    for (const [payload] of said) await simulator.publish(SCHOOL, `${AT}/temperature`, payload);
    await simulator.device.publish(`${SCHOOL}/${AT}/temperature`, Buffer.from([0x7b, 0xff, 0x7d]));
    const good: [payload: string, expected: object][] = [
      [`{"value": null, "timestamp": ${second - 1}}`, { value: null, status: 'Bad Data' }],
      [`{"value": 0, "timestamp": ${second}, "msg": "null"}`, { value: null, status: 'Bad Data' }],
      [`{"value": 1e999, "timestamp": ${second - 2}}`, { value: null, status: 'Bad Data' }],
      [`{"value": 0, "timestamp": ${second}, "msg": "off"}`, { value: 0, status: 'Good', attributes: { msg: 'off' } }],
      [`{"value": 9007199254740993, "timestamp": ${second}}`, { value: '9007199254740993', status: 'Good' }],
      [`{"value": 1, "timestamp": ${second}000}`, { value: 1, status: 'Questionable' }],
      [`{"value": 2, "timestamp": "yesterday"}`, { value: 2, status: 'Questionable' }],
      [`{"value": 3, "timestamp": null, "more": [1]}`, { value: 3, status: 'Good' }],
    ];
    for (const [payload] of good) await simulator.publish(SCHOOL, `${AT}/temperature`, payload);
    const readings = await readingsOf(harness, good.length);
    expect(readings).toMatchObject(good.map(([, expected]) => expected));
    for (const { time, received } of readings.slice(5)) expect(time).toBe(received);
    const letters = await harness.deadLetters();
    expect(letters.map(({ code }) => code)).toEqual([...said.map(([, code]) => code), 'notUtf8']);
    expect(letters[0]).toMatchObject({ about: { topic: `${SCHOOL}/${AT}/temperature` } });
    await expect.poll(() => harness.metrics().waiting).toBe(0);
  });

  it('of the same second and of the same value in another second are all kept', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    const timestamp = nowSeconds();
    for (const message of [
      { value: 1, timestamp },
      { value: 2, timestamp },
      { value: 2, timestamp: timestamp + 1 },
    ]) {
      await simulator.publish(SCHOOL, `${AT}/temperature`, message);
      // A publisher that repeats itself.
      await simulator.publish(SCHOOL, `${AT}/temperature`, { ...message, msg: '' });
    }
    // The log at start may tell them once more.
    await expect.poll(() => harness.metrics().readings).toBeGreaterThanOrEqual(6);
    expect(await harness.readings()).toHaveLength(3);
  });
});

describe('the catalogue', () => {
  it('is read again once after several changes, and new functions take their values', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { refreshDelayMs: 700 });
    await harness.becomes('up');
    const reads = () => simulator.seen.filter(({ path }) => path === '/api/v2/installationinfo').length;
    // The one at start, and the one after the connection was made.
    await expect.poll(reads).toBe(2);
    const timestamp = nowSeconds();
    await simulator.publish(SCHOOL, 'obj/new/1', { value: 1, timestamp });
    for (const index of [1, 2, 3]) {
      await simulator.addFunction(SCHOOL, 'new', { name: `New ${index}`, topic_read: `obj/new/${index}` });
    }
    await simulator.announce(SCHOOL, 'devicex');
    // Of the value that came before the function was known, too.
    const [first] = await readingsOf(harness, 1);
    expect(first).toMatchObject({ name: 'Fågelbacken School / New 1', value: 1 });
    await simulator.publish(SCHOOL, 'obj/new/3', { value: 3, timestamp });
    await readingsOf(harness, 2);
    expect(reads()).toBe(3);
  });

  it('forgets functions that vanish', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator);
    await harness.becomes('up');
    const id = simulator.inventory.ofClientId(SCHOOL)?.functions[0]?.id ?? 0;
    const reads = () => simulator.seen.filter(({ path }) => path.startsWith('/api/v2/functionx/')).length;
    await expect.poll(reads).toBeGreaterThanOrEqual(4);
    const before = reads();
    await simulator.removeFunction(SCHOOL, id);
    await expect.poll(reads).toBeGreaterThan(before);
    await expect
      .poll(async () => {
        await simulator.publish(SCHOOL, `${AT}/temperature`, { value: 1 });
        await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 1 });
        return (await harness.readings()).map(({ name }) => name.split(' / ')[2]).slice(-2);
      })
      .toEqual(['Humidity', 'Humidity']);
  });

  it('listens to a new installation, and to the wanted ones only', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { installations: [SCHOOL, 77] });
    await harness.becomes('up');
    await simulator.publish(PUMPS, 'obj/plc/station 1/flow net', { value: 1 });
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 45 });
    const [reading] = await readingsOf(harness, 1);
    expect(reading?.name).toContain('Humidity');
    expect(harness.log.lines.map(({ message }) => message).join('\n')).toMatch(/does not see the installations .* 77/);
    expect(simulator.webSocketProxy.open).toHaveLength(1);
  });

  it('takes only the wanted types', async () => {
    const simulator = await simulatorForTest();
    const harness = await feedForTest(simulator, { types: ['humidity'] });
    await harness.becomes('up');
    await simulator.publish(SCHOOL, `${AT}/temperature`, { value: 1 });
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 45 });
    await readingsOf(harness, 1);
    await expect.poll(() => harness.metrics().received).toBe(2);
    expect((await harness.readings()).map(({ value }) => value)).toEqual([45]);
  });
});

describe('what came before the start', () => {
  it('is the newest value of each function, and the log of the last minutes', async () => {
    const simulator = await simulatorForTest();
    const now = nowSeconds();
    const old = now - 86_400;
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 40, timestamp: old - 10 });
    await simulator.publish(SCHOOL, `${AT}/humidity`, { value: 41, timestamp: old });
    for (const at of [3, 2, 1])
      await simulator.publish(SCHOOL, `${AT}/temperature`, { value: at, timestamp: now - at * 60 });
    const harness = await feedForTest(simulator);
    const readings = await readingsOf(harness, 4);
    await expect
      .poll(() => simulator.seen.filter(({ path }) => path.includes('/log/')).length)
      .toBeGreaterThanOrEqual(2);
    expect(await harness.readings()).toHaveLength(4);
    expect(readings.map(({ value }) => value).toSorted()).toEqual([1, 2, 3, 41]);
    // The newest temperature is in status and in the log, and a reading once.
    expect(readings.filter(({ value }) => value === 1)).toHaveLength(1);
  });

  it('of which the platform names no time, or says nonsense, is doubted or rejected', async () => {
    const simulator = await simulatorForTest();
    const row = { topic: `${AT}/humidity`, value: 45, msg: '' };
    simulator.inventory.keep(SCHOOL, { ...row, timestamp: undefined as never });
    simulator.inventory.keep(SCHOOL, { ...row, topic: `${AT}/temperature`, value: 'warm' as never, timestamp: 1 });
    const harness = await feedForTest(simulator);
    expect(await readingsOf(harness, 1)).toMatchObject([{ value: 45, status: 'Questionable' }]);
    await expect
      .poll(async () => (await harness.deadLetters()).map(({ code, about }) => [code, about?.from]))
      .toEqual([['badValue', 'REST']]);
  });

  it('is in the stream once after a restart of the driver', async () => {
    const simulator = await simulatorForTest();
    const first = await feedForTest(simulator);
    await first.becomes('up');
    const now = nowSeconds();
    // More digits than the platform can keep: it tells the time again with fewer.
    const publish = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at++) {
        const payload = `{"value": ${at}.0, "timestamp": ${now - 30 + at}.123456789}`;
        await simulator.publish(SCHOOL, `${AT}/temperature`, payload);
      }
    };
    await publish(0, 20);
    await readingsOf(first, 20);
    // A driver that is stopped before has not read the log of its start.
    await logReads(simulator, 2);
    await first.ingest.stop(5000);
    await publish(20, 30);
    const second = await feedForTest(simulator, {}, { nats: first.nats });
    const readings = await readingsOf(second, 30);
    await logReads(simulator, 4);
    expect(readings.map(({ value }) => value).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 30 }, (_, index) => index),
    );
    expect(await second.readings()).toHaveLength(30);
  });
});

describe('an age that the platform bounds', () => {
  it('is watched; all that is silent is one message', async () => {
    const simulator = await simulatorForTest({
      build: (harness) => {
        harness.addInstallation(SCHOOL, 'School');
        for (const name of ['A', 'B', 'C']) {
          harness.addThing('functions', SCHOOL, 'x', { name, topic_read: `obj/${name}`, max_age: '2' });
        }
      },
    });
    const harness = await feedForTest(simulator);
    const { message } = await harness.becomes('silent');
    expect(message).toMatch(/^3 of 3 watched functions .*"School \/ A", "School \/ B", "School \/ C"/);
    await simulator.publish(SCHOOL, 'obj/A', { value: 1, timestamp: nowSeconds() - 3600 });
    await simulator.publish(SCHOOL, 'obj/B', { value: 1 });
    await expect.poll(() => harness.health().message).toMatch(/^2 of 3 watched functions .*A", "School \/ C"/);
  });
});
