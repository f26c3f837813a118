/**
 * The driver's connection to the bus. It is dialled by a loop of our own that never gives up, tells the reason of each
 * failure once, and hands every new connection to those who subscribe and send.
 */
import { createInbox, type NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { formatAddress, type ServerAddress } from './address.ts';
import { delayMs, sleep, type RetryDelays } from '../../lib/backoff.ts';
import type { BusTls, SeedSource } from './dial.ts';
import { Dialer, type Opened } from './dialer.ts';
import { startHeartbeat } from './heartbeat.ts';
import { isLowered } from './message-limit.ts';
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
  /** Name of the connection, as the server's monitoring shows it. */
  name: string;
  tls: BusTls;
  logger: Logger;
  /** Between two pings; a server that misses three in a row is given up. Default 15 s. */
  pingIntervalMs?: number | undefined;
  /** For one attempt to connect. Default 10 s. */
  connectTimeoutMs?: number | undefined;
  /** Between two rounds of attempts; default 250 ms, doubled up to 15 s, with jitter. */
  retry?: RetryDelays | undefined;
  /** Between two looks whether a server whose max_payload is too small takes larger messages. Default 2 s to 60 s. */
  limitLook?: RetryDelays | undefined;
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

/**
 * Called for each new connection; what it subscribes ends with that connection. If it returns a promise, a connection
 * that is replaced while it works stays open until that has settled.
 */
export type ConnectionUser = (nc: NatsConnection) => unknown;

/** A connection that ends sooner than this does not reset the delays, so that a server that cuts us off is not hammered. */
const stableMs = 5000;
/** How long answers go on over a connection that was replaced, before they change over to the new one. */
const formerMs = 60_000;
/** For the last bytes on a connection that is left. */
const lastBytesMs = 5000;
/** Between two looks whether a server whose limit is too small takes larger messages again. It does not say so itself. */
const limitLook: RetryDelays = { minMs: 2000, maxMs: 60_000 };

/** What came of a reload. */
export type Reload = 'unchanged' | 'renewed' | 'failed' | 'notConnected';

/** A connection that was replaced, and still carries the answers to what came over it. */
interface Former {
  readonly sendBuffer: SendBuffer;
  /** Lets its answers change over now. */
  readonly hurry: () => void;
  readonly hurried: Promise<undefined>;
}

/** Begins to connect and returns at once. Throws only when an address cannot be read. */
export function connectBus(options: BusOptions): BusConnection {
  return new BusConnection(options);
}

export class BusConnection {
  /** Resolves when the connection has been closed for good, which only `close` and the signal bring about. */
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
  /** Those that go over whatever connection is live. */
  readonly #following = new Set<SendBuffer>();
  readonly #former = new Map<NatsConnection, Former>();
  #replace: ((by: Opened) => void) | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #nextReload: Promise<Reload> | undefined;
  #largestPayload = 0;
  #toldPayload: number | undefined;
  #limitTimer: NodeJS.Timeout | undefined;
  #limitLooks = 0;

  constructor(options: BusOptions) {
    const { servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs = 10_000 } = options;
    this.#options = options;
    this.#dialer = new Dialer({
      ...{ servers, seed, name, tls, logger, inboxPrefix, connectTimeoutMs },
      onProblem: (problem) => {
        this.#note(problem);
      },
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

  /** The server of the live connection, max_payload as of now; undefined while there is none. */
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

  /** The live connection; only for this folder. */
  get nats(): NatsConnection | undefined {
    return this.#nc;
  }

  /** Where answers to what comes over the live connection are sent. */
  get sendBuffer(): SendBuffer {
    return this.#sendBuffer;
  }

  /** The same for what came over any connection: a server may allow answers only where the request was delivered. */
  sendBufferOf(nc: NatsConnection): SendBuffer {
    return this.#former.get(nc)?.sendBuffer ?? this.#sendBuffer;
  }

  /** Bytes that were sent and not yet taken by the server, and messages that wait, over all connections. */
  get sending(): { inFlightBytes: number; waiting: number } {
    const sum = { inFlightBytes: 0, waiting: 0 };
    for (const { inFlightBytes, waiting } of this.#sendBuffers()) {
      sum.inFlightBytes += inFlightBytes;
      sum.waiting += waiting;
    }
    return sum;
  }

  /** The largest max_payload that the server has had since the start. */
  get largestPayload(): number {
    return Math.max(this.#largestPayload, this.#nc?.info?.max_payload ?? 0);
  }

  /**
   * Reads seed and authorities again. If they have changed, connects beside the connection that there is, changes over,
   * and leaves the former one when the answers to what came over it are sent. What cannot be used is a warning, and the
   * connection stays. Calls that come meanwhile are one more reload.
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
    if (this.#nc !== undefined) void this.#lend(user, this.#nc);
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
    clearTimeout(this.#limitTimer);
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
        // All replicas lose a server at the same moment; they should not come back at the same moment.
        await sleep(delayMs(failures++, this.#options.retry), this.#ending.signal);
      }
    }
    this.#change('closed');
  }

  /** Lives through one connection, and those by which it is replaced; undefined when we ended the last one. */
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
    this.#notePayload(nc, server);
    // Listeners before waiting answers: a caller that hears from us can rely on being heard.
    const taken = Promise.all(Array.from(this.#users, (user) => this.#lend(user, nc)));
    for (const sendBuffer of this.#following) {
      if (former === undefined || sendBuffer === this.#sendBuffer) sendBuffer.attach(nc);
      else void sendBuffer.move(nc, lastBytesMs);
    }
    if (former !== undefined) void this.#leave(former.nc, taken);
    this.#change('connected');

    const end = await Promise.race([nc.closed().then((reason) => ({ reason })), replacement.then((by) => ({ by }))]);
    heartbeat.stop();
    clearTimeout(this.#limitTimer);
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
   * Replaces a connection by another one that is wanted.
   * @returns false when it was not wanted, or when the connection had ended before
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

  /** The answers to what came over the connection that is replaced go on over it. */
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

  /** Leaves a connection that was replaced as soon as nothing of it is left to do. */
  async #leave(nc: NatsConnection, taken: Promise<unknown>): Promise<void> {
    const former = this.#former.get(nc);
    if (former === undefined) return;
    const { sendBuffer } = former;
    // However much the next reload hurries: without this a request may find no subscription, or is lost on its way.
    await withTimeout(formerMs, Promise.race([taken, nc.closed()]));
    await withTimeout(formerMs, Promise.race([sendBuffer.released(), nc.closed(), former.hurried]));
    if (!this.#ending.signal.aborted) {
      this.#former.delete(nc);
      // Answers that are not complete, or not taken, go on over the live connection.
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

  /** Logs a limit that is too small, once; the server does not tell when it is raised, so that is looked for. */
  #notePayload(nc: NatsConnection, server: ServerAddress): void {
    const limit = nc.info?.max_payload ?? 0;
    const lowered = isLowered(limit, this.#largestPayload);
    const { logger } = this.#options;
    const facts = { maxPayload: limit, largest: this.largestPayload };
    if (lowered && this.#toldPayload !== limit) {
      logger.warn(
        facts,
        `The NATS server ${formatAddress(server)} takes messages of ${limit} bytes at most now (max_payload). Readings that ` +
          'do not fit wait, and answers are cut or fail. Set max_payload to 1MB, which is the default of nats-server.',
      );
      this.#toldPayload = limit;
    } else if (!lowered && this.#toldPayload !== undefined) {
      logger.info(facts, `The NATS server ${formatAddress(server)} takes messages of ${limit} bytes again`);
      this.#toldPayload = undefined;
    }
    this.#largestPayload = this.largestPayload;
    if (lowered) this.#lookForLimit();
    else this.#limitLooks = 0;
  }

  #lookForLimit(): void {
    const live = this.#live;
    clearTimeout(this.#limitTimer);
    this.#limitTimer = setTimeout(
      () => {
        if (live === undefined || this.#live !== live) return;
        const isLarger = ({ nc }: Opened): boolean => (nc.info?.max_payload ?? 0) > (live.nc.info?.max_payload ?? 0);
        this.#renew(live, isLarger).then(
          (renewed) => {
            if (!renewed && this.#live === live) this.#lookForLimit();
          },
          () => {
            if (this.#live === live) this.#lookForLimit();
          },
        );
      },
      delayMs(this.#limitLooks++, this.#options.limitLook ?? limitLook),
    );
    this.#limitTimer.unref();
  }

  /** A failing user must not keep the others from the connection. */
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
