/** The read position in a log that is read page by page, oldest row first, while the platform changes it. */
import { DriverError } from '../../contract/errors.ts';
import type { LogPage, Row } from './log-entry.ts';

/**
 * Most consecutive pages of nothing but rows of the previous page. A log may contain such pages, but not without end.
 */
const MOST_EQUAL_PAGES = 100;

export class LogPaging {
  readonly #platform: string;
  #offset = 0;
  /** Offset of the last page. */
  #last = 0;
  #ended = false;
  #before: readonly Row[] = [];
  #equal = 0;
  /** Number of rows of the whole range, from the previous page. */
  #total = 0;
  /** The largest number so far, and the rows deleted since the first page. */
  #most = 0;
  #deleted = 0;

  /** @param platform name of the platform in messages */
  constructor(platform: string) {
    this.#platform = platform;
  }

  /** Offset of the next page. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether there is no further page. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Records a page.
   * @throws DriverError if reading would never end
   */
  take({ rows, count, total }: LogPage): void {
    this.#look(rows);
    this.#last = this.#offset;
    const deleted = total === undefined ? 0 : this.#total - total;
    this.#total = total ?? 0;
    this.#most = Math.max(this.#most, this.#total);
    if (deleted > 0) {
      this.#deleted += deleted;
      // More than ever existed: the counts are invalid, and following them would go back without end.
      if (this.#deleted > this.#most) {
        throw new DriverError('sourceError', `${this.#platform} counts the rows of its log differently each time.`);
      }
      // The deletion has moved rows to offsets that are read already.
      this.#offset = Math.max(0, this.#offset - deleted);
      return;
    }
    this.#offset += count;
    // A short page is not the last one if the platform has its own page limit.
    this.#ended = count === 0 || (total !== undefined && this.#offset >= total);
  }

  /** Makes the last page the next one, for the case that it was not processed, or that the log has changed since. */
  repeatPage(): void {
    this.#offset = Math.min(this.#offset, this.#last);
    this.#ended = false;
    this.#before = [];
    this.#most = this.#total;
    this.#deleted = 0;
  }

  /** Only equal rows may repeat on the next page. */
  #look(rows: readonly Row[]): void {
    this.#equal = rows.length > 0 && JSON.stringify(rows) === JSON.stringify(this.#before) ? this.#equal + 1 : 0;
    this.#before = rows;
    const uniform = JSON.stringify(rows.at(0)) === JSON.stringify(rows.at(-1));
    if (this.#equal <= (uniform ? MOST_EQUAL_PAGES : 0)) return;
    throw new DriverError('sourceError', `${this.#platform} gives the same part of its log again and again.`);
  }
}
