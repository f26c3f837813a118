/** What the commands share that ask a running driver over the bus. */
import { readFile } from 'node:fs/promises';
import type { BusConnection } from '../bus/connection.ts';
import { readFailure } from '../config/files.ts';
import type { Terminal } from './terminal.ts';

/** The seed of another identity; undefined when none was asked for, null when it cannot be read. */
export async function readSeedFile(path: string | undefined, terminal: Terminal): Promise<string | undefined | null> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    terminal.err(`--nkey: the file ${path} ${readFailure(error)}; it must be a file with an NKey seed.`);
    return null;
  }
}

/** A person waits: the first problem ends the attempt instead of being tried again for ever. */
export async function firstConnection(bus: BusConnection) {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (bus.state === 'connected') resolve();
      else if (bus.problem) reject(new Error(bus.problem.message));
    };
    bus.onState(look);
    look();
  });
  if (!bus.nats) throw new Error('The connection to the bus was lost.');
  return bus.nats;
}

/** `firstConnection` tells why there is no connection (lines with a `reason`); only errors beyond that are worth a line. */
export function quietLog(terminal: Terminal) {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (facts: object, message: string) => {
      if (!('reason' in facts)) terminal.err(message);
    },
  };
}
