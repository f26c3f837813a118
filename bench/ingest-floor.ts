/**
 * The floor under the MQTT feed: the smallest program that makes the same readings of the same messages, with the
 * client's own acknowledgements (so an outage of the bus loses what is under way), no mapping and no checks.
 *
 * Usage: ingest-floor.ts <json: { broker, servers, ca, seed, filter, subject }>
 */
import { connectAsync } from 'mqtt';
import { connect, nkeyAuthenticator } from 'nats';

interface FloorOptions {
  broker: string;
  servers: string;
  ca: string;
  seed: string;
  filter: string;
  subject: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as FloorOptions;
const nc = await connect({
  servers: options.servers,
  tls: { ca: options.ca },
  authenticator: nkeyAuthenticator(Buffer.from(options.seed)),
  resolve: false,
});
const stream = nc.jetstream();
const client = await connectAsync(options.broker, { clientId: 'floor', clean: false });
client.on('message', (topic, payload) => {
  const { n, t } = JSON.parse(payload.toString('utf8')) as { n: number; t: string };
  const fqn = `mqtt:floor/signal/${encodeURIComponent(topic)}`;
  const reading = {
    fqn,
    source: 'mqtt:floor',
    name: topic,
    time: t,
    value: n,
    status: 'Good',
    received: new Date().toISOString(),
  };
  void stream.publish(options.subject, JSON.stringify(reading), { msgID: `${fqn}@${t}` });
});
await client.subscribeAsync(options.filter, { qos: 1 });
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => process.exit(0));
