/** Bodies of 1 MiB that are made to be expensive: another caller is answered between them, and a small heap is enough. */
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newInbox } from '../../src/client/request.ts';
import type { AnswerMessage } from '../../src/contract/answer.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { type ExpensiveBody, expensiveBodies } from '../support/expensive-bodies.ts';

/** A driver that keeps a problem for each element of one of these bodies needs several times as much. */
const HEAP_MB = 128;
/** As much as the server lets through. */
const BYTES = 1024 * 1024;
/** Bodies that the driver has before it at once. */
const AT_ONCE = 8;
/** The kinds of content that cost most, or go furthest; all of them are read in the tests of the contract. */
const KINDS =
  /a list of (numbers|empty objects|short texts|texts that|objects)|a map of (unknown|one key)|nested (lists|proto)|a long text of escapes|with a /;

let cluster: Cluster;
let attacker: NatsConnection;
beforeAll(async () => {
  cluster = await startCluster({ driver: { nodeOptions: [`--max-old-space-size=${HEAP_MB}`] } });
  attacker = await cluster.connect();
});
afterAll(() => cluster.stop());

/** Sends a body as it is; resolves with the last message of its answer. */
function send({ name, text }: ExpensiveBody): Promise<{ name: string; end: AnswerMessage }> {
  const inbox = newInbox(attacker, {});
  return new Promise((resolve, reject) => {
    const subscription = attacker.subscribe(inbox, {
      callback: (error, message) => {
        if (error) {
          reject(error);
          return;
        }
        const end = message.json<AnswerMessage>();
        if (!end.last) return;
        subscription.unsubscribe();
        resolve({ name, end });
      },
    });
    attacker.publish(REQUEST_TOPIC, text, { reply: inbox });
  });
}

/** Sends all of them, a few at once, while another caller asks; resolves with the ends of the answers. */
async function attack(bodies: Iterable<ExpensiveBody>) {
  const ends: { name: string; end: AnswerMessage }[] = [];
  let batch: ExpensiveBody[] = [];
  const flush = async () => {
    const answers = batch.map(send);
    batch = [];
    expect(await cluster.ask({ function: 'version', timeoutMs: 120_000 })).toMatchObject({ status: 'ok' });
    ends.push(...(await Promise.all(answers)));
  };
  for (const body of bodies) {
    batch.push(body);
    if (batch.length === AT_ONCE) await flush();
  }
  await flush();
  return ends;
}

const bodiesOf = (name: string) =>
  expensiveBodies(BYTES).filter((body) => body.name.startsWith(`${name}:`) && KINDS.test(body.name));

it.each(['envelope', ...functionTable.map(({ name }) => name)])('%s: bodies of 1 MiB stop nothing', async (name) => {
  const ended = cluster.driver.exited.then(() => expect.fail(`the driver has ended:\n${cluster.driver.output()}`));
  const ends = await Promise.race([attack(bodiesOf(name)), ended]);
  expect(ends.length).toBeGreaterThan(9);
  expect(ends.filter(({ end }) => end.status === 'ok').map((end) => end.name)).toEqual([]);
  expect(ends.filter(({ end }) => end.error?.code === 'internal')).toEqual([]);
});
