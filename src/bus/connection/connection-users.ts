/**
 * The subscribers and senders of the bus. Each receives the live connection and every later one. A connection that is
 * replaced while it still works stays open until its users have finished with it.
 */
import type { NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { withTimeout } from '../../lib/timeout.ts';

/**
 * Called for each new connection. Its subscriptions end with that connection. If it returns a promise, a connection
 * that is replaced stays open until the promise settles.
 */
export type ConnectionUser = (nc: NatsConnection) => unknown;

/** Longest time for which a replaced connection stays open. */
const replacedMs = 120_000;

export class ConnectionUsers {
  readonly #logger: Logger;
  readonly #users = new Set<ConnectionUser>();
  readonly #replaced = new Set<NatsConnection>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The replaced connections that are still open. */
  get replaced(): Iterable<NatsConnection> {
    return this.#replaced;
  }

  /** Adds a user, and calls it for the live connection, if any. Returns a function that removes it. */
  add(user: ConnectionUser, live: NatsConnection | undefined): () => void {
    this.#users.add(user);
    if (live !== undefined) void this.#call(user, live);
    return () => this.#users.delete(user);
  }

  /** Calls all users for a new connection, and closes the one that it replaces when they have finished. */
  connected(nc: NatsConnection, replaced: NatsConnection | undefined): void {
    const finished = Promise.all(Array.from(this.#users, (user) => this.#call(user, nc)));
    if (replaced !== undefined) void this.#closeAfter(finished, replaced);
  }

  async #closeAfter(finished: Promise<unknown>, replaced: NatsConnection): Promise<void> {
    this.#replaced.add(replaced);
    await withTimeout<unknown>(replacedMs, Promise.race([finished, replaced.closed()]));
    this.#replaced.delete(replaced);
    if (!replaced.isClosed()) await replaced.close();
  }

  /** A failing user must not keep the connection from the others. */
  async #call(user: ConnectionUser, nc: NatsConnection): Promise<void> {
    try {
      await user(nc);
    } catch (error) {
      const text = 'A subscription could not be made on the new connection';
      limited(this.#logger).error('subscription', { err: error }, text);
    }
  }
}
