/** `iota-seeqdrv watch`: prints values as they change, until it is told to stop. */
import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import { type BusConnection, connectBus } from '../bus/connection.ts';
import { NoAnswer, type NatsConnectionLike } from '../client/ask.ts';
import { type FollowedLease, followLease, type LeaseItem } from '../client/lease.ts';
import type { Config } from '../config/config.ts';
import { busOptions } from './assemble.ts';
import { firstConnection, quietLog, readSeedFile } from './caller.ts';
import { configOption, readConfig } from './check.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';

interface WatchOptions {
  config?: string;
  interval?: number;
  count?: number;
  nkey?: string;
  topic?: string;
  json?: boolean;
}

export function watchCommand(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  return new Command('watch')
    .description('print values as they change, until SIGINT or SIGTERM')
    .argument('<fqn...>', 'fully qualified names, as searches return them')
    .option(...configOption)
    .option('--interval <ms>', 'how often the values are read, at least 1000 (default: 5000)', readWhole)
    .option('--count <n>', 'end after so many lines', readWhole)
    .option('--nkey <file>', 'file with the NKey seed to use instead of the key of the driver itself')
    .option('--topic <subject>', 'request topic, if it is not that of the configuration')
    .option('--json', 'print each change as a JSON item of the answer', false)
    .action(async (items: string[], options: WatchOptions) => {
      const loaded = await readConfig(options.config, terminal);
      finish(loaded ? await watch(items, options, loaded.config, terminal) : exitCodes.usage);
    });
}

async function watch(items: string[], options: WatchOptions, config: Config, terminal: Terminal): Promise<ExitCode> {
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

function readWhole(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
