/** Items of an answer as JSON that fits a message. */
import type { AnswerItem, FailedItem } from '../../contract/answer.ts';
import { errorCodes } from '../../contract/errors.ts';
import { halveSeries, isSeriesChunk, sliceColumns, type SeriesChunk } from '../../contract/series.ts';

/** From this length on, the size of a series is estimated from its first samples before it is serialized. */
const longSeries = 2048;
const measuredSamples = 64;

/**
 * Returns an item as JSON. A series of more than `room` bytes is halved until its parts fit, and each part is
 * serialized when it is read. Anything else of more than `room` bytes is returned as it is.
 */
export function serialize(item: AnswerItem, room: number): string | Generator<string> {
  if (!isDivisible(item)) return JSON.stringify(item);
  const estimate = item.times.length < longSeries ? 0 : estimateBytes(item);
  if (estimate > room) return halvesOf(item, estimate, room);
  const text = JSON.stringify(item);
  const bytes = Buffer.byteLength(text);
  return bytes > room ? halvesOf(item, bytes, room) : text;
}

/** The halves of a series that does not fit any more. Undefined for anything that cannot be halved. */
export function serializeHalves(text: string, room: number): Generator<string> | undefined {
  const item = JSON.parse(text) as AnswerItem;
  return isDivisible(item) ? halvesOf(item, Buffer.byteLength(text), room) : undefined;
}

/** The error that replaces an item that does not fit. Overlong names in it are left out. */
export function tooLargeItem(text: string, room: number): string {
  const { index, fqn, host } = JSON.parse(text) as { index?: unknown; fqn?: unknown; host?: unknown };
  const bytes = Buffer.byteLength(text);
  const isShort = (name: unknown): name is string => typeof name === 'string' && name.length <= room / 4;
  return JSON.stringify({
    ...(typeof index === 'number' ? { index } : {}),
    ...(isShort(fqn) ? { fqn } : {}),
    ...(isShort(host) ? { host } : {}),
    error: {
      code: 'tooLarge',
      message: `This item has ${bytes} bytes of JSON; a message has room for ${room}. ${errorCodes.tooLarge.advice}`,
      retryable: false,
      details: { bytes, room },
    },
  } satisfies FailedItem);
}

/** `bytes` is the size of the series, or an estimate. Halves that are too large as well are not serialized. */
function* halvesOf(series: SeriesChunk, bytes: number, room: number): Generator<string> {
  for (const half of halveSeries(series) ?? []) {
    // A single sample is always measured: it may be small although its neighbors are not.
    const parts = bytes / 2 > room && isDivisible(half) ? halvesOf(half, bytes / 2, room) : serialize(half, room);
    if (typeof parts === 'string') yield parts;
    else yield* parts;
  }
}

function isDivisible(item: AnswerItem): item is SeriesChunk {
  return isSeriesChunk(item) && item.times.length > 1;
}

/** Estimates the JSON size of a long series from its first samples. */
function estimateBytes(series: SeriesChunk): number {
  const sample = Buffer.byteLength(JSON.stringify(sliceColumns(series, 0, measuredSamples)));
  return (sample / measuredSamples) * series.times.length;
}
