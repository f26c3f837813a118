/** A series of an answer in the form that the page draws and lists. */
import { z } from 'zod';
import type { AnswerItem } from '../../contract/answer.ts';
import { errorBodySchema } from '../../contract/answer.ts';
import { plotted } from '../../contract/functions/data.ts';
import type { LatestTag } from '../../telemetry/latest-readings.ts';
import type { ScalarValue, ValueStatus } from '../../contract/values.ts';

export interface PlotSample {
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly value: ScalarValue;
  readonly status: ValueStatus;
}

export interface Plot {
  readonly unit?: string | undefined;
  /** Draw steps, not slopes. */
  readonly step: boolean;
  readonly samples: readonly PlotSample[];
  /** Points to draw: seconds since 1970, and a number, or null where no line may be. */
  readonly line: readonly (readonly [number, number | null])[];
  /** Why there is no series. */
  readonly error?: string | undefined;
}

const failed = z.object({ error: errorBodySchema });
const chunk = plotted.item.options[0];

/** The first series of an answer. */
export function plotOf(items: readonly AnswerItem[]): Plot {
  const samples: PlotSample[] = [];
  const gaps = new Set<number>();
  let [unit, step, holdsUntil]: [string | undefined, boolean, string | undefined] = [undefined, false, undefined];
  for (const item of items) {
    const failure = failed.safeParse(item);
    if (failure.success) return { step: false, samples: [], line: [], error: failure.data.error.message };
    const parsed = chunk.safeParse(item);
    if (!parsed.success || parsed.data.index !== 0) continue;
    const { times, values, flags = [], gaps: between = [] } = parsed.data;
    unit = parsed.data.unit ?? unit;
    step = parsed.data.step ?? step;
    holdsUntil = parsed.data.holdsUntil ?? holdsUntil;
    for (const [, after] of between) gaps.add(Date.parse(after));
    for (const [at, time] of times.entries()) {
      const status = flags.find(([first, last]) => first <= at && at <= last)?.[2] ?? 'Good';
      samples.push({ time, value: values[at] ?? null, status });
    }
  }
  return { unit, step, samples, line: lineOf(samples, gaps, holdsUntil) };
}

function lineOf(
  samples: readonly PlotSample[],
  gaps: ReadonlySet<number>,
  holdsUntil: string | undefined,
): (readonly [number, number | null])[] {
  const line: [number, number | null][] = [];
  for (const { time, value, status } of samples) {
    const atMs = Date.parse(time);
    // Between two samples with a gap there is a point without a value.
    if (gaps.has(atMs)) line.push([atMs / 1000 - 0.001, null]);
    line.push([atMs / 1000, typeof value === 'number' && status !== 'Bad Data' ? value : null]);
  }
  const last = line.at(-1);
  const holdsTo = holdsUntil === undefined ? NaN : Date.parse(holdsUntil) / 1000;
  if (last !== undefined && holdsTo > last[0]) line.push([holdsTo, last[1]]);
  return line;
}

/** What the driver remembers of the readings of a device. */
export function plotOfTrend({ trend, unit }: LatestTag): Plot {
  const samples = trend.map(({ atMs, value }): PlotSample => ({
    time: new Date(atMs).toISOString(),
    value,
    status: 'Good',
  }));
  return { unit, step: false, samples, line: lineOf(samples, new Set(), undefined) };
}
