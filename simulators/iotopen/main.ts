/** The simulator as a process of its own, with the example: `node simulators/iotopen/main.ts --help`. */
import { parseArgs } from 'node:util';
import { SCHOOL, PUMPS } from './plant.ts';
import { EXAMPLE_ACCOUNTS, startIotOpen } from './simulator.ts';

const HELP = `An IoT Open platform on this machine: REST, MQTT and MQTT over WebSocket, with an example in it.

  --port <n>   Port of REST; 0 (the default) takes any free one
  --quiet      No device publishes anything

It prints where it listens as a line of JSON, and ends with SIGTERM or SIGINT.
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const simulator = await startIotOpen({ port: Number(values.port) });
const end = (): void => void simulator.stop().then(() => process.exit(0));
process.once('SIGTERM', end).once('SIGINT', end);

if (!values.quiet) {
  const said = (value: number): object => ({ value, timestamp: Date.now() / 1000 });
  setInterval(() => {
    const wave = Math.sin(Date.now() / 60_000);
    const at = 'obj/lora/647fda000000a1b2';
    void simulator.publish(SCHOOL, `${at}/temperature`, said(Math.round((21 + wave) * 10) / 10));
    void simulator.publish(SCHOOL, `${at}/humidity`, said(Math.round(45 - 5 * wave)));
    void simulator.publish(PUMPS, 'obj/plc/station 1/flow net', said(Math.round((12 + 3 * wave) * 100) / 100));
  }, 2000);
}
const { url, mqttUrl, webSocketUrl } = simulator;
process.stderr.write(
  `IoT Open simulator: REST ${url}, MQTT ${mqttUrl}, WebSocket ${webSocketUrl}\n` +
    `API key ${EXAMPLE_ACCOUNTS[0]?.keys?.[0] ?? ''} sees installations ${SCHOOL} and ${PUMPS}\n`,
);
process.stdout.write(`${JSON.stringify({ event: 'listening', url, mqttUrl, webSocketUrl })}\n`);
