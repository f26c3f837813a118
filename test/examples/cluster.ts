/** The cluster of the examples in `examples/`, and what each of them prints. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { REQUEST_TOPIC, startCluster } from '../support/cluster.ts';

export interface ExampleCluster {
  /** Environment of an example. */
  readonly env: Record<string, string>;
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startExampleCluster(): Promise<ExampleCluster> {
  // Small messages, so that a series of a week has many.
  const cluster = await startCluster({ settings: { bus: { chunkBytes: 16_384 } } });
  // Within the project, where the packages are found.
  await mkdir('.cache', { recursive: true });
  const folder = await mkdtemp(resolve('.cache/examples-'));
  await writeFile(join(folder, 'ca.pem'), cluster.authority.caPem);
  await writeFile(join(folder, 'caller.nk'), cluster.caller.seed);
  return {
    folder,
    env: {
      NATS_URL: cluster.nats.url,
      CA_FILE: join(folder, 'ca.pem'),
      SEED_FILE: join(folder, 'caller.nk'),
      TOPIC: REQUEST_TOPIC,
    },
    stop: async () => {
      await rm(folder, { recursive: true, force: true });
      await cluster.stop();
    },
  };
}

/** The lines that every example prints. */
const EXPECTED = [
  /^tagsearch: ok$/,
  /^snapshot: partial$/,
  /^ {2}0 -?[\d.]+ kW (?:Good|Questionable)$/,
  /^ {2}1 -?[\d.]+ kW (?:Good|Questionable)$/,
  /^ {2}2 badRequest: .{10,}$/,
  /^discrete: ok, (?:[2-9]|\d{2,}) messages$/,
  /^ {2}0 \d{4,} samples$/,
  /^discrete: error, badRequest: .*"end".*$/,
];

/** What is wrong with the output of an example; empty if nothing is. */
export function differences(output: string): string[] {
  const lines = output.trimEnd().split('\n');
  const count = Math.max(lines.length, EXPECTED.length);
  return Array.from({ length: count }, (_, at) => at).flatMap((at) => {
    const [line, expected] = [lines[at], EXPECTED[at]];
    if (line !== undefined && expected?.test(line)) return [];
    return [`line ${at + 1} must fit ${String(expected)}, found ${JSON.stringify(line)}`];
  });
}
