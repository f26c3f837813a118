/**
 * How fast the simulator is: searches over 100,000 tags and long answers, over HTTP as a client sees them.
 * `node simulators/seeq/bench.ts`. Prints milliseconds, the median and the slowest of some runs.
 */
import { request } from 'undici';
import { spawnSeeqSimulator } from './spawn.ts';
import { headersWith, login } from './testing.ts';
import { plantItemId } from './plant/plant.ts';

const TAGS = 100_000;
const RUNS = 7;

const started = performance.now();
const simulator = await spawnSeeqSimulator({ extraTags: TAGS });
const headers = headersWith(await login(simulator.url));
process.stdout.write(`start with ${TAGS} further tags: ${(performance.now() - started).toFixed(0)} ms\n`);

const id = (path: string): string => plantItemId('Example', path);
const fast = id('Special Cases >> Signals >> Fast');
const range = 'start=2026-01-01T00:00:00Z&end=2026-02-01T00:00:00Z';
const enc = encodeURIComponent;
const searches: readonly string[] = [
  '',
  'filters=U042',
  `filters=${enc('Name==U042_TI_042001.PV')}`,
  `filters=${enc('Name~=u04?_ti*')}`,
  `filters=${enc('Name~=/_TI_.*7\\.PV$/')}`,
  `filters=${enc('Data ID~=042 && Datasource Class==Simulated Historian')}`,
  `filters=${enc('Value Unit Of Measure==kW')}`,
  `filters=${enc('Description~=unit 99')}&types=StoredSignal`,
  'types=StoredSignal&orderBy=Name&offset=50000',
  'types=StoredSignal&orderBy=ID',
  `types=StoredSignal&orderBy=${enc('Data ID')}`,
  'includeProperties=@allProperties&limit=1000',
  ...[1, 2, 3].map((n) => `filters=${enc(`ID==${id(`U00${n}`)}`)}`),
  `asset=${id('Example')}&filters=Temperature`,
];
for (const query of searches) await measure(`/items?${query}`, RUNS);
await measure(`/signals/${fast}/samples?${range}&limit=10000`, RUNS);
await measure(`/signals/${fast}/samples?${range}&limit=1000000`, 3);
await measure(
  `/formulas/run?formula=${enc('$s.aggregate(average(), hours(), startKey())')}&parameters=s=${fast}&${range}`,
  3,
);
await measure(`/formulas/run?formula=${enc('resample($s, 1min)')}&parameters=s=${fast}&${range}&limit=100000`, 3);
await simulator.stop();

async function measure(path: string, runs: number): Promise<void> {
  const times: number[] = [];
  let size = 0;
  for (let run = 0; run < runs; run += 1) {
    const from = performance.now();
    const answer = await request(`${simulator.url}/api${path}`, { headers });
    size = 0;
    for await (const part of answer.body as AsyncIterable<Buffer>) size += part.length;
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} for ${path}`);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const [median = 0, slowest = 0] = [times[Math.floor(times.length / 2)], times.at(-1)];
  const figures = `${median.toFixed(1).padStart(8)} ms, slowest ${slowest.toFixed(1).padStart(8)} ms`;
  process.stdout.write(`${figures}, ${String(size).padStart(9)} bytes  ${decodeURIComponent(path).slice(0, 90)}\n`);
}
