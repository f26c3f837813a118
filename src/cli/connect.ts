/** Shared code of the commands that send requests to a running driver over the bus. */
import { connectBus, type BusConnection } from '../bus/connection/connection.ts';
import type { CallerSettings } from './caller-options.ts';
import type { Terminal } from './terminal.ts';

/** A caller's connection, which ends with the command. */
export interface CallerConnection {
  readonly bus: BusConnection;
  /**
   * Rejects when the server does not allow the caller to send requests or receive answers. The error contains the
   * remedy.
   */
  readonly denied: Promise<never>;
}

/** Starts connecting. */
export function connectCaller(caller: CallerSettings, name: string, terminal: Terminal): CallerConnection {
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
