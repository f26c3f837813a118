/**
 * A connection to an MQTT broker with unlimited retries. Each attempt is a separate client with fresh credentials, so
 * an acknowledgement can only be sent on the connection that delivered its message.
 */
import { delayMs, type RetryDelays } from '../lib/backoff.ts';
import { sleep } from '../lib/clock.ts';
import { StatusReporter } from '../lib/status-reporter.ts';
import { withTimeout } from '../lib/timeout.ts';
import { limited } from '../contract/log.ts';
import { SecretFilter } from '../net/secret-filter.ts';
import { Connection, type End, type LoginAnswer } from './connection.ts';
import { attemptFacts, dial, readFresh, STANDARD_EXPIRY_S, type Fresh } from './dial.ts';
import type {
  BrokerClientMetrics,
  BrokerClientOptions,
  BrokerPublishing,
  BrokerClientState,
  BrokerState,
  SessionStart,
} from './client-options.ts';
import { attemptFailure, BrokerError, type AttemptFacts } from './errors.ts';
import { BrokerUnavailable, Publisher } from './publish.ts';
import { PacketReceiver } from './receiver.ts';
import { Subscriptions } from './subscriptions.ts';

export type {
  Incoming,
  BrokerCredentials,
  BrokerClientMetrics,
  BrokerClientOptions,
  BrokerOptions,
  BrokerPublishing,
  BrokerClientState,
  SessionStart,
  Subscription,
} from './client-options.ts';
export { BrokerUnavailable, PublishRefused } from './publish.ts';

const standardRetry: { down: RetryDelays; refused: RetryDelays } = {
  down: { minMs: 250, maxMs: 15_000 },
  // Slower: many wrong logins lock accounts, and another client that took over the session may take it back.
  refused: { minMs: 2000, maxMs: 60_000 },
};
/** A connection that lasted this long was stable. A break after it counts as a first failure. */
const GOOD_AFTER_MS = 10_000;

/** Creates a client. It does not connect before `start`. */
export function openBrokerClient(options: BrokerClientOptions): BrokerClient {
  return new BrokerClient(options);
}

