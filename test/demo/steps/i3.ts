/** A data marketplace, as a buyer and as a seller. */
import { EXAMPLE } from '../../../simulators/i3/example.ts';
import { HALL, MARKET, SELLER, SOLD } from '../devices.ts';
import { feedThatIs } from '../health.ts';
import { block, blockWidth, paragraph, say } from '../print/page.ts';
import { showReadings } from '../print/readings.ts';
import { accent, doubtful, wrap } from '../print/style.ts';
import type { Step } from '../step.ts';

export const i3: Step = {
  title: 'A data marketplace (I3)',
  about:
    'The driver listens to a product as the buyer bob, who has not bought it yet: the marketplace grants the ' +
    'subscription all the same and delivers nothing. It also sells readings of the hall as a device, with a token ' +
    'that it signs anew for each connection.',
  async run({ harness, checks }) {
    const { devices, readings, cluster } = harness;
    const { market } = devices;
    const silent = await feedThatIs(cluster.connection, MARKET, ({ state }) => state === 'silent');
    for (const line of wrap(silent.message ?? '', blockWidth())) block([doubtful(line)]);
    checks.that('the silence is told, though nothing failed', silent.message !== undefined, 'there is no message');

    say();
    paragraph('Bob buys the product; the next message of the seller arrives.');
    await market.purchase(EXAMPLE.buyer.username, EXAMPLE.temperature);
    const mark = readings.mark;
    await market.publishAs(EXAMPLE.probe.username, EXAMPLE.temperature, '{"temperature":"18.4"}');
    const heard = await readings.after(mark, 1, ({ source }) => source === `i3:${MARKET}`);
    showReadings(heard);
    checks.same('it is what the seller published', heard[0]?.body, {
      fqn: 'i3:market/signal/ann%2Fpond%2Ftemperature',
      value: 18.4,
      unit: '°C',
      status: 'Good',
    });
    const again = await feedThatIs(cluster.connection, MARKET, ({ state }) => state === 'up');
    checks.same('the feed is well again', again.state, 'up');

    say();
    await feedThatIs(cluster.connection, SELLER, ({ state }) => state === 'up');
    const buyer = await market.listenAs(EXAMPLE.keyProbe, SOLD);
    const sold = readings.mark;
    await devices.machine.publish('hall/count/boxes', '12');
    const [counted] = await readings.after(sold, 1, ({ fqn }) => fqn.startsWith(`mqtt:${HALL}/`));
    const delivered = await untilHeard(buyer.heard, (text) => text.includes('boxes'));
    block([`${accent('←')} ${SOLD}  ${delivered?.slice(0, blockWidth() - 20) ?? ''}…`]);
    checks.same(
      'a reading of the hall is sold as it stands on the bus',
      JSON.parse(delivered ?? 'null'),
      counted?.body,
    );
  },
};

/** The text of the first message that fits; undefined when none comes in time. */
async function untilHeard(
  heard: readonly { text: string }[],
  fits: (text: string) => boolean,
): Promise<string | undefined> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = heard.find(({ text }) => fits(text));
    if (found !== undefined || performance.now() > deadline) return found?.text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
