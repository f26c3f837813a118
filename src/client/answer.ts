/** Reassembles the messages of one answer: in order, each once, none missing. */
import type { AnswerMessage } from '../contract/answer.ts';
import type { ErrorBody } from '../contract/errors.ts';
import type { SeriesPiece } from '../contract/series.ts';
import { hasGaps, isSeriesPiece } from '../contract/series.ts';

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
  const series = new Map<string, SeriesPiece>();
  const joined: object[] = [];
  for (const item of items) {
    if (!isSeriesPiece(item)) {
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

function keyOf(piece: SeriesPiece & { method?: unknown; inState?: unknown }): string {
  return JSON.stringify([piece.index, piece.method, piece.inState]);
}

function append(series: SeriesPiece, piece: SeriesPiece): void {
  const offset = series.times.length;
  for (const [from, to, status] of piece.flags ?? []) {
    const flags = (series.flags ??= []);
    const last = flags.at(-1);
    // Joins a status range that was split.
    if (last?.[2] === status && last[1] === from + offset - 1) last[1] = to + offset;
    else flags.push([from + offset, to + offset, status]);
  }
  if (piece.states || series.states) {
    series.states ??= new Array<number | null>(offset).fill(null);
    for (let i = 0; i < piece.times.length; i++) series.states.push(piece.states?.[i] ?? null);
  }
  if (hasGaps(piece)) {
    if (hasGaps(series)) series.gaps.push(...piece.gaps);
    else Object.assign(series, { gaps: [...piece.gaps] });
  }
  for (const time of piece.times) series.times.push(time);
  for (const value of piece.values) series.values.push(value);
  if (piece.more === undefined) delete series.more;
  if (piece.truncated !== undefined) series.truncated = piece.truncated;
  if (piece.unit !== undefined) series.unit = piece.unit;
}
