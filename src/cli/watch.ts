/** `iota-seeqdrv watch`: prints values as they change, until it is stopped. */
import { once } from 'node:events';
import type { BusConnection } from '../bus/connection/connection.ts';
import { NoResponse, type NatsConnectionLike } from '../client/request.ts';
import { type FollowedLease, followLease, type LeaseItem } from '../client/lease.ts';
import { callerOf, type CallerOptions } from './caller-options.ts';
import { connectCaller, firstConnection } from './connect.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** The options of the command line. */
export interface WatchOptions extends CallerOptions {
  interval?: number;
  count?: number;
  json?: boolean;
}

/** Ends on a signal, after `count` lines, when the pipe is closed, or when no item can get a value any more. */
export async function watch(items: string[], options: WatchOptions, terminal: Terminal): Promise<ExitCode> {
  const caller = await callerOf(options, terminal);
  if (caller === undefined) return exitCodes.usage;
  const { topic, inboxPrefix } = caller;
  const { bus, denied } = connectCaller(caller, 'iota-seeqdrv watch', terminal);
  try {
    await firstConnection(bus);
    const { interval } = options;
    const lease = followLease(
      liveConnection(bus),
      topic,
      { items, ...(interval === undefined ? {} : { intervalMs: interval }) },
      {
        ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
        onFailure: (error) => {
          terminal.err(`${error.message} Trying again.`);
        },
      },
    );
    denied.catch(() => lease.stop());
    return await Promise.race([denied, print(lease, items.length, options, terminal)]);
  } catch (error) {
    const reason: unknown = await Promise.race([denied, new Promise(setImmediate)]).then(
      () => error,
      (denial: unknown) => denial,
    );
    terminal.err(reason instanceof Error ? reason.message : String(reason));
    return exitCodes.failure;
  } finally {
    await bus.close();
  }
}

async function print(
  lease: FollowedLease,
  count: number,
  { json, count: lines = Infinity }: WatchOptions,
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
  const { closed } = terminal;
  if (closed?.aborted === true) void lease.stop();
  else if (closed !== undefined) stop(once(closed, 'abort', { signal }));
  const seen = new Seen(count);
  try {
    for await (const item of lease) {
      terminal.out(json === true ? JSON.stringify(item) : lineOf(item));
      seen.add(item);
      if (seen.hopeless) {
        terminal.err('No item can be read, and trying again does not help: see the error of each.');
        return exitCodes.failure;
      }
      if (seen.lines === lines) return seen.values > 0 ? exitCodes.ok : exitCodes.failure;
    }
    return exitCodes.ok;
  } finally {
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

function lineOf(item: LeaseItem): string {
  if ('error' in item) return `${item.fqn}  ${item.error.code}: ${item.error.message}`;
  const { fqn, value, time, status, unit } = item;
  const words = [time ?? '-', fqn, JSON.stringify(value), unit ?? '', status === 'Good' ? '' : status];
  return words.filter((word) => word !== '').join('  ');
}

/** The current connection of the bus. After a break the lease is renewed on the next one. */
function liveConnection(bus: BusConnection): NatsConnectionLike {
  const live = () => {
    if (!bus.nats) throw new NoResponse('There is no connection to the bus.');
    return bus.nats;
  };
  return {
    publish: (...message) => {
      live().publish(...message);
    },
    subscribe: (...subscription) => live().subscribe(...subscription),
  };
}
