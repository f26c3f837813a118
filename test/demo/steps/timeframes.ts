/** Timeframes with their attributes, one of them still open. */
import { timeframes as expectedTimeframes } from '../expected.ts';
import { HOUR } from '../../../simulators/seeq/series/time.ts';
import { block, blockWidth } from '../print/page.ts';
import { dayAndTime, length } from '../print/short.ts';
import { doubtful, good } from '../print/style.ts';
import { table } from '../print/table.ts';
import { itemsOf, type Step } from '../step.ts';
import { possible } from '../truth.ts';
import { NORTH } from '../harness.ts';

interface TimeframeItem {
  name: string;
  start: string | null;
  end: string | null;
  durationMs: number | null;
  open: boolean;
  status: string;
  attributes: Record<string, { value: string | number | boolean | null; unit?: string }>;
}

export const timeframes: Step = {
  title: 'Timeframes',
  about:
    'Batches of a reactor and campaigns of its line, in order of their starts. What is running has no end yet, so it ' +
    'may still change.',
  async run({ harness, checks, ask }) {
    const plant = harness.truth[NORTH];
    const conditions = [
      plant.item('Packaging', 'Line 1', 'Reactor 1', 'Batches'),
      plant.item('Packaging', 'Line 1', 'Campaigns'),
    ];
    const asked = await ask({
      function: 'timeframesearch',
      params: { start: '*-36h', end: '*', conditions: conditions.map((item) => plant.fqn(item)) },
    });
    const items = itemsOf<TimeframeItem>(asked);
    show(items);
    const right = possible(plant, asked, (now) =>
      conditions
        .flatMap((item) => expectedTimeframes(plant, item, now - 36n * HOUR, now))
        .sort((a, b) => ((a.start ?? '') < (b.start ?? '') ? -1 : 1)),
    );
    checks.oneOf('these are the timeframes of the plant: bounds, status, attributes, order', items, right);
    const open = items.filter((item) => item.open);
    checks.that(
      'one that is open has no end and no duration',
      open.length > 0 && open.every(({ end, durationMs }) => end === null && durationMs === null),
      `open are ${JSON.stringify(open)}`,
    );
  },
};

function show(items: readonly TimeframeItem[]): void {
  const columns = [
    { title: 'timeframe' },
    { title: 'start (UTC)' },
    { title: 'end (UTC)' },
    { title: 'length', align: 'right' as const, spare: true },
    { title: 'status', style: (cell: string) => (cell.startsWith('Good') ? good(cell) : doubtful(cell)) },
    { title: 'attributes', least: 16 },
  ];
  const rows = items.map(({ name, start, end, durationMs, open, status, attributes }) => [
    name,
    dayAndTime(start),
    open ? 'open' : dayAndTime(end),
    durationMs === null ? '—' : length(durationMs),
    status,
    attributeText(attributes),
  ]);
  block([...table(columns, rows, blockWidth()), '']);
}

/** What matters most first, because a narrow terminal cuts the end. */
const ORDER = ['Campaign', 'Batch ID', 'Product', 'Yield', 'Operator'];

function attributeText(attributes: TimeframeItem['attributes']): string {
  return ORDER.flatMap((name) => {
    const { value = null, unit } = attributes[name] ?? {};
    return value === null ? [] : [`${String(value)}${unit === undefined ? '' : ` ${unit}`}`];
  }).join(' · ');
}
