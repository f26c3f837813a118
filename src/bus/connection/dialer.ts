/** Tries the NATS servers in turn and reports why each refused, once for each reason. */
import type { NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { discoveredAddresses, formatAddress, parseAddress, type ServerAddress } from './address.ts';
import { dial, readIdentity, type BusIdentity, type DialOptions } from './dial.ts';
import type { BusError } from './errors.ts';

/** A new connection and its server. */
export interface OpenedConnection {
  nc: NatsConnection;
  server: ServerAddress;
  /** The credentials it was made with. */
  identity: BusIdentity;
}

export interface DialerOptions extends DialOptions {
  servers: readonly string[];
  logger: Logger;
  /** Called on every failure, including repeated ones. */
  onProblem: (problem: BusError) => void;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #servers: ServerAddress[];
  /** Further servers of the cluster, as the last server announced them. */
  #discovered: ServerAddress[] = [];
  /** The last reason reported for each server. */
  readonly #reported = new Map<string, string>();

  /** Throws if an address is not valid. */
  constructor(options: DialerOptions) {
    const { servers, tls } = options;
    const serverName = tls === 'insecure' ? undefined : tls.serverName;
    if (servers.length === 0) throw new Error('The bus needs the address of at least one NATS server.');
    this.#servers = servers.map((text) => parseAddress(text, serverName));
    this.#options = options;
  }

  /** Tries each server once. Returns undefined if all refused, or if the signal was aborted. */
  async round(signal: AbortSignal): Promise<OpenedConnection | undefined> {
    for (const server of [...this.#servers, ...this.#discovered]) {
      if (signal.aborted) return undefined;
      try {
        const opened = await unlessAborted(this.#attempt(server, signal), signal);
        if (opened === undefined) return undefined;
        this.#reported.clear();
        this.#discovered = this.#newcomers(opened.nc, server);
        return opened;
      } catch (error) {
        this.report(error as BusError, server);
      }
    }
    return undefined;
  }

  /**
   * Opens a second connection: tries each server once, starting with the current one.
   * @returns undefined if the signal was aborted
   * @throws BusError of the last server if all refused
   */
  async another(now: ServerAddress, signal: AbortSignal): Promise<OpenedConnection | undefined> {
    const address = formatAddress(now);
    const others = [...this.#servers, ...this.#discovered].filter((server) => formatAddress(server) !== address);
    let last: unknown;
    for (const server of [now, ...others]) {
      try {
        return await unlessAborted(this.#attempt(server, signal), signal);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  /** The credentials of the next attempt. */
  identity(): Promise<BusIdentity> {
    return readIdentity(this.#options);
  }

  /**
   * Logs a problem unless it is the last one logged for this server. The level is error because without the bus the
   * driver serves no requests, and an operator who logs only errors must see why.
   */
  report(problem: BusError, server: ServerAddress): void {
    const address = formatAddress(server);
    if (this.#reported.get(address) !== problem.message) {
      this.#reported.set(address, problem.message);
      limited(this.#options.logger).error(
        'connection problem',
        { server: address, reason: problem.code },
        `${problem.message} The driver keeps trying.`,
      );
    }
    this.#options.onProblem(problem);
  }

  async #attempt(server: ServerAddress, signal: AbortSignal): Promise<OpenedConnection> {
    const identity = await readIdentity(this.#options);
    return { nc: await dial(server, this.#options, identity, signal), server, identity };
  }

  #newcomers(nc: NatsConnection, by: ServerAddress): ServerAddress[] {
    const known = new Set(this.#servers.map(formatAddress));
    return discoveredAddresses(nc.info?.connect_urls, by).filter((server) => !known.has(formatAddress(server)));
  }
}

/** Closing does not wait for an attempt in progress. A connection that results from it later is closed. */
async function unlessAborted(
  attempt: Promise<OpenedConnection>,
  signal: AbortSignal,
): Promise<OpenedConnection | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenedConnection | undefined>();
  const give = (): void => {
    resolve(undefined);
  };
  signal.addEventListener('abort', give, { once: true });
  attempt.then((opened) => {
    resolve(opened);
    if (signal.aborted) void opened.nc.close();
  }, reject);
  const opened = await promise.finally(() => {
    signal.removeEventListener('abort', give);
  });
  return signal.aborted ? undefined : opened;
}
