/**
 * The driver's connection to the bus. The driver's own dial loop retries indefinitely, logs the reason of each failure
 * once, and passes each new connection to the subscribers and senders.
 */
import { createInbox, type NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { formatAddress, type ServerAddress } from './address.ts';
import { delayMs, type RetryDelays } from '../../lib/backoff.ts';
import { sleep } from '../../lib/clock.ts';
import type { BusTls, SeedSource } from './dial.ts';
import { Dialer, type Opened } from './dialer.ts';
import { startHeartbeat } from './heartbeat.ts';
import { PayloadLimit } from './payload-limit.ts';
import { SendBuffer } from './send-buffer.ts';
import { watchPermissions } from './permission-errors.ts';
import { isSameIdentity } from './dial.ts';
import { lostConnection, staleConnection, type BusError } from './errors.ts';
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
  /** Limit of bytes sent and not yet confirmed by the server. Default 8 MiB. */
  inFlightBytes?: number | undefined;
  /** How long a message waits for room or for a connection before it fails. Default 60 s. */
  sendTimeoutMs?: number | undefined;
  /** See `DialOptions`. */
  inboxPrefix?: string | undefined;
  /** Aborting it closes the connection at once. */
  signal?: AbortSignal | undefined;
}

/** Facts about the server of the live connection. */
export interface BusServerInfo {
  address: string;
  name: string;
  version: string;
  maxPayload: number;
  tls: boolean;
}

/**
 * Called for each new connection. Its subscriptions end with that connection. If it returns a promise, a connection
 * that is replaced meanwhile stays open until the promise settles.
 */
export type ConnectionUser = (nc: NatsConnection) => unknown;

/** A connection that ends sooner does not reset the retry delays, so a server that drops clients is not flooded. */
const stableMs = 5000;
/** How long answers continue on a replaced connection before they move to the new one. */
const formerMs = 60_000;
/** Time for the last bytes on a connection that is being closed. */
const lastBytesMs = 5000;

/** Result of a reload. */
export type Reload = 'unchanged' | 'renewed' | 'failed' | 'notConnected';

/** A replaced connection that still carries the answers to requests received on it. */
interface Former {
  readonly sendBuffer: SendBuffer;
  /** Moves its answers to the new connection now. */
  readonly hurry: () => void;
  readonly hurried: Promise<undefined>;
}

/** Starts connecting and returns at once. Throws only if an address is not valid. */
export function connectBus(options: BusOptions): BusConnection {
  return new BusConnection(options);
}

export class BusConnection {
  /** Resolves when the connection is closed permanently, which only `close` and the signal cause. */
  readonly closed: Promise<void>;
  readonly #options: BusOptions;
  readonly #dialer: Dialer;
  readonly #users = new Set<ConnectionUser>();
  readonly #listeners = new Set<(state: BusState) => void>();
  readonly #ending = new AbortController();
  #state: BusState = 'connecting';
  #problem: BusError | undefined;
  #nc: NatsConnection | undefined;
  #live: Opened | undefined;
  #sendBuffer: SendBuffer;
  /** Send buffers that always use the live connection. */
  readonly #following = new Set<SendBuffer>();
  readonly #former = new Map<NatsConnection, Former>();
  #replace: ((by: Opened) => void) | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #nextReload: Promise<Reload> | undefined;
  readonly #payloadLimit: PayloadLimit;

