/** Reassembles the messages of one answer: in order, each once, none missing. */
import type { AnswerMessage } from '../contract/answer.ts';
import type { ErrorBody } from '../contract/errors.ts';
import type { SeriesChunk } from '../contract/series.ts';
import { hasGaps, isSeriesChunk } from '../contract/series.ts';

/** A complete answer. */
export interface Answer {
  /** As in the request. */
  id: string | number;
  function: string;
  status: AnswerMessage['status'];
  items: object[];
  error?: ErrorBody;
  meta: NonNullable<AnswerMessage['meta']>;
  /** Number of its messages. */
  messages: number;
}

/** The answer cannot be reassembled. The text says why. */
export class IncompleteResponse extends Error {
  override readonly name = 'IncompleteResponse';
}

/** Accepts each message once and in order. After a bus break a message may arrive twice. */
export class AnswerOrder {
  #next = 0;

  /** @returns false for a repeated message; @throws IncompleteResponse when one is missing */
  accept(message: Pick<AnswerMessage, 'seq'>): boolean {
    if (message.seq < this.#next) return false;
    if (message.seq > this.#next) {
      throw new IncompleteResponse(`Message ${this.#next} of the answer is missing; ask again.`);
    }
    this.#next++;
    return true;
  }
}

/**
 * Joins the chunks of a series (same index, and same method and state if there are several). Other items stay as they
 * are. Memory grows with the series, so stream long ones.
 */
export function joinSeries(items: readonly object[]): object[] {
  const series = new Map<string, SeriesChunk>();
  const joined: object[] = [];
  for (const item of items) {
    if (!isSeriesChunk(item)) {
      joined.push(item);
      continue;
    }
    const key = keyOf(item);
    const before = series.get(key);
    if (before) append(before, item);
    else {
      const first = structuredClone(item);
      series.set(key, first);
      joined.push(first);
    }
  }
  return joined;
}

function keyOf(chunk: SeriesChunk & { method?: unknown; inState?: unknown }): string {
  return JSON.stringify([chunk.index, chunk.method, chunk.inState]);
}

function append(series: SeriesChunk, chunk: SeriesChunk): void {
  const offset = series.times.length;
  for (const [from, to, status] of chunk.flags ?? []) {
    const flags = (series.flags ??= []);
    const last = flags.at(-1);
    // Joins a status range that was split.
    if (last?.[2] === status && last[1] === from + offset - 1) last[1] = to + offset;
    else flags.push([from + offset, to + offset, status]);
  }
  if (chunk.states || series.states) {
    series.states ??= new Array<number | null>(offset).fill(null);
    for (let i = 0; i < chunk.times.length; i++) series.states.push(chunk.states?.[i] ?? null);
  }
  if (hasGaps(chunk)) {
    if (hasGaps(series)) series.gaps.push(...chunk.gaps);
    else Object.assign(series, { gaps: [...chunk.gaps] });
  }
  for (const time of chunk.times) series.times.push(time);
  for (const value of chunk.values) series.values.push(value);
  if (chunk.more === undefined) delete series.more;
  if (chunk.truncated !== undefined) series.truncated = chunk.truncated;
  if (chunk.unit !== undefined) series.unit = chunk.unit;
}
