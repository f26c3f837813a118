/**
 * The driver's connection to the bus. It is dialled by a loop of our own that never gives up, tells the reason of each
 * failure once, and hands every new connection to those who subscribe and send.
 */
import { createInbox, type NatsConnection } from 'nats';
import { limited } from '../contract/log.ts';
import { formatAddress, type ServerAddress } from './address.ts';
import { delayMs, sleep, type RetryDelays } from './backoff.ts';
import type { BusTls, SeedSource } from './dial.ts';
import { Dialer, type Opened } from './dialer.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { BusLogger } from './logger.ts';
import { Outbox } from './outbox.ts';
import { watchPermissions } from './permissions.ts';
import { lostConnection, staleConnection, type BusProblem } from './problem.ts';

export type BusState = 'connecting' | 'connected' | 'draining' | 'closed';

export interface BusOptions {
  /** `host:port`, with or without `tls://` or `nats://`. More than one for a cluster. */
  servers: readonly string[];
  seed: SeedSource;
  /** Name of the connection, as the server's monitoring shows it. */
  name: string;
  tls: BusTls;
  logger: BusLogger;
  /** Between two pings; a server that misses three in a row is given up. Default 15 s. */
  pingIntervalMs?: number | undefined;
  /** For one attempt to connect. Default 10 s. */
  connectTimeoutMs?: number | undefined;
  /** Between two rounds of attempts; default 250 ms, doubled up to 15 s, with jitter. */
  retry?: RetryDelays | undefined;
  /** Bound of the bytes that were sent and not yet taken by the server. Default 8 MiB. */
  inFlightBytes?: number | undefined;
  /** How long a message waits for room or for a connection before it is given up. Default 60 s. */
  sendTimeoutMs?: number | undefined;
  /** See `DialOptions`. */
  inboxPrefix?: string | undefined;
  /** Aborting it closes the connection at once. */
  signal?: AbortSignal | undefined;
}

/** What is known of the server of the live connection. */
export interface BusServerInfo {
  address: string;
  name: string;
  version: string;
  maxPayload: number;
  tls: boolean;
}

/** Called for each new connection; what it subscribes ends with that connection. */
export type ConnectionUser = (nc: NatsConnection) => void;

/** A connection that ends sooner than this does not reset the delays, so that a server that cuts us off is not hammered. */
const stableMs = 5000;

/** Begins to connect and returns at once. Throws only when an address cannot be read. */
export function connectBus(options: BusOptions): BusConnection {
  return new BusConnection(options);
}

export class BusConnection {
  readonly outbox: Outbox;
  /** Resolves when the connection has been closed for good, which only `close` and the signal bring about. */
  readonly closed: Promise<void>;
  readonly #options: BusOptions;
  readonly #dialer: Dialer;
  readonly #users = new Set<ConnectionUser>();
  readonly #listeners = new Set<(state: BusState) => void>();
  readonly #ending = new AbortController();
  #state: BusState = 'connecting';
  #problem: BusProblem | undefined;
  #nc: NatsConnection | undefined;
  #server: ServerAddress | undefined;

