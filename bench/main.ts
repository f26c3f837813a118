/**
 * `npm run bench`: the read path beside its floor, both as own processes in one run. Prints rates, times and ratios;
 * only the ratios mean something on another machine.
 */
import { connect, nkeyAuthenticator } from 'nats';
import { startDriver } from '../test/support/driver-process.ts';
import { createAuthority, createUserKey, startNatsServer } from '../test/support/nats/index.ts';
import { startChild } from './child.ts';
import { compare, type Comparison } from './measure.ts';
import { answers, discrete, okFrom, readSettings, snapshot } from './read.ts';

const TOPIC = { driver: 'bench.driver', floor: 'bench.floor' } as const;
const rounds = Number(process.argv[2] ?? 7);

const authority = await createAuthority();
const keys = { caller: createUserKey(), driver: createUserKey(), floor: createUserKey() };
const nats = await startNatsServer({
  certificate: await authority.issue(),
  users: Object.values(keys).map(({ publicKey }) => ({ publicKey })),
});
const servers = `${nats.host}:${nats.port}`;
const stub = startChild('seeq-stub.ts');
const { url } = JSON.parse(await stub.line) as { url: string };
const floor = startChild(
  'floor.ts',
  JSON.stringify({ servers, ca: authority.caPem, seed: keys.floor.seed, subject: TOPIC.floor, url }),
);
await floor.line;
const driver = startDriver({
  seed: keys.driver.seed,
  files: { 'ca.pem': authority.caPem, secret: 'x' },
  config: {
    debug: 1,
    natsurl: servers,
    publickey: keys.driver.publicKey,
    reqtopic: TOPIC.driver,
    settings: {
      ...readSettings(url),
      bus: { tls: { caFile: 'ca.pem' } },
    },
  },
});
const nc = await connect({
  servers,
  tls: { ca: authority.caPem },
  authenticator: nkeyAuthenticator(Buffer.from(keys.caller.seed)),
  resolve: false,
});

try {
  await answers(nc, TOPIC.driver);
  report([
    await compare('snapshot, 1 tag, 32 callers', both(snapshot), { rounds, count: 6000, atOnce: 32 }),
    await compare('discrete, 10,000 samples, 4 callers', both(discrete), { rounds, count: 160, atOnce: 4 }),
    await compare(
      'discrete, the same 10,000 samples for 32 viewers',
      both(() => discrete(0)),
      {
        rounds,
        count: 160,
        atOnce: 32,
      },
    ),
  ]);
} finally {
  await nc.close();
  await driver.stop();
  floor.stop();
  stub.stop();
  await nats.stop();
}

function both(request: (n: number) => object) {
  let n = 0;
  const way = (topic: string) => async () => {
    await okFrom(nc, topic, { ...request(n), id: String(n++) });
  };
  return {
    driver: { operation: way(TOPIC.driver), pid: driver.pid },
    floor: { operation: way(TOPIC.floor), pid: floor.process.pid ?? 0 },
  };
}

function report(comparisons: Comparison[]): void {
  const number = (value: number, digits = 0) => value.toFixed(digits).padStart(9);
  for (const { name, driver: ours, floor: below, ratio, cpuRatio } of comparisons) {
    console.log(`\n${name} (median of ${rounds} rounds)`);
    console.log('             per s   p50 ms   p99 ms CPU ms/op');
    for (const [label, { perSecond, p50, p99, cpuMs }] of Object.entries({ driver: ours, floor: below })) {
      console.log(`${label.padEnd(9)}${number(perSecond)}${number(p50, 2)}${number(p99, 2)}${number(cpuMs, 3)}`);
    }
    const { median, min, max } = ratio;
    console.log(
      `driver / floor: ${median.toFixed(2)} of its rate (rounds from ${min.toFixed(2)} to ${max.toFixed(2)})`,
    );
    console.log(`                ${cpuRatio.toFixed(2)} by CPU time`);
  }
}
