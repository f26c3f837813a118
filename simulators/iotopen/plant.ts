/** A small example: two installations with what makes IoT Open peculiar. */
import type { Inventory } from './inventory.ts';

/** Client ids of the example's installations. */
export const SCHOOL = 34;
export const PUMPS = 35;

/** Fills a platform with the example. */
export function buildExample(inventory: Inventory): void {
  inventory.addInstallation(SCHOOL, 'Fågelbacken School');
  const room = inventory.addThing('devices', SCHOOL, 'room-sensor', {
    name: 'Classroom 12',
    'lora.eui': '647fda000000a1b2',
  });
  const device_id = String(room.id);
  const at = (name: string): string => `obj/lora/647fda000000a1b2/${name}`;
  const functions: [type: string, meta: Record<string, string>][] = [
    [
      'temperature',
      { name: 'Temperature', unit: '°C', format: '%.1f °C', topic_read: at('temperature'), max_age: '3600' },
    ],
    ['humidity', { name: 'Humidity', unit: '%', topic_read: at('humidity'), device_id }],
    // Two functions on one topic, in different units of thought.
    ['co2', { name: 'CO2', unit: 'ppm', topic_read: at('co2') }],
    ['ventilation', { name: 'Air quality', topic_read: at('co2'), state_fresh: '400', state_stale: '1200' }],
    ['movement', { name: 'Movement', topic_read: at('movement'), state_none: '0', state_movement: '1' }],
    // Several topics of one function.
    ['light', { name: 'Lamp', topic_read_onoff: at('onoff'), topic_read_red: at('red'), topic_set: at('x') }],
  ];
  for (const [type, meta] of functions) inventory.addThing('functions', SCHOOL, type, { device_id, ...meta });
  // A function that only takes commands.
  inventory.addThing('functions', SCHOOL, 'switch', { name: 'Bell', topic_write: 'set/lora/bell', device_id });

  inventory.addInstallation(PUMPS, 'Pumping stations');
  inventory.addThing('functions', PUMPS, 'flow', {
    name: 'Flow',
    unit: 'm3/h',
    topic_read: 'obj/plc/station 1/flow net',
  });
}
