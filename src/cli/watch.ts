/** `iota-seeqdrv watch`: prints values as they change, until it is told to stop. */
import { once } from 'node:events';
import { type BusConnection, connectBus } from '../bus/connection.ts';
import { NoAnswer, type NatsConnectionLike } from '../client/ask.ts';
import { type FollowedLease, followLease, type LeaseItem } from '../client/lease.ts';
import { busOptions } from './bus-options.ts';
import { firstConnection, quietLog, readSeedFile } from './caller.ts';
import { readConfig } from './check.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

/** The options of the command line. */
export interface WatchOptions {
  config?: string;
  interval?: number;
  count?: number;
  nkey?: string;
  topic?: string;
  json?: boolean;
}

/** Ends by a signal or after `count` lines; exit code 1 if there was no connection or the driver refused. */
export async function watch(items: string[], options: WatchOptions, terminal: Terminal): Promise<ExitCode> {
  const loaded = await readConfig(options.config, terminal);
  if (loaded === undefined) return exitCodes.usage;
  const { config } = loaded;
  const seed = await readSeedFile(options.nkey, terminal);
  if (seed === null) return exitCodes.usage;
  const bus = connectBus({
    ...busOptions(config.bus, 'iota-seeqdrv watch', quietLog(terminal)),
    ...(seed === undefined ? {} : { seed }),
  });
  try {
    await firstConnection(bus);
    const { interval } = options;
    const lease = followLease(
      liveConnection(bus),
      options.topic ?? config.reqtopic,
      { items, ...(interval === undefined ? {} : { intervalMs: interval }) },
      {
        onTrouble: (error) => {
          terminal.err(`${error.message} Trying again.`);
        },
      },
    );
    await print(lease, options, terminal);
    return exitCodes.ok;
  } catch (error) {
    terminal.err(error instanceof Error ? error.message : String(error));
    return exitCodes.failure;
  } finally {
    await bus.close();
  }
}

async function print(lease: FollowedLease, { json, count }: WatchOptions, terminal: Terminal): Promise<void> {
  const listening = new AbortController();
  const stop = (name: string): void => {
    once(process, name, { signal: listening.signal }).then(
      () => lease.stop(),
      // Nobody waits for the signal any more.
      () => undefined,
    );
  };
  for (const name of ['SIGINT', 'SIGTERM']) stop(name);
  let lines = 0;
  try {
    for await (const item of lease) {
      terminal.out(json === true ? JSON.stringify(item) : lineOf(item));
      if (++lines === count) break;
    }
  } finally {
    listening.abort();
  }
}

function lineOf(item: LeaseItem): string {
  if ('error' in item) return `${item.fqn}  ${item.error.code}: ${item.error.message}`;
  const { fqn, value, time, status, unit } = item;
  const words = [time ?? '-', fqn, JSON.stringify(value), unit ?? '', status === 'Good' ? '' : status];
  return words.filter((word) => word !== '').join('  ');
}

/** Whatever connection the bus has at the moment; after a break the lease is renewed on the next one. */
function liveConnection(bus: BusConnection): NatsConnectionLike {
  const live = () => {
    if (!bus.nats) throw new NoAnswer('There is no connection to the bus.');
    return bus.nats;
  };
  return {
    publish: (...message) => {
      live().publish(...message);
    },
    subscribe: (...subscription) => live().subscribe(...subscription),
  };
}
