/** `iota-seeqdrv history`: the samples of tags in a range, or values of intervals. */
import { RequestRefused } from '../../client/lease-session.ts';
import { parseInterval } from '../../contract/time/interval.ts';
import type { AggregateMethod } from '../../contract/functions/data.ts';
import { count } from '../../lib/wording/phrases.ts';
import type { CallerOptions } from '../caller-options.ts';
import { type Driver, withDriver } from '../connect.ts';
import { printable } from '../output/printable.ts';
import { type FormatOptions, openRows, type RowWriter } from '../output/rows.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { type SampleRow, sampleShape, samplesOf, type SeriesItem } from './samples.ts';
import { findItems, type NamedItem, type NameOptions, namesOf } from './tags.ts';
import { rangeOf, type RangeOptions, timesOf } from './times.ts';

/** The options of the command line. */
export interface HistoryOptions extends CallerOptions, FormatOptions, NameOptions, RangeOptions {
  interpolated?: boolean;
  aggregate?: AggregateMethod[];
  interval?: string;
  count?: number;
  limit?: number;
}

/** Samples of one answer. Longer series come in several answers. */
const PAGE_SAMPLES = 10_000;

/** Prints one row a sample, tag by tag. Memory does not grow with the range. */
export function history(texts: readonly string[], options: HistoryOptions, terminal: Terminal): Promise<ExitCode> {
  const problem = intervalProblem(options);
  if (problem !== undefined) {
    terminal.err(problem);
    return Promise.resolve(exitCodes.usage);
  }
  return withDriver(options, 'history', terminal, async (driver) => {
    const times = timesOf(options, driver.caller.timeZone);
    const range = rangeOf(options, times);
    const items = await findItems(driver, await namesOf(texts, terminal), 'tag', options, terminal);
    if (items === undefined) return exitCodes.name;
    const { aggregate } = options;
    const rows = openRows(
      sampleShape(times.timeZone, { tags: items.length > 1, methods: aggregate }),
      options,
      terminal,
    );
    const progress = new Progress(terminal);
    let failed = 0;
    for (const item of items) {
      try {
        const chunks = seriesOf(driver, item, { ...range, timeZone: times.timeZone }, options);
        if (!(await printSeries(chunks, item, options, rows, progress, terminal))) failed++;
      } catch (error) {
        if (!(error instanceof RequestRefused)) throw error;
        failed++;
        reportFailure(item, error, terminal);
      }
    }
    rows.end();
    if (progress.samples === 0 && failed === 0) terminal.err('There is no sample in this range.');
    return failed === 0 ? exitCodes.ok : failed === items.length ? exitCodes.failure : exitCodes.partial;
  });
}

/** Intervals need a length or a number, and recorded samples have neither. */
function intervalProblem({
  interpolated,
  aggregate,
  interval,
  count: number,
  limit,
}: HistoryOptions): string | undefined {
  const computes = interpolated === true || aggregate !== undefined;
  if (computes && (interval === undefined) === (number === undefined)) {
    return `${aggregate === undefined ? '--interpolated' : '--aggregate'}: needs either --interval, such as 15min, or --count.`;
  }
  if (!computes && (interval ?? number) !== undefined) {
    return '--interval and --count: belong to --interpolated or --aggregate.';
  }
  if (computes && limit !== undefined) return '--limit: is for recorded samples; use --count.';
  return undefined;
}

interface Range {
  readonly start: string;
  readonly end: string;
  readonly timeZone: string;
}

/** One request for each tag, so that its samples are together and in order. */
function seriesOf(
  { client, signal }: Driver,
  { fqn }: NamedItem,
  range: Range,
  { interpolated, aggregate, interval, count: number, limit }: HistoryOptions,
): AsyncGenerator<SeriesItem> {
  if (interval !== undefined) checkInterval(interval);
  const params = { items: [fqn], ...range };
  const grid = { ...(interval === undefined ? {} : { interval }), ...(number === undefined ? {} : { count: number }) };
  if (aggregate !== undefined) {
    return client.items('aggregated', { ...params, ...grid, methods: aggregate }, { signal });
  }
  if (interpolated === true) return client.items('interpolated', { ...params, ...grid }, { signal });
  return client.items('discrete', { ...params, limit: Math.min(limit ?? PAGE_SAMPLES, PAGE_SAMPLES) }, { signal });
}

/** @throws UsageError, before anything is sent */
function checkInterval(interval: string): void {
  try {
    parseInterval(interval);
  } catch (error) {
    throw new UsageError(`--interval: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @returns whether the series could be read */
async function printSeries(
  chunks: AsyncIterable<SeriesItem>,
  item: NamedItem,
  { limit = Infinity }: HistoryOptions,
  rows: RowWriter<SampleRow>,
  progress: Progress,
  terminal: Terminal,
): Promise<boolean> {
  let printed = 0;
  for await (const chunk of chunks) {
    if ('error' in chunk) {
      reportFailure(item, chunk.error, terminal);
      return false;
    }
    for (const sample of samplesOf(chunk, item)) {
      if (printed === limit) return true;
      printed++;
      const room = rows.write(sample);
      if (room !== undefined) await room;
    }
    progress.add(chunk.times.length);
  }
  return true;
}

function reportFailure({ label }: NamedItem, { code, message }: { code: string; message: string }, terminal: Terminal) {
  terminal.err(printable(`${label}: ${code}: ${message}`));
}

/** Counts samples on a terminal. */
class Progress {
  samples = 0;
  readonly #show: Terminal['progress'];

  constructor({ progress, screen }: Terminal) {
    // Rows on the same screen already show it.
    this.#show = screen === undefined ? progress : undefined;
  }

  add(samples: number): void {
    this.samples += samples;
    this.#show?.(count(this.samples, 'sample'));
  }
}
