/** How to ask more while the demonstration stays up. */
import { fileURLToPath } from 'node:url';
import { block, paragraph, say } from './print/page.ts';
import { accent, bold } from './print/style.ts';
import { NORTH, PLANTS, SOUTH, type Harness } from './harness.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function hint(harness: Harness): void {
  const { driver } = harness.cluster;
  const plant = harness.truth[NORTH];
  const temperature = plant.fqn(plant.item('Example', 'Cooling Tower 1', 'Area A', 'Temperature'));
  const ask = (question: string): string =>
    `npm run --silent driver -- call ${question} --config ${driver.configFile} --nkey ${harness.callerKeyFile}`;
  say();
  block([bold('Everything stays up until Ctrl-C.')]);
  paragraph('The status page of the driver, live:');
  say();
  say(accent(harness.pageUrl));
  say();
  paragraph(`Ask more from another terminal, in ${ROOT}`);
  for (const question of [`tagsearch '{"query":"*Power*"}'`, `snapshot '{"items":["${temperature}"]}'`, `functions`]) {
    // Never wrapped or cut: it is there to be copied.
    say();
    say(accent(ask(question)));
  }
  const { hall, market, city, seneyeUrl } = harness.devices;
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
    const { url, controlUrl } = harness.plant(name);
    block([`${name}   API ${url}/api   control ${controlUrl}`]);
  }
  say();
  say(
    accent(
      `curl -s -X PATCH ${harness.plant(SOUTH).controlUrl}/behaviour -H 'content-type: application/json' -d '{"latencyMs":2000}'`,
    ),
  );
}
