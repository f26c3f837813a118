/** A metric that is read from a model for each scrape, in the form that prom-client's registry writes. */
import type { MetricValue } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels | undefined;
  readonly value: number;
}

/** One histogram: the number of values in each bucket, and their sum. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** A sample as the registry writes it. Its types leave out the name of a part of a histogram. */
type Value = MetricValue<string> & { readonly metricName?: string };

type Read<Model> = (model: Model) => Value[];

/** A metric of a model. */
export interface Definition<Model> {
  /** Of a counter, without `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly read: Read<Model>;
}

const PREFIX = 'iota_seeqdrv_';

const plain = ({ labels = {}, value }: Sample): Value => ({ labels: { ...labels }, value });

/** A number that only grows. */
export function counter<Model>(
  name: string,
  help: string,
  read: (model: Model) => readonly Sample[],
): Definition<Model> {
  return {
    ...{ name: `${PREFIX}${name}_total`, help, type: 'counter' },
    read: (model) => read(model).map(plain),
  };
}

/** A number that goes up and down. */
export function gauge<Model>(name: string, help: string, read: (model: Model) => readonly Sample[]): Definition<Model> {
  return { ...{ name: `${PREFIX}${name}`, help, type: 'gauge' }, read: (model) => read(model).map(plain) };
}

/** A distribution of times. @param boundsMs see `Histogram` */
export function histogram<Model>(
  name: string,
  help: string,
  boundsMs: readonly number[],
  read: (model: Model) => readonly HistogramSample[],
): Definition<Model> {
  const full = `${PREFIX}${name}`;
  return {
    ...{ name: full, help, type: 'histogram' },
    read: (model) => read(model).flatMap((sample) => buckets(full, boundsMs, sample)),
  };
}

/** Buckets of Prometheus contain those before them. */
function buckets(name: string, boundsMs: readonly number[], sample: HistogramSample): Value[] {
  const { labels, counts, sumMs } = sample;
  let count = 0;
  const values: Value[] = [...boundsMs, Infinity].map((boundMs, at) => {
    count += counts[at] ?? 0;
    const le = boundMs === Infinity ? '+Inf' : boundMs / 1000;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  values.push({ metricName: `${name}_sum`, labels: { ...labels }, value: sumMs / 1000 });
  values.push({ metricName: `${name}_count`, labels: { ...labels }, value: count });
  return values;
}
