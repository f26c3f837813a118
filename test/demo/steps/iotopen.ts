/** IoT Open: what its catalogue says of a topic makes readings of what devices publish there. */
import { SCHOOL } from '../../../simulators/iotopen/plant.ts';
import { CITY } from '../devices.ts';
import { feedThatIs } from '../health.ts';
import { paragraph, say } from '../print/page.ts';
import { showReadings } from '../print/readings.ts';
import type { Step } from '../step.ts';

const CO2 = 'obj/lora/647fda000000a1b2/co2';
const DOOR = 'obj/lora/door/open';

export const iotopen: Step = {
  title: 'IoT Open',
  about:
    'A simulated IoT Open platform: REST for the catalogue, MQTT for live values, with the same rights. Two functions of ' +
    'a classroom read the same topic.',
  async run({ harness, checks }) {
    const { devices, readings, cluster } = harness;
    const { city } = devices;
    await feedThatIs(cluster.connection, CITY, ({ state }) => state === 'up' || state === 'silent');
    const mark = readings.mark;
    const timestamp = Math.floor(Date.now() / 1000) + 0.25;
    await city.publish(SCHOOL, CO2, { value: 1200, timestamp });
    const heard = await readings.after(mark, 2, ({ source }) => source === `iotopen:${CITY}`);
    showReadings(heard);
    checks.same(
      'both functions have a reading, at the time of the device',
      heard.map(({ body }) => [body.value, body.time]),
      [
        [1200, new Date(timestamp * 1000).toISOString()],
        [1200, new Date(timestamp * 1000).toISOString()],
      ],
    );

    say();
    paragraph('A new function appears; the platform says only that something has changed.');
    const before = readings.mark;
    const door = await city.addFunction(SCHOOL, 'door', { name: 'Door', topic_read: DOOR, state_open: '1' });
    const ofDoor = `iotopen:${CITY}/signal/${SCHOOL}%2F${door.id}`;
    // The driver reads the catalogue again a moment after such events, so the first values may still be of nobody.
    const found = readings.after(before, 1, ({ fqn }) => fqn === ofDoor);
    const opening = setInterval(() => void city.publish(SCHOOL, DOOR, { value: 1, timestamp }), 100);
    await found.finally(() => {
      clearInterval(opening);
    });
    const [open] = await found;
    showReadings(open === undefined ? [] : [open]);
    checks.same('its values are readings', open?.body, { value: 1, status: 'Good' });
  },
};
