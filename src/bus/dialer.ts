/** Goes round the servers of the bus and tells why each of them would not have us, once for each reason. */
import type { NatsConnection } from 'nats';
import { discoveredAddresses, formatAddress, parseAddress, type ServerAddress } from './address.ts';
import { attemptFacts, dial, type DialOptions } from './dial.ts';
import { knock } from './knock.ts';
import type { BusLogger } from './logger.ts';
import { BusProblem, classifyFailure } from './problem.ts';

/** A connection just made, and whose it is. */
export interface Opened {
  nc: NatsConnection;
  server: ServerAddress;
}

export interface DialerOptions extends DialOptions {
  servers: readonly string[];
  logger: BusLogger;
  /** Told of every failure, repeated or not. */
  onProblem: (problem: BusProblem) => void;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #servers: ServerAddress[];
  /** Further servers of the cluster, as the last server told. */
  #discovered: ServerAddress[] = [];
  /** The last reason told of each server. */
  readonly #told = new Map<string, string>();
  readonly #timedOut = new Set<string>();

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
        const nc = await unlessAborted(this.#attempt(server), signal);
        if (nc === undefined) return undefined;
        this.#told.clear();
        this.#discovered = this.#newcomers(nc, server);
        return { nc, server };
      } catch (error) {
        this.tell(error as BusProblem, server);
      }
    }
    return undefined;
  }

  /**
   * Logs a problem, unless it is the one that was told last of this server. It is an error, because without the bus the
   * driver serves nobody, and an operator who logs errors only must learn why.
   */
  tell(problem: BusProblem, server: ServerAddress): void {
    const address = formatAddress(server);
    if (this.#told.get(address) !== problem.message) {
      this.#told.set(address, problem.message);
      this.#options.logger.error(
        { server: address, reason: problem.code },
        `${problem.message} The driver keeps trying.`,
      );
    }
    this.#options.onProblem(problem);
  }

  async #attempt(server: ServerAddress): Promise<NatsConnection> {
    const { connectTimeoutMs, tls } = this.#options;
    const key = formatAddress(server);
    if (this.#timedOut.has(key)) {
      await knock(server, tls, connectTimeoutMs).catch((error: unknown) => {
        throw classifyFailure(error, attemptFacts(server, this.#options, ''));
      });
      this.#timedOut.delete(key);
    }
    try {
      return await dial(server, this.#options);
    } catch (error) {
      if (error instanceof BusProblem && error.code === 'timeout') this.#timedOut.add(key);
      throw error;
    }
  }

  #newcomers(nc: NatsConnection, by: ServerAddress): ServerAddress[] {
    const known = new Set(this.#servers.map(formatAddress));
    return discoveredAddresses(nc.info?.connect_urls, by).filter((server) => !known.has(formatAddress(server)));
  }
}

/** Closing does not wait for an attempt under way; a connection that still comes of it is closed. */
async function unlessAborted(
  attempt: Promise<NatsConnection>,
  signal: AbortSignal,
): Promise<NatsConnection | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<NatsConnection | undefined>();
  const give = (): void => {
    resolve(undefined);
  };
  signal.addEventListener('abort', give, { once: true });
  attempt.then((nc) => {
    resolve(nc);
    if (signal.aborted) void nc.close();
  }, reject);
  const nc = await promise.finally(() => {
    signal.removeEventListener('abort', give);
  });
  return signal.aborted ? undefined : nc;
}
