/** Lines that wait to be written, in limited memory. */
const MOST_BYTES = 1024 * 1024;
/** Estimated overhead of a waiting line. */
const LINE_BYTES = 64;

export class LineBuffer {
  readonly #maxBytes: number;
  #lines: string[] = [];
  /** Number of these that are taken already. */
  #done = 0;
  #bytes = 0;
  #dropped = 0;
  #untold = 0;

  constructor(maxBytes = MOST_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#done === this.#lines.length;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Keeps a line, or drops it if there is no room. */
  add(line: string): void {
    const bytes = line.length + LINE_BYTES;
    if (!this.isEmpty && this.#bytes + bytes > this.#maxBytes) {
      this.#dropped++;
      this.#untold++;
      return;
    }
    this.#lines.push(line);
    this.#bytes += bytes;
  }

  /** Takes the first lines, about as many bytes, at least one line. Undefined if there is none. */
  take(bytes: number): Buffer | undefined {
    if (this.isEmpty) return undefined;
    let text = '';
    let end = this.#done;
    for (; end < this.#lines.length; end++) {
      const line = this.#lines[end] ?? '';
      if (text !== '' && text.length + line.length > bytes) break;
      text += line;
      this.#bytes -= line.length + LINE_BYTES;
    }
    // Removes taken lines in batches: removing each first element moves all others.
    const isMany = end === this.#lines.length || end >= 1024;
    if (isMany) this.#lines.splice(0, end);
    this.#done = isMany ? 0 : end;
    return Buffer.from(text);
  }

  /** Takes all lines. */
  takeAll(): string {
    const text = this.#lines.slice(this.#done).join('');
    this.#lines = [];
    this.#done = 0;
    this.#bytes = 0;
    return text;
  }

  /** Lines dropped since the last call. */
  takeDropped(): number {
    const lines = this.#untold;
    this.#untold = 0;
    return lines;
  }
}