  constructor(options: BusOptions) {
    const { servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs = 10_000 } = options;
    this.#options = options;
    this.#dialer = new Dialer({
      ...{ servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs },
      onProblem: (problem) => {
        this.#note(problem);
      },
    });
    this.#payloadLimit = new PayloadLimit({
      logger,
      lookDelays: options.limitLook,
      renew: async (limit) =>
        this.#live !== undefined && this.#renew(this.#live, ({ nc }) => (nc.info?.max_payload ?? 0) > limit),
    });
    this.#sendBuffer = this.#newSendBuffer();
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
  get problem(): BusError | undefined {
    return this.#problem;
  }

  /** The server of the live connection, with its current max_payload. Undefined while there is none. */
  get server(): BusServerInfo | undefined {
    const info = this.#nc?.info;
    if (info === undefined || this.#live === undefined) return undefined;
    return {
      address: formatAddress(this.#live.server),
      name: info.server_name,
      version: info.version,
      maxPayload: info.max_payload,
      tls: this.#options.tls !== 'insecure',
    };
  }

  /** The live connection. For use in this folder only. */
  get nats(): NatsConnection | undefined {
    return this.#nc;
  }

  /** The send buffer for answers to messages of the live connection. */
  get sendBuffer(): SendBuffer {
    return this.#sendBuffer;
  }

  /**
   * The send buffer for answers to messages of any connection: a server may allow answers only on the connection that
   * delivered the request.
   */
  sendBufferOf(nc: NatsConnection): SendBuffer {
    return this.#former.get(nc)?.sendBuffer ?? this.#sendBuffer;
  }

  /** Bytes sent and not yet confirmed by the server, and waiting messages, over all connections. */
  get sending(): { inFlightBytes: number; waiting: number } {
    const sum = { inFlightBytes: 0, waiting: 0 };
    for (const { inFlightBytes, waiting } of this.#sendBuffers()) {
      sum.inFlightBytes += inFlightBytes;
      sum.waiting += waiting;
    }
    return sum;
  }

  /** The largest max_payload of the server since the start. */
  get largestPayload(): number {
    return this.#payloadLimit.largest;
  }

  /**
   * Reads the seed and the authorities again. If they have changed, opens a second connection, moves to it, and closes
   * the old one after its answers are sent. Logs a warning and keeps the connection if they cannot be used. Calls
   * during a reload cause one more reload.
   */
  reload(): Promise<Reload> {
    this.#nextReload ??= this.#reloading.then(() => {
      this.#nextReload = undefined;
      const reload = this.#reloadNow();
      this.#reloading = reload;
      return reload;
    });
    return this.#nextReload;
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
    this.#users.add(user);
    if (this.#nc !== undefined) void this.#lend(user, this.#nc);
    return () => this.#users.delete(user);
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

  /** Waits at most `timeoutMs` until the server has confirmed everything sent, then closes permanently. */
  async close(timeoutMs = 5000): Promise<void> {
    if (this.#state === 'connected') this.#change('draining');
    const taken = await Promise.all(
      this.#nc === undefined ? [] : [...this.#sendBuffers()].map((sendBuffer) => sendBuffer.flushed(timeoutMs)),
    );
    if (taken.includes(false)) {
      this.#options.logger.warn({ timeoutMs }, 'The bus is closed before it has taken all messages');
    }
    this.#end();
    await this.closed;
  }

  #end(): void {
    this.#ending.abort();
    this.#payloadLimit.stop();
    for (const sendBuffer of this.#sendBuffers()) sendBuffer.close();
    void this.#nc?.close();
    for (const [nc, { hurry }] of this.#former) {
      hurry();
      void nc.close();
    }
  }

  *#sendBuffers(): Generator<SendBuffer> {
    yield* this.#following;
    for (const { sendBuffer } of this.#former.values()) yield sendBuffer;
  }

  #newSendBuffer(): SendBuffer {
    const { inFlightBytes = 8 * 1024 * 1024, sendTimeoutMs = 60_000, logger } = this.#options;
    const sendBuffer = new SendBuffer({ inFlightBytes, sendTimeoutMs, logger });
    this.#following.add(sendBuffer);
    return sendBuffer;
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
        this.#dialer.tell(lost.problem, lost.server);
        // All replicas lose a server at the same moment. The jitter spreads their reconnects.
        await sleep(delayMs(failures++, this.#options.retry), this.#ending.signal);
      }
    }
    this.#change('closed');
  }

  /** Serves one connection and its replacements until the last one ends. Returns undefined if the driver closed it. */
  async #serve(first: Opened): Promise<{ problem: BusError; server: ServerAddress } | undefined> {
    for (let opened = first, former: Opened | undefined; ;) {
      const replacement = Promise.withResolvers<Opened>();
      this.#replace = replacement.resolve;
      const end = await this.#use(opened, former, replacement.promise);
      if ('problem' in end) return end.problem && { problem: end.problem, server: opened.server };
      former = opened;
      opened = end.by;
    }
  }

  async #use(
    opened: Opened,
    former: Opened | undefined,
    replacement: Promise<Opened>,
  ): Promise<{ by: Opened } | { problem: BusError | undefined }> {
    const { nc, server } = opened;
    const { logger, pingIntervalMs = 15_000 } = this.#options;
    let stale: BusError | undefined;
    if (former !== undefined) this.#keepFormer(former);
    this.#nc = nc;
    this.#live = opened;
    this.#problem = undefined;
    const heartbeat = startHeartbeat(nc, pingIntervalMs, (silentMs) => {
      stale = staleConnection(server, silentMs);
      void nc.close();
    });
    watchPermissions(nc, logger);
    limited(logger).notice('connected', { ...this.server }, `Connected to the NATS server ${formatAddress(server)}`);
    this.#payloadLimit.watch(nc, server);
    // Subscriptions come before waiting answers: a caller that receives an answer can send the next request at once.
    const taken = Promise.all(Array.from(this.#users, (user) => this.#lend(user, nc)));
    for (const sendBuffer of this.#following) {
      if (former === undefined || sendBuffer === this.#sendBuffer) sendBuffer.attach(nc);
      else void sendBuffer.move(nc, lastBytesMs);
    }
    if (former !== undefined) void this.#leave(former.nc, taken);
    this.#change('connected');

    const end = await Promise.race([nc.closed().then((reason) => ({ reason })), replacement.then((by) => ({ by }))]);
    heartbeat.stop();
    this.#payloadLimit.stop();
    this.#replace = undefined;
    if ('by' in end) return end;
    for (const sendBuffer of this.#following) sendBuffer.detach();
    this.#nc = undefined;
    this.#live = undefined;
    if (this.#ending.signal.aborted) return { problem: undefined };
    const lost = stale ?? lostConnection(server, end.reason);
    this.#problem = lost;
    if (this.#state === 'connected') this.#change('connecting');
    return { problem: lost };
  }

  async #reloadNow(): Promise<Reload> {
    const live = this.#live;
    if (live === undefined) return 'notConnected';
    try {
      if (isSameIdentity(live.identity, await this.#dialer.identity())) return 'unchanged';
      return (await this.#renew(live, () => true)) ? 'renewed' : 'notConnected';
    } catch (error) {
      const { message, code } = error as BusError;
      this.#options.logger.warn(
        { reason: code },
        `The new key or CA file of the bus is not used: ${message} The connection that was made with the former one goes on.`,
      );
      return 'failed';
    }
  }

  /**
   * Replaces a connection by another one that `isWanted` accepts.
   * @returns false if it was not accepted, or if the connection had already ended
   * @throws BusError
   */
  async #renew(live: Opened, isWanted: (opened: Opened) => boolean): Promise<boolean> {
    const opened = await this.#dialer.another(live.server, this.#ending.signal);
    if (opened === undefined) return false;
    const replace = this.#replace;
    if (this.#live !== live || replace === undefined || !isWanted(opened)) {
      await opened.nc.close();
      return false;
    }
    replace(opened);
    return true;
  }

  /** Answers to messages of the replaced connection continue on it. */
  #keepFormer({ nc }: Opened): void {
    for (const { hurry } of this.#former.values()) hurry();
    const sendBuffer = this.#sendBuffer;
    this.#following.delete(sendBuffer);
    this.#sendBuffer = this.#newSendBuffer();
    const hurried = Promise.withResolvers<undefined>();
    this.#former.set(nc, {
      sendBuffer,
      hurry: () => {
        hurried.resolve(undefined);
      },
      hurried: hurried.promise,
    });
  }

  /** Closes a replaced connection when its work is done. */
  async #leave(nc: NatsConnection, taken: Promise<unknown>): Promise<void> {
    const former = this.#former.get(nc);
    if (former === undefined) return;
    const { sendBuffer } = former;
    // Applies even if the next reload is urgent: otherwise a request may find no subscription or be lost in transit.
    await withTimeout(formerMs, Promise.race([taken, nc.closed()]));
    await withTimeout(formerMs, Promise.race([sendBuffer.released(), nc.closed(), former.hurried]));
    if (!this.#ending.signal.aborted) {
      this.#former.delete(nc);
      // Answers that are incomplete or unconfirmed continue on the live connection.
      this.#following.add(sendBuffer);
      if (this.#nc !== undefined) await sendBuffer.move(this.#nc, lastBytesMs);
      else sendBuffer.detach();
      void sendBuffer
        .released()
        .then(() => sendBuffer.flushed(formerMs))
        .then(() => this.#following.delete(sendBuffer));
    }
    if (!nc.isClosed()) await nc.close();
  }

  /** A failing user must not keep the connection from the others. */
  async #lend(user: ConnectionUser, nc: NatsConnection): Promise<void> {
    try {
      await user(nc);
    } catch (error) {
      const text = 'A subscription could not be made on the new connection';
      limited(this.#options.logger).error('subscription', { err: error }, text);
    }
  }

  #note(problem: BusError): void {
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
