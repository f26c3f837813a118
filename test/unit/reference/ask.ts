/** Asks the driver: a source that has the samples of a case, and the request as a caller would write it. */
import { flag } from '../../../src/contract/series.ts';
import type { Flag, ScalarValue, ValueStatus } from '../../../src/contract/values.ts';
import type { SamplePage } from '../../../src/sources/source.ts';
import { fqn, source, testDriver } from '../../support/driver.ts';
import type { Case } from './cases.ts';
import type { Asked } from './grid.ts';
import type { Recorded, Signal } from './signal.ts';
import type { Basis, Method } from './methods.ts';

/** A series of an answer, with a status for every value. */
export interface Series {
  method?: Method;
  basis?: Basis;
  inState?: ScalarValue;
  unit?: string;
  times: string[];
  values: ScalarValue[];
  states?: (number | null)[];
  statuses: ValueStatus[];
}

/** ISO 8601 in UTC, with the fraction digits that are needed. */
export function toText(instant: bigint): string {
  const seconds = instant / 1_000_000_000n;
  const fraction = (instant % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}

export function toInstant(text: string): bigint {
  const [, whole = '', fraction = ''] = /^(.*T\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

export function paramsOf({ asked, function: name, basis, stamp, methods }: Case): Record<string, unknown> {
  return {
    start: toText(asked.start),
    end: toText(asked.end),
    timeZone: asked.zone,
    align: asked.division.by === 'count' ? undefined : asked.align,
    ...divisionOf(asked),
    ...(name === 'aggregated' ? { basis, stamp, methods } : {}),
  };
}

function divisionOf({ division }: Asked): Record<string, unknown> {
  switch (division.by) {
    case 'interval':
      return { interval: `${division.amount}${division.unit}` };
    case 'each':
      return { intervalMs: Number(division.nanoseconds) / 1e6 };
    case 'count':
      return { count: division.count };
  }
}

/** The series of the driver's answer. */
export async function ask(one: Case): Promise<Series[]> {
  const { signal, pages, arrival } = one;
  const given = source('a', {
    shape: async (asked) => ({
      fqn: asked,
      interpolation: signal.interpolation,
      maximumInterpolation: signal.maximum,
      valueType: signal.valueType,
      ...(signal.unit === undefined ? {} : { unit: signal.unit }),
      ...(signal.constant ? { constant: pointOf(signal.constant, signal.unit) } : {}),
    }),
    async *samples(_fqn, { start, end }, boundary) {
      const inside = ({ at }: Recorded): boolean => start <= at && at <= end;
      const [before, after] = [
        signal.samples.findLast(({ at }) => at < start),
        signal.samples.find(({ at }) => at > end),
      ];
      const outside = boundary === 'outside';
      let rest = [
        ...(before && outside ? [before] : []),
        ...signal.samples.filter(inside),
        ...(after && outside ? [after] : []),
      ];
      for (const length of pages) {
        yield pageOf(rest.slice(0, length), signal);
        rest = rest.slice(length);
      }
      if (rest.length > 0) yield pageOf(rest, signal);
    },
  });
  const { ask: send } = testDriver([given], { now: () => arrival });
  const answer = await send(one.function, {
    items: [fqn('a', signal.constant ? 'scalar' : 'signal', 's')],
    ...paramsOf(one),
  });
  if (answer.status !== 'ok') throw new Error(`The driver refuses: ${JSON.stringify(answer.error ?? answer.items)}`);
  return answer.items.map((item) => withStatuses(item as unknown as Series & { flags?: Flag[] }));
}

function pointOf({ value, status, state }: Omit<Recorded, 'at'>, unit: string | undefined) {
  return { value, status, time: null, ...(state === null ? {} : { state }), ...(unit === undefined ? {} : { unit }) };
}

function pageOf(samples: Recorded[], { unit }: Signal): SamplePage {
  const flags: Flag[] = [];
  for (const [n, { status }] of samples.entries()) flag(flags, n, status);
  return {
    times: samples.map(({ at }) => toText(at)),
    values: samples.map(({ value }) => value),
    ...(flags.length > 0 ? { flags } : {}),
    ...(samples.some(({ state }) => state !== null) ? { states: samples.map(({ state }) => state) } : {}),
    ...(unit === undefined ? {} : { unit }),
  };
}

function withStatuses({ flags = [], ...series }: Series & { flags?: Flag[] }): Series {
  const statuses = series.values.map((): ValueStatus => 'Good');
  for (const [from, to, status] of flags) statuses.fill(status, from, to + 1);
  return { ...series, statuses };
}
