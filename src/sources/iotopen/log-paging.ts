/** Where to go on in a log that is read page by page, from the oldest row on, while the platform goes on changing it. */
import { DriverError } from '../../contract/errors.ts';
import type { LogPage, Row } from './rows.ts';

/** Pages of nothing but the rows of the page before, which a log may hold, but not without end. */
const MOST_EQUAL_PAGES = 100;

export class LogPaging {
  readonly #platform: string;
  #offset = 0;
  #ended = false;
  #before: readonly Row[] = [];
  #equal = 0;
  /** Rows of the whole range, as the page before had it. */
  #total = 0;
  /** The most that it had, and what was deleted since the first page. */
  #most = 0;
  #deleted = 0;

  /** @param platform for texts */
  constructor(platform: string) {
    this.#platform = platform;
  }

  /** Where the next page begins. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether there is no further page. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * A page has come.
   * @throws DriverError where reading on would have no end
   */
  take({ rows, count, total }: LogPage): void {
    this.#look(rows);
    const deleted = total === undefined ? 0 : this.#total - total;
    this.#total = total ?? 0;
    this.#most = Math.max(this.#most, this.#total);
    if (deleted > 0) {
      this.#deleted += deleted;
      // More than there ever was: its counts are no counts, and following them would go back without end.
      if (this.#deleted > this.#most) {
        throw new DriverError('sourceError', `${this.#platform} counts the rows of its log differently each time.`);
      }
      // That has moved others to where they would not be asked for any more.
      this.#offset = Math.max(0, this.#offset - deleted);
      return;
    }
    this.#offset += count;
    // A page shorter than asked for is not the last one where the platform has a bound of its own.
    this.#ended = count === 0 || (total !== undefined && this.#offset >= total);
  }

  /** Only equal rows may come again on the next page. */
  #look(rows: readonly Row[]): void {
    this.#equal = rows.length > 0 && JSON.stringify(rows) === JSON.stringify(this.#before) ? this.#equal + 1 : 0;
    this.#before = rows;
    const uniform = JSON.stringify(rows.at(0)) === JSON.stringify(rows.at(-1));
    if (this.#equal <= (uniform ? MOST_EQUAL_PAGES : 0)) return;
    throw new DriverError('sourceError', `${this.#platform} gives the same part of its log again and again.`);
  }
}
