/** Messages of an MQTT broker become readings; what makes no sense is kept aside, not lost. */
import { block, say } from '../print/page.ts';
import { showReadings } from '../print/readings.ts';
import { accent, bad } from '../print/style.ts';
import { HALL } from '../devices.ts';
import type { Step } from '../step.ts';
import { feedThatIs } from '../health.ts';

export const mqtt: Step = {
  title: 'Device data over MQTT',
  about:
    'A machine publishes to a mosquitto; the driver turns its messages into readings by its configuration, and ' +
    'acknowledges each to the broker only after the JetStream stream has acknowledged all its readings.',
  async run({ harness, checks }) {
    const { devices, readings, cluster } = harness;
    await feedThatIs(cluster.connection, HALL, ({ state }) => state === 'up');
    const publish = async (topic: string, payload: string): Promise<void> => {
      say(`  ${accent('→')} ${topic}  ${payload}`);
      await devices.machine.publish(topic, payload);
    };
    const mark = readings.mark;
    const at = BigInt(Date.now()) * 1_000_000n + 123_457n;
    say();
    // A number as text, nanoseconds beyond what a JavaScript number holds, and a level with a dot and a space.
    await publish('hall/line 2.b/press', `{"temp":"71.25","state":1,"at":${at}}`);
    await publish('hall/count/pallets', '9007199254740993');
    const heard = await readings.after(mark, 3, () => true);
    say();
    showReadings(heard);
    const byName = (name: string) => heard.find(({ body }) => body.name === name);
    const temperature = byName('line 2.b press temperature');
    checks.same('the temperature is a number, with its unit and every nanosecond of its time', temperature?.body, {
      fqn: 'mqtt:hall/signal/hall%2Fline%202.b%2Fpress%23temperature',
      time: `${new Date(Number(at / 1_000_000n)).toISOString().slice(0, -1)}123457Z`,
      value: 71.25,
      unit: '°C',
      status: 'Good',
      attributes: { line: 'line 2.b' },
    });
    checks.same('the state has its name', byName('line 2.b press state')?.body.value, 'RUNNING');
    checks.same(
      'a count beyond 2^53 keeps every digit, as text',
      heard.find(({ body }) => body.fqn.endsWith('pallets'))?.body.value,
      '9007199254740993',
    );
    checks.same(
      'dots and spaces of the topic make no wrong subject',
      temperature?.subject,
      'iota.readings.mqtt.hall.hall.line%202%2Eb.press.#temperature',
    );

    const before = readings.mark;
    say();
    await publish('hall/line 1/press', '{"temp":21,');
    const [letter] = await readings.lettersAfter(before, 1);
    block([bad(`${letter?.body.code ?? ''}: ${letter?.body.reason ?? ''}`)]);
    checks.same('a message that makes no sense is kept as a dead letter with the reason', letter?.body, {
      code: 'notJson',
      about: { topic: 'hall/line 1/press' },
      payload: Buffer.from('{"temp":21,').toString('base64'),
    });
  },
};
