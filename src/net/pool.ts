/** The connections to one server. */
import { type buildConnector, type Dispatcher, Pool } from 'undici';

export interface ConnectionsOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Connections, and so calls on the wire, at once. */
  readonly connections: number;
  readonly connect: buildConnector.connector;
}

/** A pool whose connections can be left behind when some of them are found to be dead. */
export class Connections {
  readonly #options: ConnectionsOptions;
  /** Pools that only finish their calls. */
  readonly #left = new Set<Pool>();
  #pool: Pool;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#pool = this.#open(options.connections);
  }

  /** Where calls go out. */
  get current(): Dispatcher {
    return this.#pool;
  }

  /** Makes further calls go out on new connections; those under way end where they are. */
  renew(): void {
    this.#leave(this.#pool);
    this.#pool = this.#open(this.#options.connections);
  }

  /** Runs something on a new connection of its own. */
  async fresh<T>(run: (dispatcher: Dispatcher) => Promise<T>): Promise<T> {
    const pool = this.#open(1);
    try {
      return await run(pool);
    } finally {
      this.#leave(pool);
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all([this.#pool, ...this.#left].map((pool) => pool.destroy()));
  }

  #leave(pool: Pool): void {
    this.#left.add(pool);
    const forget = (): void => {
      this.#left.delete(pool);
    };
    pool.close().then(forget, forget);
  }

  #open(connections: number): Pool {
    const { origin, connect } = this.#options;
    return new Pool(origin, {
      connections,
      connect,
      // The time of a call is measured as a whole, by `exchange`.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}
