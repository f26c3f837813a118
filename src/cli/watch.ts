/** `iota-seeqdrv watch`: prints values as they change, until it is stopped. */
import { once } from 'node:events';
import type { FollowedLease, LeaseItem } from '../client/lease.ts';
import type { CallerOptions } from './caller-options.ts';
import { withDriver } from './connect.ts';
import { printable } from './output/printable.ts';
import { type FormatOptions, openRows } from './output/rows.ts';
import { findItems, type NamedItem, type NameOptions, namesOf } from './query/tags.ts';
import { timesOf, type TimeOptions } from './query/times.ts';
import { valueShape } from './query/values.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** The options of the command line. */
export interface WatchOptions extends CallerOptions, FormatOptions, NameOptions, TimeOptions {
  interval?: number;
  count?: number;
}

/** Ends on a signal, after `count` rows, when the pipe is closed, or when no item can get a value any more. */
export function watch(texts: readonly string[], options: WatchOptions, terminal: Terminal): Promise<ExitCode> {
  return withDriver(options, 'watch', terminal, async (driver) => {
    const { timeZone } = timesOf(options, driver.caller.timeZone);
    const items = await findItems(driver, await namesOf(texts, terminal), 'tag', options, terminal);
    if (items === undefined) return exitCodes.name;
    const { interval } = options;
    const lease = driver.client.follow(
      { items: items.map(({ fqn }) => fqn), ...(interval === undefined ? {} : { intervalMs: interval }) },
      {
        onFailure: (error) => {
          terminal.err(printable(`${error.message} Trying again.`));
        },
      },
    );
    if (driver.signal.aborted) void lease.stop();
    else driver.signal.addEventListener('abort', () => void lease.stop(), { once: true });
    return print(lease, items, timeZone, options, terminal);
  });
}

async function print(
  lease: FollowedLease,
  items: readonly NamedItem[],
  timeZone: string,
  options: WatchOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const listening = new AbortController();
  const stop = (ended: Promise<unknown>): void => {
    ended.then(
      () => lease.stop(),
      // The command no longer waits for it.
      () => undefined,
    );
  };
  const { signal } = listening;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) stop(once(process, name, { signal }));
  const rows = openRows(valueShape(timeZone), options, terminal, { live: true });
  const seen = new Seen(items.length);
  try {
    for await (const item of lease) {
      const { index, ...rest } = item;
      await rows.write({ tag: items[index]?.label ?? item.fqn, ...rest });
      seen.add(item);
      if (seen.hopeless) {
        terminal.err('No item can be read, and trying again does not help: see the error of each.');
        return exitCodes.failure;
      }
      if (seen.lines === options.count) return seen.values > 0 ? exitCodes.ok : exitCodes.failure;
    }
    return exitCodes.ok;
  } finally {
    rows.end();
    listening.abort();
  }
}

/** The printed items. */
class Seen {
  readonly #items: number;
  /** Items whose last result is a permanent error. */
  readonly #failed = new Set<number>();
  lines = 0;
  values = 0;

  /** @param items number of watched items */
  constructor(items: number) {
    this.#items = items;
  }

  add(item: LeaseItem): void {
    this.lines++;
    if (!('error' in item)) this.values++;
    if ('error' in item && !item.error.retryable) this.#failed.add(item.index);
    else this.#failed.delete(item.index);
  }

  /** True when no item can get a value any more. */
  get hopeless(): boolean {
    return this.#failed.size === this.#items;
  }
}
