/**
 * `npm run bench:ingest`: MQTT messages on their way to the stream, through the driver and through its floor, in turn in
 * one run. Only the ratio means something on another machine.
 */
import { connectAsync } from 'mqtt';
import { connect, nkeyAuthenticator } from 'nats';
import { startDriver } from '../test/support/driver-process.ts';
import { startMosquitto } from '../simulators/support/mosquitto/index.ts';
import { createAuthority, createUserKey, startNatsServer } from '../test/support/nats/index.ts';
import { startChild } from './child.ts';
import { cpuMs } from './cpu.ts';
import { feedSettings, publish, READINGS } from './feed.ts';

const rounds = Number(process.argv[2] ?? 5);
const messages = 20_000;
const atOnce = 500;

const authority = await createAuthority();
const keys = { reader: createUserKey(), driver: createUserKey(), floor: createUserKey() };
const nats = await startNatsServer({
  certificate: await authority.issue(),
  users: Object.values(keys).map(({ publicKey }) => ({ publicKey })),
  jetstream: true,
});
const broker = await startMosquitto({ maxInflight: 500, maxQueued: 0, persistence: false });
const servers = `${nats.host}:${nats.port}`;
const nc = await connect({
  servers,
  tls: { ca: authority.caPem },
  authenticator: nkeyAuthenticator(Buffer.from(keys.reader.seed)),
  resolve: false,
});
const manager = await nc.jetstreamManager();
await manager.streams.add(READINGS);
const driver = startDriver({
  seed: keys.driver.seed,
  files: { 'ca.pem': authority.caPem },
  config: {
    debug: 2,
    natsurl: servers,
    publickey: keys.driver.publicKey,
    reqtopic: 'bench.driver',
    settings: {
      bus: { tls: { caFile: 'ca.pem' } },
      ingest: {
        mqtt: [feedSettings(broker.url(), 'driver')],
      },
    },
  },
});
const floor = startChild(
  'ingest-floor.ts',
  JSON.stringify({
    ...{ broker: broker.url(), servers, ca: authority.caPem, seed: keys.floor.seed },
    ...{ filter: 'floor/#', subject: 'iota.readings.floor' },
  }),
);
await floor.line;
await driver.line(({ feed, state }) => feed === 'mqtt' && state === 'up');
const publisher = await connectAsync(broker.url(), { clientId: 'publisher' });

interface Round {
  perSecond: number;
  cpuMs: number;
}

try {
  const ways = { floor: floor.process.pid ?? 0, driver: driver.pid };
  const results: Record<keyof typeof ways, Round[]> = { floor: [], driver: [] };
  let n = 0;
  for (let round = -1; round < rounds; round++) {
    for (const way of ['floor', 'driver'] as const) {
      const result = await measure(way, ways[way]);
      // The first round warms up.
      if (round >= 0) results[way].push(result);
    }
  }
  report(results);

  async function measure(way: string, pid: number): Promise<Round> {
    const before = await stored();
    const cpuBefore = cpuMs(pid);
    const begin = performance.now();
    n = await publish(publisher, way, { from: n, messages, atOnce });
    while ((await stored()) < before + messages) await new Promise((resolve) => setTimeout(resolve, 5));
    const seconds = (performance.now() - begin) / 1000;
    return { perSecond: messages / seconds, cpuMs: (cpuMs(pid) - cpuBefore) / messages };
  }
} finally {
  await publisher.endAsync(true);
  await nc.close();
  await driver.stop();
  floor.stop();
  await Promise.all([broker.stop(), nats.stop()]);
}

async function stored(): Promise<number> {
  return (await manager.streams.info('READINGS')).state.messages;
}

function report(results: Record<'floor' | 'driver', Round[]>): void {
  const median = (numbers: number[]): number =>
    numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
  console.log(`\n${messages} MQTT messages (QoS 1) to the stream, median of ${rounds} rounds`);
  console.log('          messages/s  CPU ms each');
  for (const [way, list] of Object.entries(results)) {
    const rate = median(list.map(({ perSecond }) => perSecond));
    const cpu = median(list.map((round) => round.cpuMs));
    console.log(`${way.padEnd(9)}${rate.toFixed(0).padStart(11)}${cpu.toFixed(3).padStart(13)}`);
  }
  const ratios = results.driver.map(({ perSecond }, at) => perSecond / (results.floor[at]?.perSecond ?? NaN));
  const sorted = ratios.toSorted((a, b) => a - b);
  console.log(
    `driver / floor: ${median(ratios).toFixed(2)} of its rate (rounds from ${(sorted[0] ?? NaN).toFixed(2)} to ${(sorted.at(-1) ?? NaN).toFixed(2)})`,
  );
}
