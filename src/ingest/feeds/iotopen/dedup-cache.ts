/** What is safe on the bus already, as far as is remembered. */
import { hash } from 'node:crypto';
import type { Said, Sample } from './message.ts';
import type { Reader } from './topic-map.ts';

/** So many values at least are recognized if they come again, and twice as many at most. */
const KEPT = 10_000;
/** A longer text, such as that of a message with a long `msg`, is kept as its digest. */
const LONGEST_KEY = 256;

export class DedupCache {
  /** Two generations: to forget the oldest one by one would be slow. */
  #now = new Set<string>();
  #before = new Set<string>();

  add(key: string): void {
    this.#now.add(key);
    if (this.#now.size < KEPT) return;
    this.#before = this.#now;
    this.#now = new Set();
  }

  forget(): void {
    this.#now.clear();
    this.#before.clear();
  }

  has(key: string): boolean {
    return this.#now.has(key) || this.#before.has(key);
  }
}

/** A value of a reader; the same for the live message and its echo in status and log, where a long integer is rounded. */
export const keyOfValue = ({ tag }: Reader, { value, msg, claimed }: Sample): string =>
  short(JSON.stringify([tag.id, claimed?.canonical, typeof value === 'string' ? Number(value) : value, msg]));

/** A row that cannot be understood. */
export const keyOfRow = (topic: string, said: Said): string => short(JSON.stringify([topic, said]));

const short = (key: string): string => (key.length <= LONGEST_KEY ? key : hash('sha256', key, 'base64url'));
