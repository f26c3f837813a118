/**
 * The series of a plot on one time axis. Times are nanoseconds since the begin of the axis, as numbers: exact to the
 * nanosecond for 104 days, and beyond that by far more exact than a pixel.
 */
import { formatInstant, parseInstant, type Nanoseconds } from '../../../contract/time/instant.ts';
import type { Flag } from '../../../contract/values.ts';
import type { PlotChunk, PlotOptions } from './options.ts';

/** The time axis. */
export interface Span {
  start: Nanoseconds;
  end: Nanoseconds;
  /** Its length in nanoseconds, above 0. */
  length: number;
}

/** How samples are joined. */
export type Joined = 'line' | 'step' | 'none';

/** A whole series, with its chunks joined. */
export interface Curve {
  name: string;
  unit: string | undefined;
  joined: Joined;
  /** True if a value is text, true or false: it has no height and is drawn as a band. */
  isBand: boolean;
  times: Float64Array;
  /** A number that is not finite is here, too: it is drawn like a bad sample. */
  values: readonly (number | string | boolean | null)[];
  /** By position: `?` for a questionable sample, `x` for one without a usable value, else absent. */
  marks: ReadonlyMap<number, Mark>;
  /** Positions of samples with a gap before them. */
  gaps: ReadonlySet<number>;
  /** The last value holds until then. */
  holdsUntil: number | undefined;
  /** Notes for people about the series. */
  notes: string[];
}

export type Mark = '?' | 'x';

const MINUTE_NS = 60_000_000_000n;

/** The time axis of the options, or that of the samples. Undefined if neither has a time. */
export function spanOf(chunks: readonly PlotChunk[], { from, to }: PlotOptions): Span | undefined {
  let [start, end] = [from, to].map((text) => (text === undefined ? undefined : parseInstant(text)));
  for (const { times, holdsUntil } of chunks) {
    for (const text of [times[0], times.at(-1), holdsUntil]) {
      const time = text === undefined ? undefined : parseInstant(text);
      if (time === undefined) continue;
      if (from === undefined && (start === undefined || time < start)) start = time;
      if (to === undefined && (end === undefined || time > end)) end = time;
    }
  }
  if (start === undefined || end === undefined) return undefined;
  // One instant has no width: show the minute around it.
  if (end <= start) [start, end] = [start - MINUTE_NS / 2n, start + MINUTE_NS / 2n];
  return { start, end, length: Number(end - start) };
}

/** Joins the chunks of each series. The order is that of their first chunks. */
export function curvesOf(chunks: readonly PlotChunk[], span: Span): Curve[] {
  const series = new Map<string, PlotChunk[]>();
  for (const chunk of chunks) {
    const key = JSON.stringify([chunk.index, chunk.fqn, chunk.method, chunk.basis, chunk.inState]);
    const known = series.get(key);
    if (known) known.push(chunk);
    else series.set(key, [chunk]);
  }
  return Array.from(series.values(), (parts) => curveOf(parts, span));
}

function curveOf(parts: readonly PlotChunk[], span: Span): Curve {
  const size = parts.reduce((sum, { times, values }) => sum + Math.min(times.length, values.length), 0);
  const times = new Float64Array(size);
  const values: Curve['values'][number][] = [];
  const marks = new Map<number, Mark>();
  const gaps = new Set<number>();
  const toOffset = offsets(span.start);
  const gapStarts = gapsOf(parts, toOffset);
  const last = parts.at(-1);
  let previous: number | undefined;
  for (const part of parts) {
    const first = values.length;
    const length = Math.min(part.times.length, part.values.length);
    for (let at = 0; at < length; at++) {
      const text = part.times[at] ?? '';
      const value = part.values[at] ?? null;
      const time = toOffset(text);
      const isUsable = value !== null && !Number.isNaN(time) && (typeof value !== 'number' || Number.isFinite(value));
      if (!isUsable) marks.set(values.length, 'x');
      if (previous !== undefined && gapStarts.get(previous)?.has(time)) gaps.add(values.length);
      times[values.length] = Number.isNaN(time) ? (times[values.length - 1] ?? 0) : time;
      values.push(isUsable ? value : null);
      previous = time;
    }
    for (const [from, to, status] of part.flags ?? [])
      mark(marks, first + from, first + Math.min(to, length - 1), status);
  }
  for (const [at, kind] of marks) if (kind === 'x') values[at] = null;
  const isBand = values.some((value) => typeof value === 'string' || typeof value === 'boolean');
  const holds = last?.holdsUntil === undefined ? NaN : toOffset(last.holdsUntil);
  return {
    name: nameOf(parts[0]),
    unit: parts.find(({ unit }) => unit !== undefined)?.unit,
    joined:
      parts[0]?.method !== undefined ? 'none' : isBand || parts.some(({ step }) => step === true) ? 'step' : 'line',
    isBand,
    times,
    values,
    marks,
    gaps,
    holdsUntil: Number.isNaN(holds) ? undefined : holds,
    notes: notesOf(parts, { times, marks, gaps }, span.length),
  };
}

