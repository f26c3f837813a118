/**
 * What a lease has sent, as a fingerprint for each item. A renewal needs only that, so it is the content of a lease's cursor.
 * It is bound to the items. Interval and length may change from one lease to the next.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { FINGERPRINT_LENGTH, NO_FINGERPRINT } from './poll-result.ts';

/** Most items whose fingerprints fit into a cursor. */
export const MOST_ITEMS = 20_000;

export class SentState {
  readonly #question: unknown;
  readonly #fingerprints: string[];

  private constructor(question: unknown, fingerprints: string[]) {
    this.#question = question;
    this.#fingerprints = fingerprints;
  }

  /**
   * An empty state, or that of the previous lease's cursor.
   * @throws DriverError `badRequest` if it is not a cursor of these items
   */
  static of(items: readonly string[], cursor: string | undefined): SentState {
    const question = ['eventpipepoll', hash('sha256', JSON.stringify(items))];
    const all =
      cursor === undefined ? NO_FINGERPRINT.repeat(items.length) : decodeCursor(cursor, question, ofLength(items));
    return new SentState(
      question,
      items.map((_item, index) => all.slice(index * FINGERPRINT_LENGTH, (index + 1) * FINGERPRINT_LENGTH)),
    );
  }

  get(index: number): string {
    return this.#fingerprints[index] ?? NO_FINGERPRINT;
  }

  set(index: number, fingerprint: string): void {
    this.#fingerprints[index] = fingerprint;
  }

  toCursor(): string {
    return encodeCursor(this.#question, this.#fingerprints.join(''));
  }
}

const ofLength = (items: readonly string[]) => z.string().length(items.length * FINGERPRINT_LENGTH);
