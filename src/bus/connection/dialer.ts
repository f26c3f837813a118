/** Goes round the servers of the bus and tells why each of them would not have us, once for each reason. */
import type { NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { discoveredAddresses, formatAddress, parseAddress, type ServerAddress } from './address.ts';
import { dial, readIdentity, type BusIdentity, type DialOptions } from './dial.ts';
import type { BusError } from './errors.ts';

/** A connection just made, and whose it is. */
export interface Opened {
  nc: NatsConnection;
  server: ServerAddress;
  /** What it was made with. */
  identity: BusIdentity;
}

export interface DialerOptions extends DialOptions {
  servers: readonly string[];
  logger: Logger;
  /** Told of every failure, repeated or not. */
  onProblem: (problem: BusError) => void;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #servers: ServerAddress[];
  /** Further servers of the cluster, as the last server told. */
  #discovered: ServerAddress[] = [];
  /** The last reason told of each server. */
  readonly #told = new Map<string, string>();

  /** Throws when an address cannot be read. */
  constructor(options: DialerOptions) {
    const { servers, tls } = options;
    const serverName = tls === 'insecure' ? undefined : tls.serverName;
    if (servers.length === 0) throw new Error('The bus needs the address of at least one NATS server.');
    this.#servers = servers.map((text) => parseAddress(text, serverName));
    this.#options = options;
  }

  /** Tries each server once; undefined when none of them would have us, or when the signal was aborted. */
  async round(signal: AbortSignal): Promise<Opened | undefined> {
    for (const server of [...this.#servers, ...this.#discovered]) {
      if (signal.aborted) return undefined;
      try {
        const opened = await unlessAborted(this.#attempt(server, signal), signal);
        if (opened === undefined) return undefined;
        this.#told.clear();
        this.#discovered = this.#newcomers(opened.nc, server);
        return opened;
      } catch (error) {
        this.tell(error as BusError, server);
      }
    }
    return undefined;
  }

  /**
   * Tries each server once besides the connection that there is; the one of that comes first.
   * @returns undefined when the signal was aborted
   * @throws BusError of the last one, when none of them would have us
   */
  async another(now: ServerAddress, signal: AbortSignal): Promise<Opened | undefined> {
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

  /** What the next attempt will be made with. */
  identity(): Promise<BusIdentity> {
    return readIdentity(this.#options);
  }

  /**
   * Logs a problem, unless it is the one that was told last of this server. It is an error, because without the bus the
   * driver serves nobody, and an operator who logs errors only must learn why.
   */
  tell(problem: BusError, server: ServerAddress): void {
    const address = formatAddress(server);
    if (this.#told.get(address) !== problem.message) {
      this.#told.set(address, problem.message);
      limited(this.#options.logger).error(
        'connection problem',
        { server: address, reason: problem.code },
        `${problem.message} The driver keeps trying.`,
      );
    }
    this.#options.onProblem(problem);
  }

  async #attempt(server: ServerAddress, signal: AbortSignal): Promise<Opened> {
    const identity = await readIdentity(this.#options);
    return { nc: await dial(server, this.#options, identity, signal), server, identity };
  }

  #newcomers(nc: NatsConnection, by: ServerAddress): ServerAddress[] {
    const known = new Set(this.#servers.map(formatAddress));
    return discoveredAddresses(nc.info?.connect_urls, by).filter((server) => !known.has(formatAddress(server)));
  }
}

/** Closing does not wait for an attempt under way; a connection that still comes of it is closed. */
async function unlessAborted(attempt: Promise<Opened>, signal: AbortSignal): Promise<Opened | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened | undefined>();
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
