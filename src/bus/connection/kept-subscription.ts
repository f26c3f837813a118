/**
 * A subscription that exists on every connection and is retried if the server refuses it. The server does not restore a
 * subscription when a right is granted again, and the connection stays open without it.
 */
import type { Msg, NatsConnection, Subscription } from 'nats';
import type { BusConnection } from './connection.ts';
import { onRefusedSubscription, permissionText } from './permission-errors.ts';
import { roundTrip } from './round-trip.ts';

/** Delay before a refused subscription is tried again. */
const RESUBSCRIBE_MS = 5000;

/** A subscription and its connection. */
export interface Subscribed {
  readonly nc: NatsConnection;
  readonly subscription: Subscription;
}

export interface KeptSubscriptionOptions {
  readonly subject: string;
  readonly queue?: string | undefined;
  /** Must not throw into the client's reader. */
  readonly onMessage: (message: Msg, nc: NatsConnection) => void;
  /** Called for every refusal. The subscription is retried. */
  readonly onRefused: (error: Error) => void;
  /**
   * Called when the subscription exists on another connection than before. The callee ends the previous one.
   * @returns resolves when no more messages arrive over the previous connection
   */
  readonly onMoved?: (previous: Subscribed, next: NatsConnection) => Promise<unknown> | undefined;
  /** Delay before a refused subscription is tried again. Default 5 s. */
  readonly resubscribeMs?: number | undefined;
}

export class KeptSubscription {
  readonly #options: KeptSubscriptionOptions;
  readonly #stopUsing: () => void;
  #current: Subscribed | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;
  #isRefused = false;

  constructor(connection: BusConnection, options: KeptSubscriptionOptions) {
    this.#options = options;
    this.#stopUsing = connection.use((nc) => {
      const previous = this.#current;
      if (previous?.nc !== nc) this.#watchRemoval(nc);
      this.#subscribe(nc);
      if (previous === undefined || previous.nc === nc) return Promise.resolve();
      return options.onMoved?.(previous, nc) ?? Promise.resolve();
    });
  }

  /** The newest subscription. It may have ended. */
  get current(): Subscribed | undefined {
    return this.#current;
  }

  /** The server refused the last subscription, and no later one has been accepted. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Stops resubscribing. The caller ends the last subscription. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#stopUsing();
  }

  #subscribe(nc: NatsConnection): void {
    const { subject, queue, onMessage } = this.#options;
    const subscription = nc.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error === null) {
          onMessage(message, nc);
          return;
        }
        this.#refused(nc, error);
      },
    });
    this.#current = { nc, subscription };
    if (this.#isRefused) void this.#confirm(nc, subscription);
  }

  /** The server reports only on the connection that it removed a subscription when the right was taken away. */
  #watchRemoval(nc: NatsConnection): void {
    const { subject } = this.#options;
    onRefusedSubscription(nc, (refused) => {
      if (refused !== subject || this.#current?.nc !== nc || this.#stopped || this.#isRefused) return;
      this.#current.subscription.unsubscribe();
      this.#refused(nc, new Error(permissionText({ operation: 'subscription', subject })));
    });
  }

  #refused(nc: NatsConnection, error: Error): void {
    const { onRefused, resubscribeMs = RESUBSCRIBE_MS } = this.#options;
    this.#isRefused = true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#current?.nc === nc && !nc.isClosed() && !nc.isDraining() && !this.#stopped) this.#subscribe(nc);
    }, resubscribeMs);
    this.#retry.unref();
    onRefused(error);
  }

  /** The server reports a refusal before it answers a later round trip. */
  async #confirm(nc: NatsConnection, subscription: Subscription): Promise<void> {
    try {
      await roundTrip(nc);
      if (this.#current?.subscription === subscription && !subscription.isClosed()) this.#isRefused = false;
    } catch {
      // The connection ended. The next one has a new subscription.
    }
  }
}
