/** Signals, their samples in a range, and single samples. */
import type { Call, Handlers, Reply } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item, SignalData } from '../plant/item.ts';
import { decodeToken, encodeToken, pageByOffset, pageOf, type Page } from '../series/pages.ts';
import type { Sample } from '../series/series.ts';
import { formatTime, parseDuration, parseTime } from '../series/time.ts';
import { conversion, converted } from '../series/units.ts';
import { lookUp, samplesOf, type Window } from '../series/window.ts';
import { checkOnline, readable } from './find.ts';
import { listPage } from './list.ts';
import { sampleText, samplesText, type KeyStyle } from './sample-text.ts';
import { common, formulaOf, maxInterpolationOf, type Models } from './shapes.ts';

/** Page of the samples of a signal where the caller names none. [Inferred from the formula endpoints.] */
export const DEFAULT_PAGE = 1000;

export function signalOf(item: Item & { signal: SignalData }): Models['SignalOutputV1'] {
  const { signal } = item;
  return {
    ...common(item),
    ...formulaOf(item),
    interpolationMethod: signal.interpolation,
    maximumInterpolation: maxInterpolationOf(item) ?? '',
    keyUnitOfMeasure: 'ns',
    ...(signal.unit === undefined ? {} : { valueUnitOfMeasure: signal.unit }),
  };
}

interface SamplesQuery {
  readonly start: string;
  readonly end: string;
  readonly period?: string;
  readonly inflate?: boolean;
  readonly boundaryValues?: Window['boundary'];
  readonly keyUnitOfMeasure?: string;
  readonly valueUnitOfMeasure?: string;
  readonly limit?: number;
  readonly continuationToken?: string;
  readonly offset?: number;
}

function samples(call: Call, signal: SignalData, query: SamplesQuery): Reply<Models['GetSamplesOutputV1']> {
  const window: Window = {
    start: parseTime(query.start, 'start'),
    end: parseTime(query.end, 'end'),
    boundary: query.boundaryValues ?? 'Outside',
    period: query.period === undefined ? undefined : parseDuration(query.period, 'period'),
    inflate: query.inflate,
  };
  return pagedSamples(call, signal, window, {
    ...query,
    keys: keyStyleOf(query.keyUnitOfMeasure),
    unit: query.valueUnitOfMeasure,
  });
}

export interface PageOptions {
  readonly limit?: number | null;
  readonly continuationToken?: string | null;
  readonly offset?: number | null;
  readonly keys: KeyStyle;
  /** Unit to convert the values to; undefined for the signal's own. */
  readonly unit?: string | undefined;
}

/** One page of a window in the paging style of the release, as text that is made while it is sent. */
export function pagedSamples(
  call: Call,
  signal: SignalData,
  window: Window,
  options: PageOptions,
  frame: readonly [before: string, after: string] = ['', ''],
): Reply<never> {
  const limit = options.limit ?? DEFAULT_PAGE;
  const byToken = call.server.release >= 63;
  const from = byToken ? decodeToken(call.address, options.continuationToken) : undefined;
  let all = samplesOf(signal, window, from);
  const unit = options.unit ?? signal.unit;
  if (options.unit !== undefined) all = converted(all, conversion(signal.unit, options.unit));
  const page: Page = { next: undefined };
  const part = byToken
    ? pageOf(all, (sample) => sample.key, limit, page)
    : pageByOffset(all, options.offset ?? 0, limit);
  const text = samplesText(part, {
    limit,
    unit,
    keys: options.keys,
    nulls: call.nulls,
    token: () => (page.next === undefined ? undefined : encodeToken(call.address, page.next)),
  });
  return { text: framed(frame, text) };
}

function* framed([before, after]: readonly [string, string], text: Iterable<string>): Generator<string> {
  if (before !== '') yield before;
  yield* text;
  if (after !== '') yield after;
}

function keyStyleOf(unit: string | undefined): KeyStyle {
  if (unit === undefined) return 'iso';
  if (unit === 'ns') return 'ns';
  throw new SeeqError(400, `Keys cannot be converted to '${unit}'; the simulator knows ns only`);
}

interface SampleQuery {
  readonly key: string;
  readonly lookup?: Parameters<typeof lookUp>[2];
  readonly keyUnitOfMeasure?: string;
  readonly valueUnitOfMeasure?: string;
}

/** [Inferred: where there is no such sample, the answer has none; the default lookup is the first in the list.] */
function sample(call: Call, signal: SignalData, query: SampleQuery): Reply<Models['GetSampleOutputV1']> {
  const keys = keyStyleOf(query.keyUnitOfMeasure);
  let found: Sample | undefined = lookUp(signal, parseTime(query.key, 'key'), query.lookup ?? 'Interpolate');
  const unit = query.valueUnitOfMeasure ?? signal.unit;
  if (found !== undefined && query.valueUnitOfMeasure !== undefined) {
    found = [...converted([found], conversion(signal.unit, query.valueUnitOfMeasure))][0];
  }
  if (found !== undefined && keys === 'ns') {
    const frame = JSON.stringify({
      keyUnitOfMeasure: 'ns',
      ...(unit === undefined ? {} : { valueUnitOfMeasure: unit }),
    });
    return { text: [`{"sample":${sampleText(found, keys, call.nulls)},${frame.slice(1)}`] };
  }
  return {
    body: {
      ...(found === undefined
        ? {}
        : {
            sample: {
              key: formatTime(found.key),
              ...(found.value === undefined ? {} : { value: found.value }),
              isUncertain: found.uncertain === true,
            },
          }),
      keyUnitOfMeasure: 'ns',
      ...(unit === undefined ? {} : { valueUnitOfMeasure: unit }),
    },
  };
}

function bySource(
  call: Call<'get_samples_by_data_id'> | Call<'get_sample_by_data_id'> | Call<'get_signal_by_data_id'>,
) {
  const { datasourceClass, datasourceId, dataId } = call.parameters;
  const { plant } = call.server;
  const item = plant.findByDataId(datasourceClass, datasourceId, dataId);
  if (item === undefined) {
    throw new SeeqError(404, `There is no signal '${dataId}' in the data source ${datasourceClass} ${datasourceId}`);
  }
  return readable(plant, item.id, 'signal');
}

function byId(call: Call<'get_samples'> | Call<'get_sample'>) {
  return readable(call.server.plant, call.parameters.id, 'signal');
}

function dataOf({ server }: Pick<Call, 'server'>, item: Item & { signal: SignalData }): SignalData {
  checkOnline(server.plant, item);
  return item.signal;
}

export const signalHandlers: Handlers = {
  get_signals: ({ server, parameters }) => {
    const all = [...server.plant.ofType('StoredSignal', 'CalculatedSignal')].filter((item) => !item.archived);
    const { part, frame } = listPage(all, parameters, '/signals');
    return {
      body: {
        ...frame,
        signals: part.flatMap((item) => (item.signal ? [signalOf({ ...item, signal: item.signal })] : [])),
      },
    };
  },
  get_signal: ({ server, parameters }) => ({ body: signalOf(readable(server.plant, parameters.id, 'signal')) }),
  get_signal_by_data_id: (call) => ({ body: signalOf(bySource(call)) }),
  get_samples: (call) => samples(call, dataOf(call, byId(call)), call.parameters),
  get_samples_by_data_id: (call) => samples(call, dataOf(call, bySource(call)), call.parameters),
  get_sample: (call) => sample(call, dataOf(call, byId(call)), call.parameters),
  get_sample_by_data_id: (call) => sample(call, dataOf(call, bySource(call)), call.parameters),
};
