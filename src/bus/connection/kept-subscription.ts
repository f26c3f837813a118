/**
 * A subscription that is there on every connection, and is tried again where the server refuses it: a right that is given
 * back makes no new subscription by itself, and the connection lives on without one.
 */
import type { Msg, NatsConnection, NatsError, Subscription } from 'nats';
import type { BusConnection } from './connection.ts';

/** Between two tries of a subscription that the server refuses. */
const RESUBSCRIBE_MS = 5000;

/** A subscription and its connection. */
export interface Subscribed {
  readonly nc: NatsConnection;
  readonly subscription: Subscription;
}

export interface KeptSubscriptionOptions {
  readonly subject: string;
  readonly queue?: string | undefined;
  /** Nothing may be thrown into the client's reader. */
  readonly onMessage: (message: Msg, nc: NatsConnection) => void;
  /** Called for every refusal; it is tried again. */
  readonly onRefused: (error: NatsError) => void;
  /**
   * Called when the subscription was made on another connection than before; the previous one is not ended by itself.
   * @returns resolves when nothing arrives over the previous connection any more
   */
  readonly onMoved?: (previous: Subscribed, next: NatsConnection) => Promise<unknown> | undefined;
  /** Between two tries of a subscription that the server refuses. Default 5 s. */
  readonly resubscribeMs?: number | undefined;
}

export class KeptSubscription {
  readonly #options: KeptSubscriptionOptions;
  readonly #stopUsing: () => void;
  #current: Subscribed | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(connection: BusConnection, options: KeptSubscriptionOptions) {
    this.#options = options;
    this.#stopUsing = connection.use((nc) => {
      const previous = this.#current;
      this.#subscribe(nc);
      if (previous === undefined || previous.nc === nc) return Promise.resolve();
      return options.onMoved?.(previous, nc) ?? Promise.resolve();
    });
  }

  /** The newest one; may have ended. */
  get current(): Subscribed | undefined {
    return this.#current;
  }

  /** Makes no further subscription; the last one is left to the caller. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#stopUsing();
  }

  #subscribe(nc: NatsConnection): void {
    const { subject, queue, onMessage, onRefused, resubscribeMs = RESUBSCRIBE_MS } = this.#options;
    const subscription = nc.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error === null) {
          onMessage(message, nc);
          return;
        }
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => {
          if (this.#current?.nc === nc && !nc.isClosed() && !nc.isDraining() && !this.#stopped) this.#subscribe(nc);
        }, resubscribeMs);
        this.#retry.unref();
        onRefused(error);
      },
    });
    this.#current = { nc, subscription };
  }
}
