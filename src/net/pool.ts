/** The connections to one server. */
import { type buildConnector, type Dispatcher, Pool } from 'undici';

export interface ConnectionsOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Connections, which limit the concurrent calls. */
  readonly connections: number;
  readonly connect: buildConnector.connector;
}

/** A connection pool that can be replaced when some of its connections are dead. */
export class Connections {
  readonly #options: ConnectionsOptions;
  /** Replaced pools that finish their calls. */
  readonly #left = new Set<Pool>();
  #pool: Pool;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#pool = this.#open(options.connections);
  }

  /** The pool for new calls. */
  get current(): Dispatcher {
    return this.#pool;
  }

  /** Directs further calls to new connections. Calls in progress stay on theirs. */
  renew(): void {
    this.#leave(this.#pool);
    this.#pool = this.#open(this.#options.connections);
  }

  /** Runs a call on a separate new connection. */
  async fresh<T>(run: (dispatcher: Dispatcher) => Promise<T>): Promise<T> {
    const pool = this.#open(1);
    try {
      return await run(pool);
    } finally {
      this.#leave(pool);
    }
  }

  /** Closes all connections. */
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
      // `exchange` measures the time of the whole call.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}
