/** The acknowledgements of late: they may have been lost on the way, and then their messages come again. */
export class RecentAcks {
  readonly #limit: number;
  /** Subjects of acknowledgement by number in the stream, the oldest first. */
  readonly #subjects = new Map<number, string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(seq: number, subject: string): void {
    this.#subjects.delete(seq);
    this.#subjects.set(seq, subject);
    for (const oldest of this.#subjects.keys()) {
      if (this.#subjects.size <= this.#limit) return;
      this.#subjects.delete(oldest);
    }
  }

  has(seq: number): boolean {
    return this.#subjects.has(seq);
  }

  subjects(): string[] {
    return [...this.#subjects.values()];
  }

  clear(): void {
    this.#subjects.clear();
  }
}
