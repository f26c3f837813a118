/** Values of one moment, of every kind. */
import type { Item } from '../../../simulators/seeq/plant/item.ts';
import { formatTime, MINUTE, parseTime } from '../../../simulators/seeq/series/time.ts';
import { difference } from '../checks.ts';
import { point } from '../expected.ts';
import { block, blockWidth, paragraph, say } from '../print/page.ts';
import { clock } from '../print/short.ts';
import { bad, doubtful, good } from '../print/style.ts';
import { table } from '../print/table.ts';
import { itemsOf, type Stage, type Step } from '../step.ts';
import { type PlantTruth, possible } from '../truth.ts';
import { NORTH, SOUTH, type Harness } from '../harness.ts';

interface PointItem {
  index: number;
  fqn: string;
  value: string | number | boolean | null;
  time: string | null;
  status: string;
  unit?: string;
  state?: number;
}

/** Something to read: the plant's own item, by which name it is asked, and what a reader sees. */
interface Reading {
  plant: PlantTruth;
  item: Item;
  fqn: string;
  label: string;
}

export const values: Step = {
  title: 'Current values',
  about:
    'From both plants in one request: numbers, text, an enumeration with the number of its state, scalars (they have ' +
    'no time), an attribute by its asset, and a scalar that has no valid value. A newest sample may still change in ' +
    'Seeq, so it is Questionable.',
  async run(stage) {
    await read(stage, current(stage.harness), {});
    const { readings, time } = aBadMoment(stage.harness);
    say();
    paragraph('A moment of the past, when a sensor gave nothing:');
    await read(stage, readings, { time });
  },
};

function current({ truth }: Harness): Reading[] {
  const [north, south] = [truth[NORTH], truth[SOUTH]];
  const area = ['Example', 'Cooling Tower 1', 'Area A'];
  const humidity = reading(south, ...area, 'Relative Humidity');
  return [
    reading(north, ...area, 'Temperature'),
    reading(north, ...area, 'Compressor Power'),
    reading(north, ...area, 'Compressor Stage'),
    reading(north, 'Packaging', 'Line 1', 'Reactor 1', 'Agitator'),
    reading(north, 'Special Cases', 'Signals', 'Nanoseconds'),
    reading(north, 'Special Cases', 'Scalars', 'Setpoint'),
    reading(north, 'Special Cases', 'Scalars', 'Invalid'),
    reading(south, ...area, 'Temperature'),
    { ...humidity, fqn: south.attributeFqn(south.item(...area), 'Relative Humidity') },
    reading(south, 'Special Cases', 'Scalars', 'Site'),
  ];
}

function reading(plant: PlantTruth, ...path: string[]): Reading {
  const item = plant.item(...path);
  return { plant, item, fqn: plant.fqn(item), label: item.name };
}

/** A moment, minutes ago, at which a signal that is bad at times has a sample without a value. */
function aBadMoment({ truth }: Harness): { readings: Reading[]; time: string } {
  const plant = truth[NORTH];
  const signals = ['Special Cases', 'Signals'];
  const readings = [
    reading(plant, ...signals, 'Bad and Uncertain'),
    reading(plant, ...signals, 'Bad Text'),
    reading(plant, 'Example', 'Cooling Tower 1', 'Area A', 'Temperature'),
  ];
  plant.now = BigInt(Date.now()) * 1_000_000n;
  for (let at = plant.now - 5n * MINUTE; at > plant.now - 60n * MINUTE; at -= MINUTE) {
    const sample = readings[0]?.item.signal?.series.before(at, true);
    if (sample && sample.value === undefined) return { readings, time: formatTime(sample.key) };
  }
  throw new Error('The plant had no bad sample in the last hour.');
}

async function read({ checks, ask }: Stage, readings: readonly Reading[], params: { time?: string }): Promise<void> {
  const asked = await ask({ function: 'snapshot', params: { ...params, items: readings.map(({ fqn }) => fqn) } });
  const items = itemsOf<PointItem>(asked).toSorted((a, b) => a.index - b.index);
  show(items, readings);
  checks.same(
    `one value for each of the ${readings.length} names`,
    items.map(({ index, fqn }) => ({ index, fqn })),
    readings.map(({ fqn }, index) => ({ index, fqn })),
  );
  const problems = readings.flatMap(({ plant, item, label }, at) => {
    const right = possible(plant, asked, (now) => point(item, params.time === undefined ? now : timeOf(params.time)));
    const [problem, ...others] = right.map((expected) => difference(items[at], expected, label));
    return problem === undefined || others.includes(undefined) ? [] : [problem];
  });
  checks.that(
    'value, unit, time, status and state are those of the plants',
    problems.length === 0,
    problems.join('; '),
  );
}

function show(items: readonly PointItem[], readings: readonly Reading[]): void {
  const columns = [
    { title: 'plant' },
    { title: 'name', least: 10 },
    { title: 'value', align: 'right' as const, least: 8 },
    { title: 'unit' },
    { title: 'time (UTC)', least: 19 },
    { title: 'status', style: coloured },
  ];
  const rows = items.map(({ index, value, state, unit, time, status }) => [
    readings[index]?.plant.host ?? '',
    readings[index]?.label ?? '',
    value === null ? '—' : `${String(value)}${state === undefined ? '' : ` (${state})`}`,
    unit ?? '',
    clock(time),
    status,
  ]);
  block([...table(columns, rows, blockWidth()), '']);
}

function coloured(status: string): string {
  if (status.startsWith('Good')) return good(status);
  return status.startsWith('Questionable') ? doubtful(status) : bad(status);
}

const timeOf = (text: string): bigint => parseTime(text, 'time');