export class BrokerClient implements BrokerPublishing {
  readonly #options: BrokerClientOptions;
  readonly #facts: AttemptFacts;
  readonly #metrics: BrokerClientMetrics = {
    connections: 0,
    atMostOnce: 0,
    redelivered: 0,
    acknowledged: 0,
    running: 0,
  };
  readonly #receiver: PacketReceiver;
  readonly #subscriptions: Subscriptions;
  readonly #stopping = new AbortController();
  readonly #upListeners = new Set<(up: SessionStart) => void>();
  readonly #subscribedListeners = new Set<(granted: (filter: string) => boolean) => void>();
  readonly #status: StatusReporter<BrokerState>;
  #connection: Connection | undefined;
  #publisher: Publisher | undefined;
  #running: Promise<void> | undefined;
  /** Consecutive connections that the broker closed soon after they were made, without a reason. */
  #shortOnes = 0;
  #expiry: number | undefined;
  #lastProblem: BrokerError | undefined;

  constructor(options: BrokerClientOptions) {
    this.#options = options;
    this.#status = new StatusReporter<BrokerState>({ initial: 'connecting', onChange: options.onState });
    this.#facts = attemptFacts(options);
    this.#receiver = new PacketReceiver(options, this.#metrics);
    this.#subscriptions = new Subscriptions(options);
  }

  get state(): BrokerClientState {
    return this.#status.status;
  }

  get metrics(): Readonly<BrokerClientMetrics> {
    return this.#metrics;
  }

  /** Why the last attempt failed, or the last connection ended. */
  get lastProblem(): BrokerError | undefined {
    return this.#lastProblem;
  }

  /** Cause and remedy, if the broker has refused this filter. */
  problemOf(filter: string): string | undefined {
    return this.#subscriptions.problemOf(filter);
  }

  /** Starts and returns at once. `state` reports problems. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Accepts no new messages, waits at most `deadlineMs` for those in progress, sends their acknowledgements and
   * disconnects. The session and unacknowledged messages stay at the broker.
   */
  async stop(deadlineMs: number): Promise<void> {
    await this.#receiver.stop(deadlineMs);
    this.#stopping.abort();
    await this.#connection?.leave('left');
    await this.#running;
    this.#status.report('stopped');
  }

  /** Reads the required subscriptions again and sends the differences to the broker. */
  refresh(): void {
    if (this.#connection !== undefined && this.#publisher !== undefined) void this.#subscribe(this.#connection);
  }

  async publish(topic: string, payload: Uint8Array, qos: 0 | 1): Promise<void> {
    if (this.#publisher === undefined)
      throw new BrokerUnavailable(this.#status.message ?? 'There is no connection to the broker.');
    await this.#publisher.publish(topic, payload, qos);
  }

  /** Called when connected and subscribed, the first time and after each reconnect. */
  onUp(listener: (up: SessionStart) => void): () => void {
    this.#upListeners.add(listener);
    return () => {
      this.#upListeners.delete(listener);
    };
  }

  /**
   * Called when the broker has answered all subscriptions: on each connection, after each `refresh`, and after a retry
   * of refused ones. The listener can query whether a filter was granted.
   */
  onSubscribed(listener: (granted: (filter: string) => boolean) => void): () => void {
    this.#subscribedListeners.add(listener);
    return () => {
      this.#subscribedListeners.delete(listener);
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      // After a stop, returns here: fetching the credentials would delay the end.
      if (!(await this.#whenReady())) return;
      const { end, upMs } = await this.#connect();
      if (end === 'left') return;
      if (upMs > GOOD_AFTER_MS || end === 'full') failures = 0;
      if (end === 'full') continue;
      this.#lastProblem = end;
      this.#status.report(end.refused ? 'refused' : 'down', this.#explain(end, upMs));
      const { down, refused } = this.#options.retry ?? standardRetry;
      await sleep(delayMs(failures++, end.refused ? refused : down), signal);
    }
  }

  /** Returns false if the client was stopped meanwhile. */
  async #whenReady(): Promise<boolean> {
    if (!this.#receiver.full) return true;
    this.#status.report('waiting', 'The bus accepts no readings; the broker keeps them until it does.');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const go = (): void => {
      resolve(undefined);
    };
    this.#stopping.signal.addEventListener('abort', go, { once: true });
    void this.#receiver.whenReady().then(go);
    await promise;
    this.#stopping.signal.removeEventListener('abort', go);
    return !this.#stopping.signal.aborted;
  }

  /** Runs one attempt and the resulting connection until its end. */
  async #connect(): Promise<{ end: End; upMs: number }> {
    let connection: Connection;
    try {
      const fresh = await this.#readFresh();
      if (fresh === undefined) return { end: 'left', upMs: 0 };
      const { password } = fresh.credentials;
      const secrets = new SecretFilter(password === undefined ? [] : [password]);
      connection = new Connection(dial(this.#options, fresh), this.#facts, this.#receiver, secrets);
    } catch (error) {
      return { end: attemptFailure(error, this.#facts), upMs: 0 };
    }
    this.#connection = connection;
    const opened = await connection.opened;
    const since = performance.now();
    if (opened !== undefined) {
      this.#metrics.connections++;
      this.#warnOfExpiry(opened);
      if (!opened.sessionPresent) this.#subscriptions.forget();
      // Stored messages may arrive long before the answers to the subscriptions, so a delay is no failure.
      this.#status.report('connecting');
      this.#publisher = new Publisher(connection);
      await this.#subscribe(connection);
      if (connection.live)
        for (const listener of this.#upListeners) listener({ sessionPresent: opened.sessionPresent });
    }
    const end = await connection.ended;
    this.#subscriptions.pause();
    this.#publisher = undefined;
    this.#connection = undefined;
    return { end, upMs: opened === undefined ? 0 : performance.now() - since };
  }

  /** Reads the inputs of an attempt. Undefined if the client stops. Fetching credentials may take time. */
  async #readFresh(): Promise<Fresh | undefined> {
    const { signal } = this.#stopping;
    const { connectTimeoutMs, label } = this.#options;
    const reading = readFresh(this.#options, this.#facts);
    const fresh = await withTimeout(connectTimeoutMs, reading, signal);
    if (fresh !== undefined && !signal.aborted) return fresh;
    reading.then(
      ({ tunnel }) => tunnel?.destroy(),
      () => undefined,
    );
    if (signal.aborted) return undefined;
    throw new BrokerError('timeout', `${label}: the log-in was not ready within ${connectTimeoutMs} ms.`);
  }

  /** Logged once, and again on a change. */
  #warnOfExpiry({ sessionExpirySeconds }: LoginAnswer): void {
    const { label, logger, sessionExpirySeconds: wanted = STANDARD_EXPIRY_S } = this.#options;
    if (sessionExpirySeconds === this.#expiry) return;
    this.#expiry = sessionExpirySeconds;
    if (sessionExpirySeconds === undefined || sessionExpirySeconds >= wanted) return;
    limited(logger).warn(
      `session expiry of ${label}`,
      { sessionExpirySeconds },
      `${label} keeps the session, and the messages for it, for only ${sessionExpirySeconds} s while the driver is away`,
    );
  }

  async #subscribe(connection: Connection): Promise<void> {
    const refused = await this.#subscriptions.synchronize(connection, () => {
      if (connection === this.#connection) void this.#subscribe(connection);
    });
    if (!connection.live || refused === undefined) return;
    if (refused === '') this.#status.report('up');
    else this.#status.report('refused', refused);
    for (const listener of this.#subscribedListeners) listener((filter) => this.#subscriptions.isGranted(filter));
  }

  /** An MQTT 3.1.1 broker does not report a session takeover by another client. Only the pattern shows it. */
  #explain(problem: BrokerError, upMs: number): string {
    this.#shortOnes = problem.code === 'closed' && upMs > 0 && upMs < 6 * GOOD_AFTER_MS ? this.#shortOnes + 1 : 0;
    if (this.#shortOnes < 2) return problem.message;
    // It ended before a subscription was answered: some brokers close the connection on a filter that they do not
    // allow.
    const filter = this.#status.state === 'connecting' ? 'it does not allow one of the topic filters, or ' : '';
    return `${problem.message} It does so again and again: probably ${filter}another client uses the same client id "${this.#options.clientId}".`;
  }
}
