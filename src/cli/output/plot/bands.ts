/** Series of texts, enumerations and booleans as bands: which value holds in each column of the drawing. */
import type { Curve } from './curve.ts';
import { columnOf } from './strokes.ts';

/** Neighbouring columns with the same content. */
export interface Stretch {
  from: number;
  /** Exclusive. */
  to: number;
  /** Index of the value in `values`, or `several` if a column holds more values than can be shown. */
  value: number;
}

/** More than one value in a single column. */
export const several = -1;

export interface Band {
  /** Distinct values in the order in which they first appear. */
  values: string[];
  stretches: Stretch[];
}

interface Segment {
  from: number;
  to: number;
  value: number;
}

export function bandOf(curve: Curve, length: number, columns: number): Band {
  const values = new Map<string, number>();
  const paper = new Paper(columns, length);
  for (const { from, to, text } of segmentsOf(curve)) {
    if (to < 0 || from > length) continue;
    let value = values.get(text);
    if (value === undefined) values.set(text, (value = values.size));
    paper.add({ from: Math.max(0, from), to: Math.min(length, to), value });
  }
  return { values: Array.from(values.keys()), stretches: paper.stretches() };
}

/** Each value with the time for which it holds; equal neighbours are one. One that does not hold has no length. */
function* segmentsOf({
  times,
  values,
  gaps,
  joined,
  holdsUntil,
}: Curve): Generator<{ from: number; to: number; text: string }> {
  let open: { from: number; to: number; text: string } | undefined;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (value === null || value === undefined) continue;
    const from = times[at] ?? 0;
    const next = at + 1 < values.length ? (gaps.has(at + 1) ? undefined : times[at + 1]) : holdsUntil;
    const to = joined === 'none' || next === undefined ? from : Math.max(from, next);
    const text = String(value);
    if (open?.text === text && open.to === from) {
      open.to = to;
      continue;
    }
    if (open) yield open;
    open = { from, to, text };
  }
  if (open) yield open;
}

/** Columns, each of which shows the value that fills most of it. A value that fills none makes its column `several`. */
class Paper {
  readonly #columns: number;
  readonly #length: number;
  /** The value of each column, and the part of the column that it fills. */
  readonly #values: Int32Array;
  readonly #parts: Float64Array;
  /** The segment whose value each column shows. */
  readonly #owners: Int32Array;
  readonly #segments: { column: number; value: number; isNarrow: boolean }[] = [];

  constructor(columns: number, length: number) {
    this.#columns = columns;
    this.#length = length;
    this.#values = new Int32Array(columns).fill(NOTHING);
    this.#parts = new Float64Array(columns);
    this.#owners = new Int32Array(columns).fill(-1);
  }

  add({ from, to, value }: Segment): void {
    const scale = this.#columns / this.#length;
    const [first, last] = [this.#columnOf(from), this.#columnOf(to)];
    const owner = this.#segments.length;
    this.#segments.push({ column: first, value, isNarrow: last - first < 2 });
    for (let column = first; column <= last; column++) {
      const part = Math.min(to * scale, column + 1) - Math.max(from * scale, column);
      // An event without length shows where nothing else does.
      if (this.#owners[column] !== -1 && part <= (this.#parts[column] ?? 0)) continue;
      if (part <= 0 && column > first) continue;
      this.#values[column] = value;
      this.#parts[column] = part;
      this.#owners[column] = owner;
    }
  }

  stretches(): Stretch[] {
    this.#markHidden();
    const found: Stretch[] = [];
    for (const [column, value] of this.#values.entries()) {
      const last = found.at(-1);
      if (value === NOTHING) continue;
      if (last?.to === column && last.value === value) last.to++;
      else found.push({ from: column, to: column + 1, value });
    }
    return found;
  }

  /** Marks columns in which a whole segment would not be seen. */
  #markHidden(): void {
    const owners = this.#owners.slice();
    const values = this.#values.slice();
    for (const [owner, { column, value, isNarrow }] of this.#segments.entries()) {
      if (!isNarrow) continue;
      const isSeen = [column, column + 1].some((at) => owners[at] === owner || (at === column && values[at] === value));
      if (!isSeen) this.#values[column] = several;
    }
  }

  #columnOf(time: number): number {
    return columnOf(time, this.#length, this.#columns);
  }
}

/** No value in a column. */
const NOTHING = -2;
