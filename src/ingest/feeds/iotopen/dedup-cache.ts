/** Recent values that are safe on the bus. */
import { hash } from 'node:crypto';
import type { MessageContent, PlatformValue } from './message.ts';
import type { Reader } from './topic-map.ts';

/** At least this many values are recognized if they repeat, at most twice as many. */
const KEPT = 10_000;
/** A longer text, such as a message with a long `msg`, is stored as its digest. */
const LONGEST_KEY = 256;

export class DedupCache {
  /** Two generations: removing the oldest keys one by one is slow. */
  #now = new Set<string>();
  #before = new Set<string>();

  add(key: string): void {
    this.#now.add(key);
    if (this.#now.size < KEPT) return;
    this.#before = this.#now;
    this.#now = new Set();
  }

  has(key: string): boolean {
    return this.#now.has(key) || this.#before.has(key);
  }
}

/**
 * Key of a reader's value. It is the same for the live message and its copy in status and log, where a long integer is
 * rounded.
 */
export const keyOfValue = ({ tag }: Reader, { value, msg, sourceTime }: PlatformValue): string =>
  short(JSON.stringify([tag.id, sourceTime?.canonical, typeof value === 'string' ? Number(value) : value, msg]));

/** Key of an undecodable row. */
export const keyOfRow = (topic: string, content: MessageContent): string => short(JSON.stringify([topic, content]));

const short = (key: string): string => (key.length <= LONGEST_KEY ? key : hash('sha256', key, 'base64url'));
