/** Whatever range of whatever signal is asked for: the driver answers what a plain reading of the server gives. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinSeries } from '../../src/client/answer.ts';
import { formatInstant } from '../../src/contract/time/instant.ts';
import type { SeriesChunk } from '../../src/contract/series.ts';
import { plantItemId } from '../../simulators/seeq/plant/plant.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { type PlainSample, type PlainSeeq, plainSeeq } from '../support/plain-seeq.ts';

/** Small pages, so that most series need several: on one server by tokens, on the other (before R63) by time. */
const PAGE = 97;
const RELEASES = { 'plant-a': 66, 'plant-old': 60 } as const;
type HostName = keyof typeof RELEASES;

let cluster: Cluster;
const plain = new Map<string, PlainSeeq>();
beforeAll(async () => {
  const plants = Object.fromEntries(Object.entries(RELEASES).map(([name, release]) => [name, { release }]));
  cluster = await startCluster({ plants, settings: { limits: { pageSamples: PAGE } } });
  for (const [name, { url }] of Object.entries(cluster.plants)) plain.set(name, await plainSeeq(url));
});
afterAll(() => cluster.stop());

/** Signals whose samples are about this far apart, in seconds; ranges follow from it. */
const signals = {
  Fast: 1,
  Nanoseconds: 1,
  Gappy: 60,
  'Bad and Uncertain': 60,
  'Bad Text': 60,
  Enumeration: 300,
  Step: 60,
  Forecast: 3600,
  Slow: 86_400,
  'Extreme Numbers': 60,
  Empty: 60,
  'Equal Keys': 600,
} as const;
const boundaries = { inside: 'Inclusive', outside: 'Outside', interpolated: 'Interpolate' } as const;
const DAY_NS = 86_400_000_000_000n;
const ORIGIN = BigInt(Date.parse('2020-01-01T00:00:00Z')) * 1_000_000n;

const question = fc.record({
  host: fc.constantFrom(...(Object.keys(RELEASES) as HostName[])),
  name: fc.constantFrom(...(Object.keys(signals) as (keyof typeof signals)[])),
  boundary: fc.constantFrom(...(Object.keys(boundaries) as (keyof typeof boundaries)[])),
  /** From 2020 on, anywhere to the nanosecond; often on the whole hour, where samples are. */
  start: fc.oneof(
    fc.bigInt({ min: 0n, max: 10n * DAY_NS }),
    fc.nat({ max: 240 }).map((hours) => (BigInt(hours) * DAY_NS) / 24n),
  ),
  /** In samples. */
  length: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 500 })),
  /** Samples of one answer; without it all come in one. */
  limit: fc.option(fc.integer({ min: 60, max: 300 }), { nil: undefined }),
});

it('answers the same samples in the same order with the same times', async () => {
  await fc.assert(
    fc.asyncProperty(question, async ({ host, name, boundary, start, length, limit }) => {
      const id = plantItemId(host, `Special Cases >> Signals >> ${name}`);
      const range = {
        start: formatInstant(ORIGIN + start),
        end: formatInstant(ORIGIN + start + BigInt(length * signals[name]) * 1_000_000_000n),
      };
      const params = { items: [`seeq:${host}/signal/${id}`], boundary, ...range };
      const answered = await read(limit === undefined ? params : { ...params, limit });
      expect(answered).toEqual(await wanted(host, id, boundary, range));
    }),
    // The seed is fixed, so that a failure can be looked at again.
    { numRuns: 150, seed: 5 },
  );
});

interface Sample {
  time: string;
  value: unknown;
  status: string;
}

/** All samples that the driver answers, page by page where there is a limit. */
async function read(params: Record<string, unknown>): Promise<Sample[]> {
  const samples: Sample[] = [];
  let cursor: string | undefined;
  do {
    const answer = await cluster.ask({ function: 'discrete', params: { ...params, ...(cursor ? { cursor } : {}) } });
    expect([answer.status, answer.error]).toEqual(['ok', undefined]);
    const [piece] = joinSeries(answer.items) as SeriesChunk[];
    samples.push(...samplesOf(piece ?? expect.fail('no series')));
    cursor = answer.meta.cursor;
  } while (cursor !== undefined);
  return samples;
}

function samplesOf({ times, values, flags = [] }: SeriesChunk): Sample[] {
  const samples = times.map((time, n): Sample => ({ time, value: values[n], status: 'Good' }));
  for (const [from, to, status] of flags) for (const sample of samples.slice(from, to + 1)) sample.status = status;
  return samples;
}

/** The same from the server in a single page, as its API gives it. */
async function wanted(host: HostName, id: string, boundary: keyof typeof boundaries, range: Record<string, string>) {
  const query = new URLSearchParams({ ...range, boundaryValues: boundaries[boundary], limit: '100000' });
  const path = `/signals/${id}/samples?${query.toString()}`;
  const { samples } = await (plain.get(host) ?? expect.fail(host)).get<{ samples: PlainSample[] }>(path);
  return samples.map(({ key, value = null, isUncertain }): Sample => {
    const shown = typeof value === 'string' ? value.replace(/^ENUM\{\{-?\d+\|(.*)\}\}$/, '$1') : value;
    return { time: key, value: shown, status: shown === null ? 'Bad Data' : isUncertain ? 'Questionable' : 'Good' };
  });
}