  constructor(options: BusOptions) {
    const { servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs = 10_000 } = options;
    this.#options = options;
    this.#dialer = new Dialer({
      ...{ servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs },
      onProblem: (problem) => {
        this.#note(problem);
      },
    });
    this.outbox = new Outbox({
      inFlightBytes: options.inFlightBytes ?? 8 * 1024 * 1024,
      sendTimeoutMs: options.sendTimeoutMs ?? 60_000,
      logger: options.logger,
    });
    this.closed = this.#run();
    if (options.signal?.aborted === true) this.#end();
    options.signal?.addEventListener(
      'abort',
      () => {
        this.#end();
      },
      { once: true },
    );
  }

  get state(): BusState {
    return this.#state;
  }

  /** Why there is no connection; undefined while there is one. */
  get problem(): BusProblem | undefined {
    return this.#problem;
  }

  /** The server of the live connection, max_payload as of now; undefined while there is none. */
  get server(): BusServerInfo | undefined {
    const info = this.#nc?.info;
    if (info === undefined || this.#server === undefined) return undefined;
    return {
      address: formatAddress(this.#server),
      name: info.server_name,
      version: info.version,
      maxPayload: info.max_payload,
      tls: this.#options.tls !== 'insecure',
    };
  }

  /** The live connection; only for this folder. */
  get nats(): NatsConnection | undefined {
    return this.#nc;
  }

  /** A subject of this process alone, for replies; below the configured one, so that no further right is needed. */
  inbox(): string {
    return createInbox(this.#options.inboxPrefix);
  }

  /** Tells every change of state, and every new problem while connecting; returns the end of it. */
  onState(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `user` for the live connection, if any, and for every later one; returns the end of it. */
  use(user: ConnectionUser): () => void {
    this.#users.add(user);
    if (this.#nc !== undefined) this.#lend(user, this.#nc);
    return () => this.#users.delete(user);
  }

  /** Resolves when there is a connection; rejects when the bus is closed before. */
  async connected(): Promise<void> {
    if (this.#state === 'connected') return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const stop = this.onState((state) => {
      if (state === 'connected') resolve(undefined);
    });
    void this.closed.then(() => {
      reject(new Error('The bus was closed before it was connected.'));
    });
    await promise.finally(stop);
  }

  /** Waits until the server has taken everything that was sent, at most for `timeoutMs`, and closes for good. */
  async close(timeoutMs = 5000): Promise<void> {
    if (this.#state === 'connected') this.#change('draining');
    if (this.#nc !== undefined && !(await this.outbox.flushed(timeoutMs))) {
      this.#options.logger.warn({ timeoutMs }, 'The bus is closed before it has taken all messages');
    }
    this.#end();
    await this.closed;
  }

  #end(): void {
    this.#ending.abort();
    this.outbox.close();
    void this.#nc?.close();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#ending.signal.aborted) {
      const opened = await this.#dialer.round(this.#ending.signal);
      if (opened === undefined) {
        await sleep(delayMs(failures++, this.#options.retry), this.#ending.signal);
        continue;
      }
      const since = performance.now();
      const lost = await this.#serve(opened);
      if (performance.now() - since >= stableMs) failures = 0;
      if (lost !== undefined) {
        this.#dialer.tell(lost, opened.server);
        // All replicas lose a server at the same moment; they should not come back at the same moment.
        await sleep(delayMs(failures++, this.#options.retry), this.#ending.signal);
      }
    }
    this.#change('closed');
  }

  /** Lives through one connection; resolves with the reason of its end, or with undefined when we ended it. */
  async #serve({ nc, server }: Opened): Promise<BusProblem | undefined> {
    const { logger, pingIntervalMs = 15_000 } = this.#options;
    let stale: BusProblem | undefined;
    this.#nc = nc;
    this.#server = server;
    this.#problem = undefined;
    const heartbeat = startHeartbeat(nc, pingIntervalMs, (silentMs) => {
      stale = staleConnection(server, silentMs);
      void nc.close();
    });
    watchPermissions(nc, logger);
    limited(logger).notice('connected', { ...this.server }, `Connected to the NATS server ${formatAddress(server)}`);
    // Listeners before waiting answers: a caller that hears from us can rely on being heard.
    for (const user of this.#users) this.#lend(user, nc);
    this.outbox.attach(nc);
    this.#change('connected');

    const reason = await nc.closed();
    heartbeat.stop();
    this.outbox.detach();
    this.#nc = undefined;
    this.#server = undefined;
    if (this.#ending.signal.aborted) return undefined;
    const lost = stale ?? lostConnection(server, reason);
    this.#problem = lost;
    if (this.#state === 'connected') this.#change('connecting');
    return lost;
  }

  /** A failing user must not keep the others from the connection. */
  #lend(user: ConnectionUser, nc: NatsConnection): void {
    try {
      user(nc);
    } catch (error) {
      const text = 'A subscription could not be made on the new connection';
      limited(this.#options.logger).error('subscription', { err: error }, text);
    }
  }

  #note(problem: BusProblem): void {
    this.#problem = problem;
    if (this.#state === 'connecting') this.#change('connecting');
  }

  #change(state: BusState): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    for (const listener of this.#listeners) {
      try {
        listener(state);
      } catch (error) {
        limited(this.#options.logger).error('listener', { err: error }, "A listener of the bus's state failed");
      }
    }
  }
}
