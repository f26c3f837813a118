/** Pictures of the documentation: plots of the simulated plant, as the command line draws them. */
import { plotSvg, plotTerminal, type PlotChunk, trendLine } from '../../src/cli/output/plot/index.ts';
import { openRows } from '../../src/cli/output/rows.ts';
import { type ValueRow, valueShape } from '../../src/cli/query/values.ts';
import { isSeriesChunk } from '../../src/contract/series.ts';
import { withExampleDriver } from './examples.ts';
import { terminalImage } from './terminal-image.ts';

const AREA = 'Example >> Cooling Tower 1 >> Area';
const TAGS = [
  `${AREA} A >> Temperature`,
  `${AREA} B >> Temperature`,
  `${AREA} A >> Compressor Power`,
  `${AREA} A >> Compressor Stage`,
];
const RANGE = { start: '2026-01-30T23:00:00Z', end: '2026-01-31T08:00:00Z', timeZone: 'Europe/Berlin' };
const AXIS = { from: RANGE.start, to: RANGE.end, timeZone: RANGE.timeZone };

/** The answers are the same in every run, so they are read once. */
let read: Promise<PlotChunk[]> | undefined;

const series = (): Promise<PlotChunk[]> =>
  (read ??= withExampleDriver(async (send, fqn) => {
    const tags = TAGS.map((path) => fqn('signal', path));
    const answer = await send({ function: 'plotted', id: 'plot', params: { items: tags, ...RANGE, count: 300 } });
    const items: object[] = answer.items;
    return items.filter(isSeriesChunk).map((chunk) => ({ ...chunk, name: TAGS[chunk.index] }));
  }));

/** `docs/images/plot.svg` */
export const plotImage = async (): Promise<string> =>
  plotSvg(await series(), { ...AXIS, width: 860, height: 460, theme: 'light' });

/** `docs/images/terminal.svg` */
export async function terminalPlotImage(): Promise<string> {
  const text = plotTerminal(await series(), { ...AXIS, width: 96, height: 30, color: true, unicode: true });
  return terminalImage('iota-seeqdrv plot', text);
}

const VALUES = [
  ...TAGS,
  `${AREA} A >> Relative Humidity`,
  'Special Cases >> Signals >> Bad and Uncertain',
  'Special Cases >> Signals >> Enumeration',
];

/** `docs/images/values.svg` */
export async function valuesImage(): Promise<string> {
  const lines: string[] = ['$ iota-seeqdrv values … --trend -9h', ''];
  const { rows, trends } = await withExampleDriver(async (send, fqn) => {
    const items = VALUES.map((path) => fqn('signal', path));
    const found: object[] = (await send({ function: 'snapshot', id: 'values', params: { items } })).items;
    const params = { items, ...RANGE, count: TREND_WIDTH };
    const history: object[] = (await send({ function: 'plotted', id: 'trends', params })).items;
    const chunks = Map.groupBy(history.filter(isSeriesChunk), (chunk) => chunk.fqn);
    return {
      rows: found.map((item): ValueRow => ({
        ...(item as ValueRow),
        tag: VALUES[(item as { index: number }).index] ?? '',
      })),
      trends: new Map(Array.from(chunks, ([name, own]) => [name, trendLine(own, { ...AXIS, width: TREND_WIDTH })])),
    };
  });
  const env = { FORCE_COLOR: '1', LANG: 'en_US.UTF-8' };
  const terminal = {
    out: (line: string) => lines.push(line),
    err: () => undefined,
    env,
    screen: { columns: 120, rows: 30 },
  };
  const writer = openRows(valueShape(RANGE.timeZone, trends), {}, terminal);
  for (const row of rows) await writer.write(row);
  writer.end();
  return terminalImage('iota-seeqdrv values', lines.join('\n'));
}

const TREND_WIDTH = 24;
