/** A series that is too long for one message. */
import type { Item } from '../../../simulators/seeq/plant/item.ts';
import { joinSeries } from '../../../src/client/answer.ts';
import { isSeriesChunk } from '../../../src/contract/series.ts';
import { DAY, floorDiv } from '../../../simulators/seeq/series/time.ts';
import { samples } from '../expected.ts';
import { block } from '../print/page.ts';
import { difference } from '../checks.ts';
import { rowsOf } from '../rows.ts';
import type { Step } from '../step.ts';
import { NORTH } from '../harness.ts';

export const bulk: Step = {
  title: 'A long series',
  about:
    'All of yesterday of a signal with a sample a second. Such an answer comes in many messages, each small enough for ' +
    'the bus, while the next page is still on its way from Seeq; the receiver puts them together.',
  async run({ harness, checks, ask }) {
    const plant = harness.truth[NORTH];
    const item = plant.item('Special Cases', 'Signals', 'Fast');
    const asked = await ask({ function: 'discrete', params: { start: 'y', end: 't', items: [plant.fqn(item)] } });
    const [series] = joinSeries(asked.answer.items).filter(isSeriesChunk);
    const rows = rowsOf(series);
    const rate = Math.round((rows.length / asked.ms) * 1000).toLocaleString('en');
    block([`${rows.length.toLocaleString('en')} samples, ${rate} a second`, '']);

    plant.now = asked.after;
    // Midnight may have come in between.
    const days = new Set([asked.before, asked.after].map((now) => floorDiv(now, DAY) * DAY));
    const problems = [...days].map((today) => difference(rows, yesterday(item, today), 'sample'));
    checks.that(
      'every sample of the day is there, once, in order, with its value',
      problems.includes(undefined),
      problems[0] ?? '',
    );
    checks.that('it came in several messages', asked.answer.messages > 1, `it came in ${asked.answer.messages}`);
  },
};

/** A range includes both its ends. */
const yesterday = (item: Item, today: bigint): object[] => samples(item, today - DAY, today);
