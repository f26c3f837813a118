/**
 * What a lease has sent, as a mark for each item. A renewal needs only that, so it is the content of a lease's cursor.
 * It is bound to the items. Interval and length may change from one lease to the next.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { MARK_LENGTH, NO_MARK } from './poll-result.ts';

/** Most items whose marks fit into a cursor. */
export const MOST_ITEMS = 20_000;

export class SentState {
  readonly #question: unknown;
  readonly #marks: string[];

  private constructor(question: unknown, marks: string[]) {
    this.#question = question;
    this.#marks = marks;
  }

  /**
   * An empty state, or that of the previous lease's cursor.
   * @throws DriverError `badRequest` if it is not a cursor of these items
   */
  static of(items: readonly string[], cursor: string | undefined): SentState {
    const question = ['eventpipepoll', hash('sha256', JSON.stringify(items))];
    const all = cursor === undefined ? NO_MARK.repeat(items.length) : decodeCursor(cursor, question, ofLength(items));
    return new SentState(
      question,
      items.map((_item, index) => all.slice(index * MARK_LENGTH, (index + 1) * MARK_LENGTH)),
    );
  }

  get(index: number): string {
    return this.#marks[index] ?? NO_MARK;
  }

  set(index: number, mark: string): void {
    this.#marks[index] = mark;
  }

  toCursor(): string {
    return encodeCursor(this.#question, this.#marks.join(''));
  }
}

const ofLength = (items: readonly string[]) => z.string().length(items.length * MARK_LENGTH);
