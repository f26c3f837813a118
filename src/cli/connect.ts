/** Shared code of the commands that send requests to a running driver over the bus. */
import { connectBus, type BusConnection } from '../bus/connection/connection.ts';
import { type Client, createClient } from '../client/client.ts';
import { NoResponse, type NatsConnectionLike } from '../client/request.ts';
import { DriverError } from '../contract/errors.ts';
import { callerOf, type CallerOptions, type CallerSettings } from './caller-options.ts';
import { printable } from './output/printable.ts';
import { exitCodes, type ExitCode, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A driver that can be asked. */
export interface Driver {
  readonly client: Client;
  readonly caller: CallerSettings;
  /** Aborted when the command ends, or when the reader of the result has closed the pipe. */
  readonly signal: AbortSignal;
}

/**
 * Connects, runs a command that asks the driver, and disconnects. Reports why it failed. `name` is the command.
 * @returns the exit code of `work`, 2 if nothing was tried, 1 if it failed
 */
export async function withDriver(
  options: CallerOptions,
  name: string,
  terminal: Terminal,
  work: (driver: Driver) => Promise<ExitCode>,
): Promise<ExitCode> {
  const caller = await callerOf(options, terminal);
  if (caller === undefined) return exitCodes.usage;
  const { topic, inboxPrefix } = caller;
  const { bus, denied } = connectCaller(caller, `iota-seeqdrv ${name}`, terminal);
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, ...(terminal.closed === undefined ? [] : [terminal.closed])]);
  try {
    await firstConnection(bus, signal);
    const client = createClient(liveConnection(bus), { topic, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) });
    const done = work({ client, caller, signal });
    // A permission error of the server is the better reason, and the only one that arrives without a wait.
    done.catch(() => undefined);
    return await Promise.race([denied, done.catch((error: unknown) => afterDenial(denied, error))]);
  } catch (error) {
    if (terminal.closed?.aborted === true) return exitCodes.failure;
    terminal.err(printable(error instanceof Error ? failureText(error) : String(error)));
    return isUsageError(error) ? exitCodes.usage : exitCodes.failure;
  } finally {
    terminal.progress?.('');
    ended.abort(new Error('The command has ended.'));
    await bus.close();
  }
}

/** The client reports a refused subscription at the same moment, with less detail. */
async function afterDenial(denied: Promise<never>, error: unknown): Promise<never> {
  await Promise.race([denied, new Promise(setImmediate)]);
  throw error;
}

/** An invalid option. Times have the error of the contract, with the name of the option as the field. */
const isUsageError = (error: unknown): boolean => error instanceof UsageError || error instanceof DriverError;

/** With the code of an answer that is an error. */
const failureText = (error: Error): string =>
  !(error instanceof DriverError) && 'code' in error && typeof error.code === 'string'
    ? `${error.code}: ${error.message}`
    : error.message;

/** The current connection of the bus. After a break a lease is renewed on the next one. */
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

/** A caller's connection, which ends with the command. */
interface CallerConnection {
  readonly bus: BusConnection;
  /**
   * Rejects when the server does not allow the caller to send requests or receive answers. The error contains the
   * remedy.
   */
  readonly denied: Promise<never>;
}

/** Starts connecting. */
function connectCaller(caller: CallerSettings, name: string, terminal: Terminal): CallerConnection {
  const { promise: denied, reject } = Promise.withResolvers<never>();
  // The command may no longer wait for it.
  denied.catch(() => undefined);
  const nothing = (): void => undefined;
  const logger = {
    debug: nothing,
    info: nothing,
    notice: nothing,
    warn: nothing,
    error: (facts: object, message: string) => {
      // `firstConnection` reports why there is no connection (lines with a `reason`).
      if ('reason' in facts) return;
      if ('operation' in facts && 'subject' in facts) reject(new Error(deniedText(caller, facts)));
      else terminal.err(message);
    },
  };
  return { bus: connectBus({ ...caller.bus, name, logger }), denied };
}

function deniedText(
  { publicKey }: CallerSettings,
  { operation, subject }: { operation: unknown; subject: unknown },
): string {
  const rights = '"iota-seeqdrv permissions --caller <public key>" prints the rights that a caller needs.';
  return operation === 'publish'
    ? `The NATS server does not allow user ${publicKey} to publish on ${JSON.stringify(subject)}. The driver's own key may not send requests; name the key of a caller with --nkey. ${rights}`
    : `The NATS server does not allow user ${publicKey} to subscribe to ${JSON.stringify(subject)}. Name the subject below which the user may receive answers with --inbox. ${rights}`;
}

/** For interactive use: the first problem ends the attempt instead of being retried indefinitely. */
async function firstConnection(bus: BusConnection, signal: AbortSignal) {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (bus.state === 'connected') resolve();
      else if (bus.problem) reject(new Error(bus.problem.message));
    };
    bus.onState(look);
    signal.addEventListener('abort', () => {
      reject(new Error('The command was stopped.'));
    });
    signal.throwIfAborted();
    look();
  });
  if (!bus.nats) throw new Error('The connection to the bus was lost.');
  return bus.nats;
}
