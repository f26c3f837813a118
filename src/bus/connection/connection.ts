/**
 * The driver's connection to the bus. The driver's own dial loop retries indefinitely, logs the reason of each failure
 * once, and passes each new connection to its users: the subscribers and senders.
 */
import { createInbox, type NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { formatAddress, type ServerAddress } from './address.ts';
import { delayMs, type RetryDelays } from '../../lib/backoff.ts';
import { sleep } from '../../lib/clock.ts';
import { ConnectionUsers, type ConnectionUser } from './connection-users.ts';
import { isSameIdentity, type BusTls, type SeedSource } from './dial.ts';
import { Dialer, type OpenedConnection } from './dialer.ts';
import type { BusError } from './errors.ts';
import { LiveConnection, type BusServerInfo } from './live-connection.ts';
import { PayloadLimit } from './payload-limit.ts';
import { watchPermissions } from './permission-errors.ts';
import { roundTrip } from './round-trip.ts';
import { withTimeout } from '../../lib/timeout.ts';

export type BusState = 'connecting' | 'connected' | 'draining' | 'closed';

export interface BusOptions {
  /** `host:port`, with or without `tls://` or `nats://`. More than one for a cluster. */
  servers: readonly string[];
  seed: SeedSource;
  /** Connection name in the server's monitoring. */
  name: string;
  tls: BusTls;
  logger: Logger;
  /** Ping interval. A server that misses three pings in a row is considered dead. Default 15 s. */
  pingIntervalMs?: number | undefined;
  /** Timeout of one connection attempt. Default 10 s. */
  connectTimeoutMs?: number | undefined;
  /** Delay between two rounds of attempts. Default 250 ms, doubled up to 15 s, with jitter. */
  retry?: RetryDelays | undefined;
  /** Interval of the checks whether a max_payload that is too small has been raised. Default 2 s to 60 s. */
  limitLook?: RetryDelays | undefined;
  /** See `DialOptions`. */
  inboxPrefix?: string | undefined;
  /** Aborting it closes the connection at once. */
  signal?: AbortSignal | undefined;
}

/** A connection that ends sooner does not reset the retry delays, so a server that drops clients is not flooded. */
const stableMs = 5000;

/** A connection that ended although nothing replaced it. */
interface Lost {
  readonly problem: BusError;
  readonly server: ServerAddress;
}

export type ReloadResult = 'unchanged' | 'replaced' | 'failed' | 'notConnected';

/** Starts connecting and returns at once. Throws only if an address is not valid. */
export function connectBus(options: BusOptions): BusConnection {
  return new BusConnection(options);
}

export class BusConnection {
  /** Resolves when the connection is closed permanently, which only `close` and the signal cause. */
  readonly closed: Promise<void>;
  readonly #options: BusOptions;
  readonly #dialer: Dialer;
  readonly #users: ConnectionUsers;
  readonly #listeners = new Set<(state: BusState) => void>();
  readonly #ending = new AbortController();
  readonly #payloadLimit: PayloadLimit;
  #state: BusState = 'connecting';
  #sinceMs = Date.now();
  #problem: BusError | undefined;
  #live: LiveConnection | undefined;
  #onEnd: (lost: Lost | undefined) => void = () => undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #nextReload: Promise<ReloadResult> | undefined;

  constructor(options: BusOptions) {
    const { servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs = 10_000 } = options;
    this.#options = options;
    this.#users = new ConnectionUsers(logger);
    this.#dialer = new Dialer({
      ...{ servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs },
      onProblem: (problem) => {
        this.#problem = problem;
        if (this.#state === 'connecting') this.#change('connecting');
      },
    });
    this.#payloadLimit = new PayloadLimit({
      logger,
      lookDelays: options.limitLook,
      renew: async (limit) =>
        this.#live !== undefined && this.#replace(this.#live, ({ nc }) => (nc.info?.max_payload ?? 0) > limit),
    });
    this.closed = this.#run();
    const end = (): void => {
      this.#end();
    };
    if (options.signal?.aborted === true) end();
    options.signal?.addEventListener('abort', end, { once: true });
  }

  get state(): BusState {
    return this.#state;
  }

  /** When the connection was made or lost, or the first attempt began, milliseconds since 1970. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Why there is no connection; undefined while there is one. */
  get problem(): BusError | undefined {
    return this.#problem;
  }

  /** The server of the live connection, with its current max_payload. Undefined while there is none. */
  get server(): BusServerInfo | undefined {
    return this.#live?.serverInfo(this.#options.tls !== 'insecure');
  }

  /** The live connection. For use in this folder only. */
  get nats(): NatsConnection | undefined {
    return this.#live?.nc;
  }

  /** The largest max_payload of the server since the start. */
  get largestPayload(): number {
    return this.#payloadLimit.largest;
  }

  /**
   * Creates a reply subject for this process alone. It lies below the configured prefix, so no further right is needed.
   */
  inbox(): string {
    return createInbox(this.#options.inboxPrefix);
  }

  /** Reports every change of state, and every new problem while connecting. Returns a function that unsubscribes. */
  onState(listener: (state: BusState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `user` for the live connection, if any, and for every later one. Returns a function that unsubscribes. */
  use(user: ConnectionUser): () => void {
    return this.#users.add(user, this.nats);
  }

  /** Resolves when there is a connection. Rejects if the bus is closed first. */
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

  /**
   * Reads the seed and the authorities again. If they have changed, opens a second connection, moves to it, and closes
   * the old one after its answers are sent. Logs a warning and keeps the connection if they cannot be used. Calls
   * during a reload cause one more reload.
   */
  reload(): Promise<ReloadResult> {
    this.#nextReload ??= this.#reloading.then(() => {
      this.#nextReload = undefined;
      const reload = this.#reloadNow();
      this.#reloading = reload;
      return reload;
    });
    return this.#nextReload;
  }

  /** Waits at most `timeoutMs` until the server has confirmed everything sent, then closes permanently. */
  async close(timeoutMs = 5000): Promise<void> {
    if (this.#state === 'connected') this.#change('draining');
    if (this.#live !== undefined && timeoutMs > 0) {
      const confirmed = Promise.all([this.#live.nc, ...this.#users.replaced].map(roundTrip)).then(
        () => true,
        () => false,
      );
      if ((await withTimeout(timeoutMs, confirmed)) !== true) {
        this.#options.logger.warn(
          { timeoutMs },
          'The NATS server did not confirm the last messages in time, so some may be lost',
        );
      }
    }
    this.#end();
    await this.closed;
  }

  #end(): void {
    this.#ending.abort();
    this.#payloadLimit.stop();
    void this.#live?.nc.close();
    for (const nc of this.#users.replaced) void nc.close();
  }

  /** Connects again and again until the bus is closed. */
  async #run(): Promise<void> {
    const { signal } = this.#ending;
    for (let failures = 0; !signal.aborted; failures++) {
      const opened = await this.#dialer.round(signal);
      if (opened !== undefined) {
        const since = performance.now();
        const lost = await this.#serve(opened);
        if (performance.now() - since >= stableMs) failures = 0;
        if (lost !== undefined) this.#dialer.report(lost.problem, lost.server);
      }
      // All replicas lose a server at the same moment. The jitter spreads their reconnects.
      await sleep(delayMs(failures, this.#options.retry), signal);
    }
    this.#change('closed');
  }

  /** Uses a connection and those that replace it. Resolves when the last one ends, with undefined if it was closed. */
  #serve(opened: OpenedConnection): Promise<Lost | undefined> {
    const { promise, resolve } = Promise.withResolvers<Lost | undefined>();
    this.#onEnd = resolve;
    this.#start(opened);
    return promise;
  }

  /** Uses a connection instead of the live one, if any. */
  #start(opened: OpenedConnection): void {
    const { logger, pingIntervalMs = 15_000 } = this.#options;
    const replaced = this.#live;
    const live = new LiveConnection(opened, pingIntervalMs);
    const { nc, server } = live;
    this.#live = live;
    this.#problem = undefined;
    watchPermissions(nc, logger);
    limited(logger).notice('connected', { ...this.server }, `Connected to the NATS server ${formatAddress(server)}`);
    this.#payloadLimit.watch(nc, server);
    this.#users.connected(nc, replaced?.nc);
    this.#change('connected');
    void live.ended.then((problem) => {
      if (this.#live !== live) return;
      this.#live = undefined;
      this.#payloadLimit.stop();
      const isClosed = this.#ending.signal.aborted;
      if (!isClosed) this.#problem = problem;
      if (!isClosed && this.#state === 'connected') this.#change('connecting');
      this.#onEnd(isClosed ? undefined : { problem, server });
    });
  }

  async #reloadNow(): Promise<ReloadResult> {
    const live = this.#live;
    if (live === undefined) return 'notConnected';
    try {
      if (isSameIdentity(live.identity, await this.#dialer.identity())) return 'unchanged';
      return (await this.#replace(live, () => true)) ? 'replaced' : 'notConnected';
    } catch (error) {
      const { message, code } = error as BusError;
      const text = `The new key or CA file of the bus is not used: ${message} The current connection stays in use.`;
      this.#options.logger.warn({ reason: code }, text);
      return 'failed';
    }
  }

  /**
   * Replaces a connection by another one that `isWanted` accepts.
   * @returns false if it was not accepted, or if the connection had already ended
   * @throws BusError
   */
  async #replace(live: LiveConnection, isWanted: (opened: OpenedConnection) => boolean): Promise<boolean> {
    const opened = await this.#dialer.another(live.server, this.#ending.signal);
    if (opened === undefined) return false;
    if (this.#live !== live || this.#state !== 'connected' || !isWanted(opened)) {
      await opened.nc.close();
      return false;
    }
    this.#start(opened);
    return true;
  }

  #change(state: BusState): void {
    if (this.#state === 'closed') return;
    if (state !== this.#state) this.#sinceMs = Date.now();
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
