/** Recorded samples of a day, drawn. */
import { joinSeries } from '../../../src/client/answer.ts';
import { plotTerminal } from '../../../src/cli/output/plot/index.ts';
import type { SeriesChunk } from '../../../src/contract/series.ts';
import { HOUR } from '../../../simulators/seeq/series/time.ts';
import { samples } from '../expected.ts';
import { block, blockWidth } from '../print/page.ts';
import { hourMinute } from '../print/short.ts';
import { bold, dim, hasColor } from '../print/style.ts';
import { rowsOf } from '../rows.ts';
import type { Step } from '../step.ts';
import { possible } from '../truth.ts';
import { NORTH, SOUTH } from '../harness.ts';

const DAY_MS = 24 * 3_600_000;
/** Samples further apart than this are a gap. */
const GAP_MS = 10 * 60_000;

export const history: Step = {
  title: 'A day of history',
  about: 'Recorded samples as they are, from both plants, drawn as the command plot draws them: no line crosses a gap.',
  async run({ harness, checks, ask }) {
    const wanted = [
      { plant: harness.truth[NORTH], path: ['Example', 'Cooling Tower 2', 'Area D', 'Compressor Power'] },
      { plant: harness.truth[SOUTH], path: ['Special Cases', 'Signals', 'Gappy'] },
    ].map(({ plant, path }) => ({ plant, item: plant.item(...path), label: path.slice(-2).join(' › ') }));
    const items = wanted.map(({ plant, item }) => plant.fqn(item));
    const asked = await ask({ function: 'discrete', params: { start: '*-24h', end: '*', items } });
    const series = (joinSeries(asked.answer.items) as SeriesChunk[]).toSorted((a, b) => a.index - b.index);

    const startMs = Number(asked.before / 1_000_000n) - DAY_MS;
    for (const [at, { plant, label }] of wanted.entries()) {
      const one = series[at];
      if (!one) continue;
      const facts = `${plant.host}, ${one.times.length} samples${one.unit === undefined ? '' : `, in ${one.unit}`}`;
      block([`${bold(label)}  ${dim(facts)}`]);
      block(drawing(one, startMs, label));
      block([dim(gapText(gaps(one, startMs))), '']);
    }
    for (const [at, { plant, item, label }] of wanted.entries()) {
      const right = possible(plant, asked, (now) => samples(item, now - 24n * HOUR, now));
      checks.oneOf(
        `${label}: all samples are those that the plant recorded, in order, with their status`,
        rowsOf(series[at]),
        right,
      );
    }
    checks.that('the gap of the night is there', nightGap(series[1]), 'there are samples from 02:00 to 05:00');
  },
};

/** The series as `iota-seeqdrv plot` draws it. Recorded samples carry no gaps, so those of the range are added. */
function drawing(series: SeriesChunk, startMs: number, name: string): string[] {
  const between = gaps(series, startMs).filter(
    ({ from, to }) => series.times.includes(from) && series.times.includes(to),
  );
  const chunk = { ...series, name, gaps: between.map(({ from, to }): [string, string] => [from, to]) };
  const [from, to] = [startMs, startMs + DAY_MS].map((ms) => new Date(ms).toISOString());
  const plot = plotTerminal([chunk], {
    ...{ width: blockWidth(), height: 14, from, to, timeZone: 'UTC' },
    ...{ color: hasColor(), unicode: true },
  });
  return plot.split('\n');
}

interface Gap {
  from: string;
  to: string;
}

/** Spans without a sample, by the samples on both sides; those at the ends of the range too. */
function gaps({ times }: SeriesChunk, startMs: number): Gap[] {
  const edges = [new Date(startMs).toISOString(), ...times, new Date(startMs + DAY_MS).toISOString()];
  return edges.flatMap((to, at) => {
    const from = edges[at - 1];
    return from !== undefined && Date.parse(to) - Date.parse(from) > GAP_MS ? [{ from, to }] : [];
  });
}

function gapText(found: readonly Gap[]): string {
  if (found.length === 0) return 'no gap longer than 10 minutes';
  return `no samples: ${found.map(({ from, to }) => `${hourMinute(from)}–${hourMinute(to)}`).join(', ')}`;
}

/** The plant records nothing from 02:00 to 05:00 UTC. */
function nightGap(series: SeriesChunk | undefined): boolean {
  const night = (series?.times ?? []).filter((time) => time.slice(11, 13) >= '02' && time.slice(11, 13) < '05');
  return series !== undefined && night.length === 0;
}
