/** The I3 broker as a process of its own: `node simulators/i3/main.ts --help`. */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startI3Broker, type I3Broker } from './broker.ts';
import { createDeviceKey, EXAMPLE, exampleMarketplace } from './example.ts';

const HELP = `An I3 marketplace with its MQTT broker, on this machine.

  --port <n>       Port of the broker; 0 (the default) takes any free one
  --cache-ms <n>   How long changes of rights stay unnoticed; at the marketplace 300000, here 0

It sells ${EXAMPLE.temperature} and, restricted, ${EXAMPLE.ph}; both are published every second.
Lines on standard input: purchase <buyer> <topic> [quantity], approve <buyer> <topic>, revoke <buyer> <topic>, settle
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'cache-ms': { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const key = createDeviceKey();
const broker = await startI3Broker({
  ...exampleMarketplace(key),
  port: Number(values.port),
  cacheMs: Number(values['cache-ms']),
});
const { probe, buyer, keyProbe, temperature, ph } = EXAMPLE;
process.stderr.write(`The I3 broker listens at ${broker.url}.
Seller's device:  ${probe.username}  password ${probe.password}
Seller's device:  ${keyProbe}  with this private key:
${key.privatePem}
Buyer:            ${buyer.username}  password ${buyer.password}
`);
process.stdout.write(`${JSON.stringify({ event: 'listening', url: broker.url })}\n`);

let count = 0;
const publishing = setInterval(() => {
  const angle = count++ / 10;
  void broker.publishAs(probe.username, temperature, (18 + Math.sin(angle)).toFixed(2));
  void broker.publishAs(probe.username, ph, (7 + Math.cos(angle) / 5).toFixed(2));
}, 1000);

async function obey(line: string): Promise<void> {
  const [verb = '', who = '', topic = '', quantity] = line.trim().split(/\s+/);
  const verbs: Record<string, (on: I3Broker) => Promise<void>> = {
    purchase: (on) => on.purchase(who, topic, quantity === undefined ? undefined : Number(quantity)),
    approve: (on) => on.approve(who, topic),
    revoke: (on) => on.revoke(who, topic),
    settle: (on) => on.settle(),
  };
  await verbs[verb]?.(broker);
  process.stderr.write(verbs[verb] === undefined ? HELP : 'done\n');
}

createInterface({ input: process.stdin }).on('line', (line) => {
  obey(line).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  });
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    clearInterval(publishing);
    void broker.stop().then(() => process.exit(0));
  });
}
