/** How to ask more while the demonstration stays up. */
import { fileURLToPath } from 'node:url';
import { block, paragraph, say } from './print/page.ts';
import { accent, bold } from './print/style.ts';
import { NORTH, PLANTS, SOUTH, type World } from './world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function hint(world: World): void {
  const { driver } = world.cluster;
  const plant = world.truth[NORTH];
  const temperature = plant.fqn(plant.item('Example', 'Cooling Tower 1', 'Area A', 'Temperature'));
  const ask = (question: string): string =>
    `npm run --silent driver -- call ${question} --config ${driver.configFile} --nkey ${world.callerKeyFile}`;
  say();
  block([bold('Everything stays up until Ctrl-C.')]);
  paragraph(`Ask more from another terminal, in ${ROOT}`);
  for (const question of [`tagsearch '{"query":"*Power*"}'`, `snapshot '{"items":["${temperature}"]}'`, `functions`]) {
    // Never wrapped or cut: it is there to be copied.
    say();
    say(accent(ask(question)));
  }
  const { hall, market, city, seneyeUrl } = world.devices;
  say();
  paragraph('The devices: what comes from them is on iota.readings.> of the bus, and in the stream READINGS.');
  block([
    `hall     ${hall.url()} (user machine, password hall-password), topics hall/<line>/press and hall/count/<what>`,
    `market   ${market.url}`,
    `city     REST ${city.url}   MQTT ${city.mqttUrl}`,
    `seneye   ${seneyeUrl}`,
  ]);
  say();
  paragraph('The simulated Seeq servers, each with an address to steer it, for example to make it slow:');
  for (const name of PLANTS) {
    const { url, controlUrl } = world.plant(name);
    block([`${name}   API ${url}/api   control ${controlUrl}`]);
  }
  say();
  say(
    accent(
      `curl -s -X PATCH ${world.plant(SOUTH).controlUrl}/knobs -H 'content-type: application/json' -d '{"latencyMs":2000}'`,
    ),
  );
}