function nameOf(part: PlotChunk | undefined): string {
  if (part === undefined) return '';
  const { name = part.fqn, method, inState } = part;
  const state = inState === undefined ? '' : ` ${inState === null ? 'no value' : String(inState)}`;
  return method === undefined ? name : `${name} ${method}${state}`;
}

/** Ends of the gaps by their start. A time may be written in several ways, so its text does not count. */
function gapsOf(parts: readonly PlotChunk[], toOffset: (text: string) => number): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  for (const [from, to] of parts.flatMap(({ gaps = [] }) => gaps.map((gap) => gap.map(toOffset) as [number, number]))) {
    const ends = found.get(from);
    if (ends) ends.add(to);
    else found.set(from, new Set([to]));
  }
  return found;
}

function mark(marks: Map<number, Mark>, from: number, to: number, status: Flag[2]): void {
  if (status === 'Good') return;
  for (let at = Math.max(0, from); at <= to; at++) {
    if (status === 'Bad Data') marks.set(at, 'x');
    else if (!marks.has(at)) marks.set(at, '?');
  }
}

/** Converts times to offsets from `start`; NaN for a text that is no time. A bigint for each sample would be slow. */
function offsets(start: Nanoseconds): (text: string) => number {
  const begin = formatInstant(start);
  const beginMs = Date.parse(`${begin.slice(0, 19)}Z`);
  const beginNs = Number(fractionOf(begin));
  return (text) => (Date.parse(`${text.slice(0, 19)}Z`) - beginMs) * 1e6 + (Number(fractionOf(text)) - beginNs);
}

/** The digits below a second as nanoseconds. */
const fractionOf = (text: string): string => (text.length <= 20 ? '0' : text.slice(20, -1).padEnd(9, '0'));

function notesOf(
  parts: readonly PlotChunk[],
  { times, marks, gaps }: Pick<Curve, 'times' | 'marks' | 'gaps'>,
  length: number,
): string[] {
  const isShown = (at: number): boolean => (times[at] ?? 0) >= 0 && (times[at] ?? 0) <= length;
  const shown = times.reduce((sum, _, at) => sum + Number(isShown(at)), 0);
  const count = (kind: Mark): number =>
    marks.entries().reduce((sum, [at, its]) => sum + Number(its === kind && isShown(at)), 0);
  const [bad, questionable] = [count('x'), count('?')];
  const breaks = gaps
    .values()
    .reduce((sum, at) => sum + Number((times[at] ?? 0) > 0 && (times[at - 1] ?? 0) < length), 0);
  return [
    ...(shown === 0 ? ['no samples in this range'] : []),
    ...(bad > 0 ? [`${bad} of ${shown} samples without a usable value`] : []),
    ...(questionable > 0 ? [`${questionable} of ${shown} samples questionable`] : []),
    ...(breaks > 0 ? [`${breaks} ${breaks === 1 ? 'gap' : 'gaps'}`] : []),
    ...(parts.some(({ reducedBy }) => reducedBy === 'server') ? ['partly computed by the server'] : []),
    ...(parts.some(({ truncated }) => truncated === true) ? ['cut by the limit of the request'] : []),
  ];
}
