/** The bus goes away while devices go on: nothing that was acknowledged is lost, and nothing is in the stream twice. */
import { block, paragraph, say } from '../print/page.ts';
import { bad, good } from '../print/style.ts';
import { HALL } from '../devices.ts';
import type { Step } from '../step.ts';
import type { Harness } from '../harness.ts';

const MESSAGES = 200;

export const busAway: Step = {
  title: 'The bus goes away, and nothing is lost',
  about:
    `nats-server is stopped now. A machine publishes ${MESSAGES} counts to its broker, and the seneye sensor posts. ` +
    'Neither is told that its data are safe before they are.',
  async run({ harness, checks }) {
    const { cluster, devices } = harness;
    await cluster.nats.halt();
    for (let n = 0; n < MESSAGES; n++) await devices.machine.publish('hall/count/outage', String(n));
    const [refused] = await devices.seneye.postNow();
    block([`seneye post without a bus   ${bad(String(refused?.status))}`]);
    checks.same('the sensor is told to come again', refused?.status, 503);

    say();
    paragraph('nats-server is started again.');
    await cluster.nats.restart();
    await untilStored(harness);
    const [taken] = await devices.seneye.postNow();
    block([`seneye post with the bus   ${good(String(taken?.status))}`]);
    checks.same('the sensor sends again', taken?.status, 200);
    const counts = await storedCounts(harness);
    block([`in the stream: ${counts.length} counts`]);
    checks.same(
      'every count is in the stream once, in order',
      counts,
      Array.from({ length: MESSAGES }, (_, n) => n),
    );
  },
};

/** Waits until the stream holds as many counts as were published, or for so long that something must be wrong. */
async function untilStored(harness: Harness): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    if ((await storedCounts(harness)).length >= MESSAGES) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function storedCounts({ cluster }: Harness): Promise<unknown[]> {
  const nc = await cluster.connect();
  try {
    const consumer = await nc.jetstream().consumers.get('READINGS', {
      filterSubjects: `iota.readings.mqtt.${HALL}.hall.count.outage`,
    });
    const { num_pending: pending } = await consumer.info();
    if (pending === 0) return [];
    const counts: unknown[] = [];
    for await (const message of await consumer.fetch({ max_messages: pending, expires: 2000 })) {
      counts.push(message.json<{ value: unknown }>().value);
      if (counts.length === pending) break;
    }
    return counts;
  } finally {
    await nc.close();
  }
}
